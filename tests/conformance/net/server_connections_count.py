"""getConnections() counts the open connections, and tells it later."""

from collections.abc import Callable

from _sides import listen_locally
from conformance_trace import trace

import gnet

sockets: list[gnet.Socket] = []
server = gnet.createServer()


def count(label: str, then: Callable[[], object]) -> None:
    returned: list[bool] = []

    def callback(*args: object) -> None:
        trace(label, bool(returned), *args)
        then()

    result = server.getConnections(callback)
    returned.append(True)
    trace(f"{label} returns", result is server)


def closing() -> None:
    server.close(lambda: count("after close", lambda: None))
    count("closing", sockets[2].destroy)


def two() -> None:
    sockets[1].on("close", lambda _had_error: count("one", closing))
    sockets[1].destroy()


def three() -> None:
    # The number counts when it is asked for: a socket goes when it is destroyed.
    sockets[0].destroy()
    count("two", two)


def on_connection(socket: gnet.Socket) -> None:
    sockets.append(socket)
    socket.resume()
    if len(sockets) == 1:
        trace("owner", socket.server is server)
    if len(sockets) == 3:
        count("three", three)


def on_listening(port: int) -> None:
    for _ in range(3):
        gnet.connect(port, "127.0.0.1").resume()


server.on("connection", on_connection)
count("not listening", lambda: listen_locally(server, on_listening))
gnet.run()
