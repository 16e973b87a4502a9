"""A second connect() while the first is on its way ends both."""

from typing import Any

from _sides import Side, listen_locally

import gnet


def on_connection(socket: gnet.Socket) -> None:
    socket.on("error", lambda _err: None).resume()


def on_port(port: int) -> None:
    side = Side("client")
    client = gnet.connect(port, "127.0.0.1")

    def on_error(err: Any) -> None:
        side.note("error", err.code, err.syscall, err.address)

    side.watch(client, "connect", "ready", "close")
    client.on("error", on_error)
    side.note("same", client.connect(port, "127.0.0.1") is client)
    client.on("close", lambda _had_error: server.close())


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
