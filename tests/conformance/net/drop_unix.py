"""A connection refused on a Unix socket is told without data."""

import os

from _sides import Side, fresh_directory

import gnet

serving = Side("server")
refused = Side("refused")
file = os.path.join(fresh_directory(), "limited")


def on_connection(socket: gnet.Socket) -> None:
    serving.note("connection")
    socket.resume()


server = gnet.createServer(on_connection)
server.maxConnections = 1
serving.watch(server, "drop")


def on_listening() -> None:
    def connect_second() -> None:
        second = gnet.connect(file)
        refused.watch(second, "connect", "ready", "data", "end", "finish", "error", "close")

        def on_close(_had_error: bool) -> None:
            first.end()
            server.close()

        second.on("close", on_close)

    first = gnet.connect(file, connect_second)


server.listen(file, on_listening)
gnet.run()
