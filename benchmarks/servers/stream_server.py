"""The server of gevent: ``StreamServer`` with a handler that loops over recv and sendall."""

import sys

import gevent
import gevent.server
import gevent.socket

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

Socket = gevent.socket.socket


def echo(socket: Socket, _address: object) -> None:
    """Write back what the connection sends, until it ends."""
    while data := socket.recv(65536):
        socket.sendall(data)


def blocked(socket: Socket, _address: object) -> None:
    """Write it back too, some of it late."""
    while data := socket.recv(65536):
        if is_blocking(data):
            gevent.sleep(BLOCK_S)
        socket.sendall(data)


def small_writes(socket: Socket, _address: object) -> None:
    """Answer with many small writes."""
    socket.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
    while socket.recv(65536):
        for _ in range(PIECES):
            socket.sendall(PIECE)


def sink(socket: Socket, _address: object) -> None:
    """Count what arrives."""
    count = 0
    while data := socket.recv(65536):
        count += len(data)
        if count >= PORTION:
            count -= PORTION
            socket.sendall(b".")


def source(socket: Socket, _address: object) -> None:
    """Write a portion whenever one is asked for; ``sendall`` waits as long as it must."""
    while socket.recv(1):
        for _ in range(PORTION // len(CHUNK)):
            socket.sendall(CHUNK)


def proxy(client: Socket, _address: object) -> None:
    """Pass on all, both ways: one way here, the other in a greenlet of its own."""
    upstream = gevent.socket.create_connection((HOST, int(sys.argv[2])))
    back = gevent.spawn(pass_on, upstream, client)
    pass_on(client, upstream)
    back.join()
    upstream.close()


def pass_on(source: Socket, destination: Socket) -> None:
    """Write what one connection sends to the other, until it ends."""
    while data := source.recv(65536):
        destination.sendall(data)
    destination.shutdown(gevent.socket.SHUT_WR)


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
    server = gevent.server.StreamServer((HOST, 0), ROLES[sys.argv[1]], backlog=BACKLOG)
    server.start()
    assert server.server_port is not None  # It is known once the server has started.
    announce(server.server_port)
    server.serve_forever()
    watcher.stop()


if __name__ == "__main__":
    main()
