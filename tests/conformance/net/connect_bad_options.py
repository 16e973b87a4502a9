"""Options of connect() that are refused, with their messages, and in which order."""

import math
from typing import Any

from _sides import attempt

import gnet


class Widget:
    """Nothing that any option can be."""


cases: list[dict[str, Any]] = []


def add(key: str, values: list[Any], **rest: Any) -> None:
    cases.extend({"port": 1, "host": "localhost", **rest, key: value} for value in values)


add("localAddress", ["x", 5, "1.2.3", "::x", True], host="127.0.0.1")
add("localPort", ["5000", True, Widget(), "0"], host="127.0.0.1")
add("family", ["x", 5, "4", True, -1, 46])
add("hints", ["x", True, 1, 1024, -1, Widget()])
add("lookup", ["x", 5, True, Widget(), 0])
add("autoSelectFamily", ["x", 1, 0, Widget()])
bad_times: list[Any] = ["x", 0, -1, 1.5, math.nan, math.inf, 2**40, True]
add("autoSelectFamilyAttemptTimeout", bad_times)
cases += [
    *[{"port": 70000, "localAddress": "x"}, {"port": -1, "localPort": "x"}],
    *[{"port": 1, "localAddress": "x", "localPort": "x"}, {"port": "x", "autoSelectFamily": 5}],
    {"port": 1, "autoSelectFamily": 5, "autoSelectFamilyAttemptTimeout": 0},
    {"port": 1, "autoSelectFamilyAttemptTimeout": 0, "lookup": 5},
    *[{"port": 1, "lookup": 5, "family": 5}, {"port": 1, "hints": 1, "family": 5}],
    {"port": 1, "host": 5, "localAddress": "x"},
]


def connect(options: dict[str, Any]) -> str:
    gnet.connect(options)
    return "connecting"


for options in cases:
    attempt("connect", connect, options)
gnet.run()
