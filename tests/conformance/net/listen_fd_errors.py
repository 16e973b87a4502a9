"""A descriptor that cannot listen comes as 'error'; what is no descriptor is no place to listen."""

import os
from typing import Any

from conformance_trace import trace

import gnet

file = os.open(__file__, os.O_RDONLY)
cases: dict[str, dict[str, Any]] = {
    "a file": {"fd": file},
    "a directory": {"fd": os.open("/", os.O_RDONLY)},
    "not open": {"fd": 9999},
    "half a number": {"fd": 1.5},
    "a large number": {"fd": 2**31},
    "with a port": {"fd": 9999, "port": 0},
    "in a handle": {"handle": {"fd": 9999}},
    "negative": {"fd": -1},
    "a string": {"fd": "3"},
    "null": {"fd": None},
    "null with a port": {"fd": None, "port": 0},
    "negative with a port": {"fd": -1, "port": 0},
}
names = list(cases)


def following() -> None:
    if not names:
        trace("the file is open", os.fstat(file).st_size > 0)
        return
    name = names.pop(0)
    server = gnet.create_server()

    def on_listening() -> None:
        trace(name, "listens")
        server.close(following)

    def on_error(err: BaseException) -> None:
        trace(name, err, server.listening, server.address())
        following()

    server.on("listening", on_listening)
    server.on("error", on_error)
    try:
        trace(name, server.listen(cases[name], 5) is server, server.listening)
    except gnet.GnetError as err:
        trace(name, "threw", err.code)
        following()


following()
gnet.run()
