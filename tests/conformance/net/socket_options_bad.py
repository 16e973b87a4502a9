"""What a socket cannot be made with: the errors, and what is let through all the same."""

import math
from typing import Any

from _sides import attempt

import gnet


class Widget:
    """Neither a signal nor a block list."""


bad: list[Any] = [
    *[{"objectMode": True}, {"readableObjectMode": True}, {"writableObjectMode": 1}],
    *[{"objectMode": False}, {"keepAliveInitialDelay": "x"}, {"keepAliveInitialDelay": None}],
    *[{"keepAliveInitialDelay": -5}, {"keepAliveInitialDelay": math.nan}],
    {"keepAliveInitialDelay": True},
    *[{"typeOfService": -1}, {"typeOfService": 256}, {"typeOfService": 1.5}],
    *[{"typeOfService": math.nan}, {"typeOfService": "x"}, {"typeOfService": None}],
    *[{"typeOfService": True}, {"typeOfService": 2**40}, {"typeOfService": 16}],
    *[{"highWaterMark": -1}, {"highWaterMark": "x"}, {"highWaterMark": 1.5}],
    *[{"highWaterMark": math.nan}, {"highWaterMark": "5"}, {"readableHighWaterMark": -1}],
    *[{"writableHighWaterMark": "x"}, {"highWaterMark": None}, {"highWaterMark": 0}],
    *[{"encoding": "bogus"}, {"encoding": 5}, {"encoding": None}, {"encoding": ""}],
    *[{"defaultEncoding": "bogus"}, {"defaultEncoding": 5}, {"defaultEncoding": None}],
    {"defaultEncoding": ""},
    *[{"signal": 5}, {"signal": "x"}, {"signal": Widget()}, {"signal": None}, {"signal": 0}],
    *[{"blockList": 5}, {"blockList": Widget()}, {"blockList": None}, {"blockList": ""}],
    *[{"fd": -1}, {"fd": "x"}, {"fd": 1.5}, {"fd": None}, {"fd": 2**40}, {"fd": 99999}],
    *[{"onread": 5}, {"onread": None}, {"onread": {}}, {"onread": {"buffer": 5}}],
    {"wood": "pine"},
    *[{"objectMode": True, "keepAliveInitialDelay": "x"}],
    *[{"keepAliveInitialDelay": "x", "fd": -1}, {"highWaterMark": -1, "fd": -1}],
    *[{"signal": 5, "fd": -1}, {"fd": -1, "typeOfService": -1}],
    {"typeOfService": -1, "blockList": 5},
    *[None, None, "x", True, [], -1, 1.5, 99999],
]


def make(options: Any) -> str:
    gnet.Socket(options).destroy()
    return "made"


for options in bad:
    attempt("new", make, options)
gnet.run()
