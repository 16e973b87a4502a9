"""With capture_rejections a failing async 'connection' listener costs that connection, no more."""

from typing import Any

from _sides import Side, listen_locally

import gnet

serving = Side("server")
failing = Side("failing socket")
healthy = Side("healthy client")

emitter_class: Any = gnet.EventEmitter
emitter_class.captureRejections = True
error = RuntimeError("listener went wrong")
server = gnet.createServer()
serving.watch(server, "error", "close")
seen: list[gnet.Socket] = []


@gnet.spawned
def on_connection(socket: gnet.Socket) -> None:
    seen.append(socket)
    if len(seen) == 2:
        socket.end("served")
        socket.resume()
        return
    failing.watch(socket, "data", "end", "close")

    def on_error(err: BaseException) -> None:
        failing.note("error", err is error, err, socket.destroyed)

    socket.on("error", on_error)
    raise error


def on_listening(port: int) -> None:
    first = gnet.connect(port, "127.0.0.1")
    first.resume()

    def on_first_close(_had_error: bool) -> None:
        second = gnet.connect(port, "127.0.0.1")
        healthy.watch(second, "data", "close")
        second.on("close", lambda _had_error: server.close())

    first.on("close", on_first_close)


server.on("connection", on_connection)
listen_locally(server, on_listening)
gnet.run()
