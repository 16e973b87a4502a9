"""A half-open socket stays open after the peer's end until its own end(); else it ends, too."""

from collections.abc import Callable

from _sides import Side, listen_locally, settle

import gnet


def run(name: str, server_open: bool, then: Callable[[], object]) -> None:
    side = Side(name)
    peer = Side(f"{name}, client")

    def on_connection(socket: gnet.Socket) -> None:
        server.close()
        side.note("property", socket.allow_half_open)
        side.watch(socket, "end", "finish", "error", "close")
        socket.resume()

        def write() -> None:
            side.note("still", socket.readyState, socket.destroyed)
            side.note("written", socket.write("more", side.noting("callback")))
            settle(end)

        def end() -> None:
            side.note("still", socket.readyState, socket.writableLength)
            socket.end()

        if server_open:
            socket.on("end", lambda: settle(write))

    def on_port(port: int) -> None:
        client = gnet.connect(port, "127.0.0.1")
        client.on("connect", lambda: client.end())
        peer.watch(client, "finish", "data", "end", "close")

    server = gnet.createServer({"allowHalfOpen": server_open}, on_connection)
    server.on("close", then)
    listen_locally(server, on_port)


run("half-open", True, lambda: run("ordinary", False, lambda: None))
gnet.run()
