"""A loop over a server yields its connections, also those that came while its body worked."""

import gevent
from _sides import listen_locally
from conformance_trace import trace

import gnet

server = gnet.create_server()


def serve() -> None:
    for served, socket in enumerate(server, 1):
        trace("connection", served, isinstance(socket, gnet.Socket))
        [data] = gnet.once(socket, "data")
        trace("data", data)
        socket.end(data)
        if served == 3:
            server.close()
    trace(
        "over",
        server.listening,
        server.listener_count("connection"),
        server.listener_count("error"),
        server.listener_count("close"),
    )


def on_listening(port: int) -> None:
    gevent.spawn(serve)
    for _ in range(3):
        gnet.connect(port, "127.0.0.1").resume().write("hello")


listen_locally(server, on_listening)
server.on("close", lambda: trace("close"))
gnet.run()
