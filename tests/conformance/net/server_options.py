"""What createServer() makes of its options: checked, converted, kept as properties."""

import math
from typing import Any

from _sides import attempt

import gnet


def shown(server: gnet.Server) -> list[Any]:
    return [
        server.allowHalfOpen,
        server.pauseOnConnect,
        server.noDelay,
        server.keepAlive,
        server.keepAliveInitialDelay,
        server.highWaterMark,
        server.dropMaxConnection,
    ]


def made(options: Any = None) -> list[Any]:
    return shown(gnet.createServer(options))


attempt("none", lambda: shown(gnet.createServer()))
attempt("null", made, None)
every = {
    "allowHalfOpen": True,
    "pauseOnConnect": True,
    "noDelay": True,
    "keepAlive": True,
    "keepAliveInitialDelay": 2500,
    "highWaterMark": 1000,
}
attempt("all", made, every)
truths: dict[str, Any] = {"1": 1, "yes": "yes", "0": 0, "": "", "null": None}
for name, value in truths.items():
    attempt(
        f"truth of {name}", made, {"pauseOnConnect": value, "noDelay": value, "keepAlive": value}
    )
delays = [0, 999, 1000, 1999.5, -1, 1e15, 2**80, math.nan, math.inf]
for value in delays:
    attempt("delay", made, {"keepAliveInitialDelay": value})


class Object:
    """What JavaScript calls the class of ``{}``."""


bad: list[Any] = ["1000", None, True, Object()]
for value in bad:
    attempt("bad delay", made, {"keepAliveInitialDelay": value})
for value in [0, 1, 65536, -1, -0.5]:
    attempt(f"mark {value}", made, {"highWaterMark": value})
for value in bad:
    attempt("bad mark", made, {"highWaterMark": value})
attempt("unknown", made, {"wood": "pine", "captureRejections": "x"})
server = gnet.createServer()
server.allowHalfOpen = server.pauseOnConnect = server.noDelay = server.keepAlive = True
server.keepAliveInitialDelay = 7
server.highWaterMark = 5
server.dropMaxConnection = True
attempt("changed", shown, server)
