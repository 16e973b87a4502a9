"""setTimeout(): the property, the callback as a one-time listener, and values it refuses."""

import math
from typing import Any

from _sides import attempt
from conformance_trace import trace

import gnet


class Widget:
    """No number and no function."""


socket: Any = gnet.Socket()


def listeners() -> int:
    return int(socket.listenerCount("timeout"))


def callback() -> None:
    trace("callback")


def other() -> None:
    """Another one."""


def set_timeout(*args: Any) -> bool:
    return socket.setTimeout(*args) is socket


trace("unset", socket.timeout, listeners())
attempt("set", set_timeout, 1000, callback)
trace("set", socket.timeout, listeners())
attempt("same callback again", set_timeout, 2000, callback)
trace("set", socket.timeout, listeners())
attempt("another callback", set_timeout, 2500.5, other)
trace("set", socket.timeout, listeners())
attempt("off with callback", set_timeout, 0, callback)
trace("set", socket.timeout, listeners())
attempt("off without callback", set_timeout, 0)
trace("set", socket.timeout, listeners())
attempt("off with one that is none", set_timeout, 0, lambda: None)
trace("set", socket.timeout, listeners())

bad_values: list[Any] = [-1, math.nan, math.inf, -math.inf, "5", None, True, Widget(), -0.5]
for bad in bad_values:
    attempt("bad", set_timeout, bad)
    attempt("bad with callback", set_timeout, bad, callback)
bad_callbacks: list[Any] = [5, "x", None, True, Widget()]
for bad in bad_callbacks:
    attempt("bad callback", set_timeout, 100, bad)
    attempt("bad callback, off", set_timeout, 0, bad)
trace("still", socket.timeout, listeners())
socket.setTimeout(5000)
trace("still", socket.timeout)

socket.destroy()
attempt("destroyed", set_timeout, 700, callback)
trace("destroyed", socket.timeout, listeners())

attempt("option", gnet.connect, {"port": 1, "host": "127.0.0.1", "timeout": -1})
attempt("option", gnet.connect, {"port": 1, "host": "127.0.0.1", "timeout": "x"})
gnet.run()
