"""close() right after listen(): 'listening' never comes, 'close' does."""

from typing import Any

from conformance_trace import trace

import gnet

cases: list[tuple[str, list[Any]]] = [
    ("without host", [0]),
    ("with host", [0, "127.0.0.1"]),
    ("with name", [0, "localhost"]),
]


def following() -> None:
    if not cases:
        return
    name, args = cases.pop(0)
    server = gnet.create_server()

    def on_listening() -> None:
        trace(name, "listening", server.listening)
        server.close(following)

    def on_close() -> None:
        trace(name, "close", server.listening, server.listener_count("listening"))
        server.remove_all_listeners()
        # It can be used again.
        server.on("listening", on_listening)
        server.listen(*args)

    server.on("error", lambda err: trace(name, "error", err))
    server.on("close", on_close)
    server.listen(*args, lambda: trace("never called"))
    server.close(lambda *errors: trace(name, "callback", *errors))
    trace(name, "after", server.listening, server.address())


following()
gnet.run()
