"""close() inside 'listening', inside 'connection' and twice: each callback once, in order."""

from typing import Any

from _sides import Side, listen_locally

import gnet

inside = Side("inside listening")
one = gnet.create_server()
inside.watch(one, "listening", "close")


@one.on("listening")
def close_one() -> None:
    one.close(lambda *args: inside.note("callback", *args))
    inside.note("closed", one.listening)


one.on("listening", lambda: inside.note("second listener", one.listening))
one.listen(0)

live = Side("with a connection")


def on_connection(socket: gnet.Socket) -> None:
    live.note("connection")
    two.close(lambda *args: live.note("first callback", *args))

    def on_second(*args: Any) -> None:
        live.note("second callback", len(args), args[0].code)

    two.close(on_second)
    two.get_connections(lambda err, count: live.note("count", err, count))

    def on_close(_had_error: bool) -> None:
        live.note("socket closed")
        two.get_connections(lambda err, count: live.note("count", err, count))

    socket.on("close", on_close)
    socket.end("bye")
    socket.resume()


two = gnet.create_server(on_connection)
live.watch(two, "close")
listen_locally(two, lambda port: gnet.connect(port, "127.0.0.1").resume())
gnet.run()
