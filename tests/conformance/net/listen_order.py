"""Without a host a server listens at once, with one a little later; 'listening' comes after."""

from typing import Any

from conformance_trace import trace

import gnet

cases: list[list[Any]] = [
    [0],
    [0, "127.0.0.1"],
    [{"port": 0}],
    [{"port": 0, "host": "127.0.0.1"}],
]


def following() -> None:
    if not cases:
        return
    args = cases.pop(0)
    server = gnet.createServer()

    def state(label: str) -> None:
        trace(label, server.listening, server.address() is not None)

    def callback() -> None:
        state("callback")
        trace("listeners", server.listenerCount("listening"))

    def last_listener() -> None:
        state("last listener")
        trace("close", server.close() is server)
        state("closing")

    def on_close() -> None:
        state("closed")
        following()

    server.on("listening", lambda: state("first listener"))
    state("before")
    result = server.listen(*args, callback)
    server.on("listening", last_listener)
    server.on("close", on_close)
    trace("returned", result is server)
    state("after")


following()
gnet.run()
