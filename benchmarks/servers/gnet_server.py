"""The server of gnet: listeners, as in Node."""

import sys

import gevent

import gnet
from benchmarks.servers._gevent_life import announce, exit_with_stdin
from benchmarks.servers.agreement import (
    BACKLOG,
    BLOCK_S,
    CHUNK,
    HOST,
    PIECE,
    PIECES,
    PORTION,
    is_blocking,
)


def echo(socket: gnet.Socket) -> None:
    """Write back what the connection sends."""
    socket.on("data", socket.write)


def blocked(socket: gnet.Socket) -> None:
    """Write it back too, some of it late."""

    def on_data(data: bytes) -> None:
        if is_blocking(data):
            gevent.sleep(BLOCK_S)
        socket.write(data)

    socket.on("data", on_data)


def small_writes(socket: gnet.Socket) -> None:
    """Answer with many small writes."""

    def on_data(_data: bytes) -> None:
        for _ in range(PIECES):
            socket.write(PIECE)

    socket.set_no_delay()
    socket.on("data", on_data)


def sink(socket: gnet.Socket) -> None:
    """Count what arrives."""
    count = 0

    def on_data(data: bytes) -> None:
        nonlocal count
        count += len(data)
        if count >= PORTION:
            count -= PORTION
            socket.write(b".")

    socket.on("data", on_data)


def source(socket: gnet.Socket) -> None:
    """Write a portion whenever one is asked for, as fast as the connection takes it."""
    left = 0

    def write_on() -> None:
        nonlocal left
        while left:
            left -= len(CHUNK)
            if not socket.write(CHUNK):
                break  # 'drain' goes on.

    def on_data(_data: bytes) -> None:
        nonlocal left
        left = PORTION
        write_on()

    socket.on("data", on_data)
    socket.on("drain", write_on)


def proxy(client: gnet.Socket) -> None:
    """Pass on all, both ways."""
    upstream = gnet.connect(int(sys.argv[2]), HOST)
    client.pipe(upstream).pipe(client)


ROLES = {
    "echo": echo,
    "blocked": blocked,
    "small-writes": small_writes,
    "sink": sink,
    "source": source,
    "proxy": proxy,
}


def main() -> None:
    """Serve until standard input closes."""
    watcher = exit_with_stdin()
    server = gnet.create_server(ROLES[sys.argv[1]])

    def on_listening() -> None:
        where = server.address()
        assert isinstance(where, gnet.AddressInfo)
        announce(where.port)

    server.listen(0, HOST, BACKLOG, on_listening)
    gnet.run()
    watcher.stop()


if __name__ == "__main__":
    main()
