"""What connect() cannot understand it raises."""

import math
from collections.abc import Callable
from typing import Any

from conformance_trace import trace

import gnet


class Widget:
    """Neither a number nor a string."""


cases: list[Any] = [
    *[{}, {"host": "localhost"}, {"path": None}],
    *[-1, 65536, "65536", 1.5, math.nan],
    *[True, {"port": True}, {"port": None}, {"port": Widget()}, {"port": -1}, {"port": "x"}],
    *[{"port": ""}, {"port": " "}, {"port": math.inf}],
    *[{"port": 1, "host": 5}, {"port": 1, "host": True}, {"port": 1, "host": "a\0b"}],
    *[{"path": 5}, {"path": True}, {"path": Widget()}],
]

for case in cases:
    calls: list[tuple[str, Callable[..., gnet.Socket]]] = [
        ("net", gnet.connect),
        ("socket", gnet.Socket().connect),
    ]
    for name, call in calls:
        try:
            client = call(case)
            trace(name, [case], "passed")
            client.on("error", lambda _err: None)
            client.destroy()
        except Exception as err:
            problem: Any = err
            kind = "TypeError" if isinstance(err, TypeError) else "RangeError"
            trace(name, [case], problem.code, kind)
            if problem.code != "ERR_INVALID_ARG_VALUE":
                trace("message", problem.message)
gnet.run()
