"""Options of listen() that are refused at once: signals that are none, modes of abstract names."""

from typing import Any

from conformance_trace import trace

import gnet


class Widget:
    """No signal."""


cases: list[dict[str, Any]] = [
    *[{"port": 0, "signal": 5}, {"port": 0, "signal": None}, {"port": 0, "signal": "x"}],
    *[{"port": 0, "signal": Widget()}, {"port": -1, "signal": Widget()}, {"signal": True}],
    {"fd": 9999, "signal": False},
    *[{"path": "\0gnet", "readableAll": True}, {"path": "\0gnet", "writableAll": 1}],
    {"signal": gnet.AbortController().signal},
]

for options in cases:
    server = gnet.create_server()
    server.on("error", lambda err: trace("error", err))
    server.on("listening", lambda: trace("listening"))
    try:
        server.listen(options)
        trace("passed", server.listening)
    except gnet.GnetError as err:
        name = "TypeError" if isinstance(err, TypeError) else "RangeError"
        trace("threw", err.code, name, server.listening)
        # How an object is written is each language's own affair.
        if err.code != "ERR_INVALID_ARG_VALUE":
            trace("message", err.message)
gnet.run()
