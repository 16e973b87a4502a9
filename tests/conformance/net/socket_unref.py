"""Sockets that are unreferenced keep no program alive, before the connection or after it."""

from _sides import listen_locally
from conformance_trace import trace

import gnet


def on_connection(socket: gnet.Socket) -> None:
    trace("accepted", socket.unref() is socket)
    socket.write("hello")


def on_port(port: int) -> None:
    client = gnet.connect(port, "127.0.0.1")
    trace("client", client.ref() is client)

    def on_data(data: bytes) -> None:
        trace("data", data)
        client.unref().ref().unref()
        server.unref()
        trace("open", client.destroyed, client.pending, server.listening)

    client.on("data", on_data)
    client.on("close", lambda _had_error: trace("never"))


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
