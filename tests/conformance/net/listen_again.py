"""A server may listen again as soon as close() was called: before 'close', and in it."""

from collections.abc import Callable

from _sides import listen_locally
from conformance_trace import trace

import gnet

server = gnet.create_server(lambda socket: socket.end("hello"))


def hear(label: str, port: int, then: Callable[[], object]) -> None:
    client = gnet.connect(port, "127.0.0.1")
    client.on("data", lambda data: trace(label, data))
    client.on("close", lambda _had_error: then())


closes = 0


@server.on("close")
def on_close() -> None:
    global closes
    closes += 1
    trace("close", closes, server.listening)


def on_listening(port: int) -> None:
    def listen_third() -> None:
        trace("callback of the second", server.listening)
        server.listen(port, "127.0.0.1", lambda: hear("third", port, server.close))

    def on_second() -> None:
        trace("listening again", server.address())
        hear("second", port, lambda: server.close(listen_third))

    server.close(lambda: trace("callback of the first"))
    trace("closed", server.listening, server.address())
    server.listen(port, "127.0.0.1", on_second)
    trace("listening at once", server.listening)


listen_locally(server, on_listening)
gnet.run()
