"""Echo server of gevent: ``StreamServer`` with a handler that loops over recv and sendall."""

import gevent.server
import gevent.socket

from benchmarks.servers._gevent_life import BACKLOG, announce, exit_with_stdin


def handle(socket: gevent.socket.socket, _address: object) -> None:
    """Write back what the connection sends, until it ends."""
    while data := socket.recv(65536):
        socket.sendall(data)


def main() -> None:
    """Serve until standard input closes."""
    watcher = exit_with_stdin()
    server = gevent.server.StreamServer(("127.0.0.1", 0), handle, backlog=BACKLOG)
    server.start()
    assert server.server_port is not None  # It is known once the server has started.
    announce(server.server_port)
    server.serve_forever()
    watcher.stop()


if __name__ == "__main__":
    main()
