"""What the options of a socket show in its properties."""

import json
from typing import Any

from conformance_trace import trace

import gnet


def show(label: str, socket: gnet.Socket) -> None:
    trace(
        label,
        *[socket.readable, socket.writable, socket.readyState, socket.pending],
        *[socket.allowHalfOpen, socket.readableHighWaterMark, socket.writableHighWaterMark],
        *[socket.readableEncoding, socket.readableEnded, socket.writableEnded],
        *[socket.writableFinished, socket.readableFlowing, socket.timeout],
        *[socket.bytesRead, socket.bytesWritten, socket.bufferSize, socket.server],
        *[socket.destroyed, socket.connecting],
    )


all_options: list[Any] = [
    *[None, {}, {"allowHalfOpen": True}, {"allowHalfOpen": 1}, {"readable": False}],
    *[{"writable": False}, {"readable": False, "writable": False}],
    *[{"readable": True, "writable": True}, {"readable": None, "writable": 0}],
    *[{"highWaterMark": 10}, {"readableHighWaterMark": 7}, {"writableHighWaterMark": 9}],
    *[{"highWaterMark": 5, "readableHighWaterMark": 7}, {"highWaterMark": 0}],
    *[{"encoding": "utf8"}, {"encoding": "hex"}],
    {"noDelay": True, "keepAlive": True, "keepAliveInitialDelay": 5000, "timeout": 77},
]
for options in all_options:
    show(json.dumps(options, separators=(",", ":")), gnet.Socket(options))
tuned: list[Any] = [{"typeOfService": 8}, {}, {"typeOfService": 0}]
for options in tuned:
    trace("type of service", gnet.Socket(options).getTypeOfService())
gnet.run()
