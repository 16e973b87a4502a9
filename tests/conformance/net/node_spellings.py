"""Every property of a server and a socket has its Node name."""

from collections.abc import Sequence
from typing import Any

from conformance_trace import trace

import gnet


def show(label: str, thing: object, names: Sequence[str]) -> None:
    for name in names:
        trace(f"{label} {name}", hasattr(thing, name), getattr(thing, name, None))


socket_names = [
    *["allowHalfOpen", "bytesRead", "bytesWritten", "connecting", "destroyed"],
    *["errored", "localAddress", "localFamily", "localPort", "pending", "readable"],
    *["readableEncoding", "readableEnded", "readableFlowing", "readableHighWaterMark"],
    *["readableLength", "readyState", "remoteAddress", "remoteFamily", "remotePort"],
    *["writable", "writableEnded", "writableFinished", "writableHighWaterMark"],
    *["writableLength", "writableNeedDrain"],
]
show("socket", gnet.Socket({"allowHalfOpen": True}), socket_names)
show("server", gnet.createServer({"allowHalfOpen": True}), ["allowHalfOpen", "listening"])
fresh: Any = gnet.Socket()
trace(
    "fresh",
    fresh.server,
    getattr(fresh, "allowHalfOpen", "missing"),
    getattr(fresh, "autoSelectFamilyAttemptedAddresses", "missing"),
)
gnet.run()
