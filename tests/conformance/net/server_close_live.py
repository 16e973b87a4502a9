"""A closing server keeps its connections; 'close' comes when the last one has ended."""

from typing import Any

from _sides import Side, listen_locally

import gnet

serving = Side("server")
refused = Side("late client")
sockets: list[gnet.Socket] = []
clients: list[gnet.Socket] = []


def on_late_close(_had_error: bool) -> None:
    server.get_connections(serving.noting("connections"))
    sockets[0].write("still works")


def on_connection(socket: gnet.Socket) -> None:
    sockets.append(socket)
    socket.resume()
    socket.on("close", lambda _had_error: serving.note("socket closed", server.listening))
    if len(sockets) < 2:
        return
    address: Any = server.address()
    server.close(serving.noting("callback"))
    serving.note("closing", server.listening, server.address())
    late = gnet.connect(address.port, "127.0.0.1")
    refused.watch(late, "connect", "error", "close")
    late.on("close", on_late_close)


def on_listening(port: int) -> None:
    first = gnet.connect(port, "127.0.0.1")

    def on_data(data: bytes) -> None:
        serving.note("first got", data)
        first.end()

    def on_count(err: object, count: int) -> None:
        serving.note("connections", err, count)
        clients[0].end()

    first.on("connect", lambda: clients.append(gnet.connect(port, "127.0.0.1").resume()))
    first.on("data", on_data)
    first.on("close", lambda _had_error: server.get_connections(on_count))


server = gnet.create_server(on_connection)
serving.watch(server, "close")
listen_locally(server, on_listening)
gnet.run()
