"""createServer() refuses options that are none; of listeners it takes only functions."""

from typing import Any

from _sides import attempt
from conformance_trace import trace

import gnet


class Widget:
    """No function."""


def listener(_socket: gnet.Socket) -> None:
    """Nothing to do."""


def made(*args: Any) -> list[object]:
    server = gnet.create_server(*args)
    return [
        isinstance(server, gnet.Server),
        server.listener_count("connection"),
        server.listening,
        server.allow_half_open,
    ]


bad_options: dict[str, Any] = {"5": 5, "x": "x", "true": True, "false": False, "1.5": 1.5}
for name, bad in bad_options.items():
    attempt(f"options {name}", made, bad)
attempt("nothing", made)
attempt("null", made, None)
attempt("null, listener", made, None, listener)
attempt("listener", made, listener)
attempt("options", made, {})
attempt("options, listener", made, {"allowHalfOpen": True}, listener)
attempt("truthy option", made, {"allowHalfOpen": 1}, listener)
attempt("options, null", made, {}, None)
attempt("listener twice", made, listener, listener)
attempt("class", lambda: [gnet.Server({"allowHalfOpen": True}, listener).allow_half_open])
trace("methods", gnet.create_server().address())

server: Any = gnet.create_server()
bad_callbacks: list[Any] = [None, 5, "x", Widget(), True]
for bad in bad_callbacks:
    attempt("getConnections", lambda bad=bad: server.get_connections(bad) is server)
attempt("getConnections", lambda: server.get_connections() is server)
# close() takes anything.
attempt("close", lambda: server.close(5) is server)
gnet.run()
