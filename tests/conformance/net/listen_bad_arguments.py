"""What listen() cannot understand it raises, and the server is as before."""

import math
from typing import Any

from conformance_trace import trace

import gnet

cases: list[Any] = [
    *[-1, 65536, 1e10, "65536", 1.5, math.nan, math.inf, "0.5", " "],
    *[{"port": -1}, {"port": "x"}, {"port": ""}, {"port": 70000, "host": "127.0.0.1"}],
    *[{"port": 0, "host": 5}, {"port": 0, "host": True}, {"port": 0, "host": []}],
    *[{"port": 0, "host": ""}, {"port": 0, "host": 0}, {"port": 0, "host": False}],
    *[{"port": 0, "host": math.nan}, {"port": 0, "host": None}],
    *[{"port": 0, "handle": {}}, {"port": 0, "handle": []}, {"port": 0, "handle": 0}],
    *[{"port": 0, "handle": ""}, {"port": 0, "handle": math.nan}, {"port": 0, "handle": None}],
    *[{"host": "127.0.0.1"}, {"backlog": 5}, {}],
    *[{"port": True}, {"port": False}, {"port": []}],
    *[{"path": ""}, {"path": None}, {"path": 5}, {"path": True}],
    *[True, False],
]

for case in cases:
    server = gnet.create_server()
    server.on("error", lambda err: trace("error", err))
    server.on("listening", lambda: trace("listens"))
    try:
        server.listen(case)
        trace("listen", [case], "passed", server.listening)
        server.close()
    except Exception as err:
        problem: Any = err
        name = "TypeError" if isinstance(err, TypeError) else "RangeError"
        trace("listen", [case], problem.code, name, server.listening)
        # How objects and lists are written is each language's own affair.
        if problem.code != "ERR_INVALID_ARG_VALUE" and "an instance of" not in problem.message:
            trace("message", problem.message)
gnet.run()
