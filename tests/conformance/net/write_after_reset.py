"""A write to a connection that the peer has reset, unnoticed as nobody reads."""

from _sides import Side, listen_locally, settle

import gnet

EVENTS = ["connect", "drain", "finish", "end", "error", "close"]


def on_connection(socket: gnet.Socket) -> None:
    socket.on("error", lambda _err: None)
    socket.once("data", lambda _data: socket.reset_and_destroy())


def on_port(port: int) -> None:
    side = Side("client")

    def on_settled() -> None:
        side.note("still", client.destroyed, client.writable)
        side.note("write", client.write("late", side.noting("first")))
        side.note("errored", client.errored, client.writable, client.destroyed)
        side.note("write", client.write("later", side.noting("second")))

    def on_connect() -> None:
        client.pause()
        client.write("x", lambda _err: settle(on_settled))

    def on_close(_had_error: bool) -> None:
        side.note("bytes", client.bytes_written)
        server.close()

    client = gnet.connect(port, "127.0.0.1", on_connect)
    client.pause()
    side.watch(client, *EVENTS)
    client.on("close", on_close)


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
