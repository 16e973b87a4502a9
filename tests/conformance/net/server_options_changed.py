"""A server's options count for the connections that come after they were changed."""

from typing import Any

from _sides import listen_locally
from conformance_trace import trace

import gnet

changes: list[dict[str, Any]] = [
    {},
    {"highWaterMark": 10},
    {"allowHalfOpen": True},
    {"pauseOnConnect": True},
    {"highWaterMark": 0, "pauseOnConnect": False},
    {"highWaterMark": 65536, "allowHalfOpen": False},
]


def on_connection(socket: gnet.Socket) -> None:
    trace(
        "accepted",
        socket.readableHighWaterMark,
        socket.writableHighWaterMark,
        socket.allowHalfOpen,
        socket.readableFlowing,
    )
    trace("write", socket.write("0123456789"))
    socket.destroy()


server = gnet.createServer(on_connection)


def on_listening(port: int) -> None:
    def following(_had_error: bool = False) -> None:
        if not changes:
            server.close()
            return
        change = changes.pop(0)
        for name, value in change.items():
            setattr(server, name, value)
        trace("changed", change)
        gnet.connect(port, "127.0.0.1").resume().on("close", following)

    following()


listen_locally(server, on_listening)
gnet.run()
