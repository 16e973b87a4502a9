"""A server that listens or is about to refuses to listen elsewhere; after close() it may."""

from _sides import attempt, listen_locally
from conformance_trace import trace

import gnet

server = gnet.createServer()
server.on("error", lambda err: trace("error", err))


def never() -> None:
    trace("never called")


def fourth() -> None:
    trace("fourth time", server.listening)
    server.close()


def third(_port: int) -> None:
    trace("third time", server.listening)
    server.close()
    trace("between", server.listening)
    # 'close' has not come yet.
    server.listen(0, "127.0.0.1", fourth)


def closed() -> None:
    server.on("close", lambda: trace("last close"))
    listen_locally(server, third)


def second() -> None:
    trace("listeners left", server.listenerCount("listening"))
    server.close(closed)


def afterwards() -> None:
    server.listen(0)
    attempt("bound at once", lambda: server.listen(0, never) is server)
    server.once("listening", second)


def first(_port: int) -> None:
    attempt("again", lambda: server.listen(0) is server)
    attempt("with a bad port", lambda: server.listen(-1) is server)
    trace("still", server.listening)
    server.close(afterwards)


listen_locally(server, first)
gnet.run()
