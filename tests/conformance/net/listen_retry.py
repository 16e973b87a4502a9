"""The recipe for a port in use, as written in Node's documentation: close, wait, listen again."""

from typing import Any

import gevent
from _sides import listen_locally
from conformance_trace import trace

import gnet

holder = gnet.create_server()


def on_port(port: int) -> None:
    tries: list[str] = []

    def on_listening() -> None:
        trace("listening", server.address())
        server.close()

    def again() -> None:
        if len(tries) == 2:
            holder.close()
        server.close()
        server.listen(port, "127.0.0.1")

    def on_error(e: Any) -> None:
        tries.append(e.code)
        trace("error", e)
        if e.code == "EADDRINUSE":
            gevent.spawn_later(0.02, again)

    server = gnet.create_server()
    server.on("listening", on_listening)
    server.on("close", lambda: trace("close", len(tries)))
    server.on("error", on_error)
    server.listen(port, "127.0.0.1")


listen_locally(holder, on_port)
gnet.run()
