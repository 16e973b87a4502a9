"""Whoever connects again in 'close' keeps the program alive until that is closed, too."""

from _sides import Side, listen_locally

import gnet

side = Side("client")


def on_connection(socket: gnet.Socket) -> None:
    socket.unref()
    socket.on("error", lambda _err: None)


def on_port(port: int) -> None:
    server.unref()
    client = gnet.connect(port, "127.0.0.1")
    side.watch(client, "connect", "ready", "error", "close")
    closes = 0

    def on_close(_had_error: bool) -> None:
        nonlocal closes
        closes += 1
        if closes < 3:
            client.connect(port, "127.0.0.1")

    client.on("ready", client.destroy)
    client.on("close", on_close)


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
