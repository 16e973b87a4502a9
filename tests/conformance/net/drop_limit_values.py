"""A limit of 0 or less refuses all, no limit refuses none."""

import math
from typing import Any

from _sides import listen_locally
from conformance_trace import trace

import gnet

limits: list[Any] = [0, -1, -math.inf, 0.5, 1, None, math.nan, math.inf]


def following() -> None:
    if not limits:
        return
    limit = limits.pop(0)
    seen: list[str] = []

    def on_connection(socket: gnet.Socket) -> None:
        seen.append("connection")
        socket.end()

    def on_close() -> None:
        trace("limit", limit, seen)
        following()

    def on_listening(port: int) -> None:
        client = gnet.connect(port, "127.0.0.1")
        client.resume()
        client.on("close", lambda _had_error: server.close())

    server = gnet.createServer(on_connection)
    server.maxConnections = limit
    server.on("drop", lambda data: seen.extend(["drop", data["remoteAddress"]]))
    server.on("close", on_close)
    listen_locally(server, on_listening)


trace("unset", gnet.createServer().maxConnections)
following()
gnet.run()
