"""A server on a Unix path: address() is the path, close() takes the file away."""

import os
import stat
from typing import Any

from _sides import Side, fresh_directory
from conformance_trace import trace

import gnet

directory = fresh_directory()
file = os.path.join(directory, "here")
accepting = Side("server")
connecting = Side("client")


def shown(value: Any) -> str | None:
    return None if value is None else str(value).replace(directory, "<dir>")


def on_connection(socket: gnet.Socket) -> None:
    accepting.note("end", socket.address(), socket.remote_address, socket.local_port)
    socket.end("hello")


def again() -> None:
    def on_listening() -> None:
        trace("again", shown(server.address()), os.path.exists(file))
        server.close(lambda: trace("closed again", shown(server.address()), os.path.exists(file)))

    server.listen({"path": file, "backlog": 3}, on_listening)


def on_listening() -> None:
    trace("listening", shown(server.address()), stat.S_ISSOCK(os.stat(file).st_mode))
    client = gnet.create_connection(file)

    def on_connect() -> None:
        connecting.note(
            "end",
            client.address(),
            client.remote_address,
            client.remote_port,
            client.remote_family,
            client.local_address,
            client.local_family,
        )

    def on_close(_had_error: bool) -> None:
        server.close(again)
        trace("closing", shown(server.address()), os.path.exists(file))

    client.on("connect", on_connect)
    client.on("data", connecting.noting("data"))
    client.on("close", on_close)


server = gnet.create_server(on_connection)
server.listen(file, on_listening)
trace("at once", shown(server.address()), server.listening, os.path.exists(file))
gnet.run()
