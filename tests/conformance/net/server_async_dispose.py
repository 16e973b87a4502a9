"""Disposing of a server closes it and resolves after 'close'; one that is not open is done."""

from _sides import listen_locally
from conformance_trace import trace
from gevent.event import AsyncResult

import gnet


def main() -> None:
    server = gnet.create_server()
    server.on("close", lambda: trace("close"))
    trace("not open", server.async_dispose().get())
    listening: AsyncResult[int] = AsyncResult()
    listen_locally(server, listening.set)
    port = listening.get()
    accepted: AsyncResult[gnet.Socket] = AsyncResult()
    server.on("connection", accepted.set)
    client = gnet.connect(port, "127.0.0.1")
    client.resume().on("close", lambda _had_error: trace("client closed"))
    socket = accepted.get()
    assert socket is not None
    disposed = server.async_dispose()
    trace("disposing", server.listening, server.listener_count("close"))
    trace("again", server.async_dispose().get())
    socket.end()
    socket.resume()
    trace("disposed", disposed.get(), server.listener_count("close"))


main()
gnet.run()
