"""Disposing of a socket destroys it and waits for its 'close'."""

import gevent
from _sides import Side, listen_locally

import gnet

EVENTS = ["connect", "end", "finish"]


def on_connection(socket: gnet.Socket) -> None:
    socket.on("error", lambda _err: None)
    socket.resume()


def dispose(name: str, socket: gnet.Socket) -> None:
    side = Side(name)
    side.watch(socket, *EVENTS)
    promise = socket.async_dispose()
    side.note("at once", socket.destroyed, socket.errored)
    try:
        promise.get()
        side.note("disposed", socket.closed)
    except Exception as err:
        side.note("failed", err)


def run(port: int) -> None:
    def connected() -> gnet.Socket:
        socket = gnet.connect(port, "127.0.0.1")
        gnet.once(socket, "connect")
        return socket

    dispose("unconnected", gnet.Socket())
    dispose("connecting", gnet.connect(port, "127.0.0.1"))
    socket = connected()
    dispose("connected", socket)
    dispose("once more", socket)
    failed = connected()
    failed.on("error", lambda _err: None)
    failed.destroy(Exception("mine"))
    dispose("destroyed with an error", failed)
    destroyed = connected()
    destroyed.destroy()
    dispose("destroyed", destroyed)
    over = connected()
    over.resume()
    over.end()
    gnet.once(over, "close")
    dispose("over", over)
    server.close()


server = gnet.create_server(on_connection)
listen_locally(server, lambda port: gevent.spawn(run, port))
gnet.run()
