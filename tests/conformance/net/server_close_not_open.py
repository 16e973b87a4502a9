"""close() of a server that is not open: the callback gets the error, 'close' comes all the same."""

from _sides import listen_locally
from conformance_trace import trace

import gnet

never = gnet.createServer()
never.on("close", lambda: trace("never opened: close"))
result = never.close(lambda *args: trace("never opened: callback", *args))
trace("returns", result is never)
trace("listeners", never.listenerCount("close"))

silent = gnet.createServer()
silent.on("close", lambda: trace("without callback: close"))
silent.close()

server = gnet.createServer()
server.on("close", lambda: trace("twice: close"))
server.on("error", lambda err: trace("error", err))


def on_first_closed(*args: object) -> None:
    trace("first callback", *args)
    server.close(lambda *late: trace("third callback", *late))


def on_listening(_port: int) -> None:
    server.close(on_first_closed)
    server.close(lambda *args: trace("second callback", *args))
    server.on("close", lambda: trace("last listener"))


listen_locally(server, on_listening)
gnet.run()
