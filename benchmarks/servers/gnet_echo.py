"""Echo server of gnet: every chunk that arrives is written back."""

import gnet
from benchmarks.servers._gevent_life import BACKLOG, announce, exit_with_stdin


def on_connection(socket: gnet.Socket) -> None:
    """Write back what the connection sends."""
    socket.on("data", socket.write)


def main() -> None:
    """Serve until standard input closes."""
    watcher = exit_with_stdin()
    server = gnet.create_server(on_connection)

    def on_listening() -> None:
        where = server.address()
        assert isinstance(where, gnet.AddressInfo)
        announce(where.port)

    server.listen(0, "127.0.0.1", BACKLOG, on_listening)
    gnet.run()
    watcher.stop()


if __name__ == "__main__":
    main()
