"""listen() takes its arguments in many forms; address() says where the server listens."""

from typing import Any

from conformance_trace import trace

import gnet


def callback() -> None:
    trace("callback")


forms: dict[str, list[Any]] = {
    "nothing": [],
    "callback": [callback],
    "null": [None],
    "null, callback": [None, callback],
    "0": [0],
    "a string": ["0"],
    "port, callback": [0, callback],
    "port, host": [0, "127.0.0.1"],
    "port, host, backlog": [0, "127.0.0.1", 5, callback],
    "port, backlog": [0, 5, callback],
    "port, null, backlog": [0, None, 5, callback],
    "odd backlog": [0, "127.0.0.1", "many", callback],
    "IPv6": [0, "::1", callback],
    "name": [0, "localhost", callback],
    "empty host": [0, "", callback],
    "options": [{"port": 0, "host": "127.0.0.1", "backlog": 7}, callback],
    "options with a string": [{"port": "0", "host": "127.0.0.1"}],
    "options with null": [{"port": None}],
    "path is not used": [{"port": 0, "host": "127.0.0.1", "path": "/no/such/place"}],
    "unknown keys": [{"port": 0, "host": "127.0.0.1", "wood": "pine"}],
}
# A dict keeps its order; JavaScript puts a key that is a whole number first.
names = ["0", *(name for name in forms if name != "0")]


def following() -> None:
    if not names:
        return
    name = names.pop(0)
    server = gnet.create_server()

    def on_error(err: BaseException) -> None:
        trace(name, err)
        following()

    def on_listening() -> None:
        info: Any = server.address()
        trace(name, sorted(info.keys()), info["address"], info["family"], info["port"] > 0)
        server.close(following)

    server.on("error", on_error)
    server.on("listening", on_listening)
    trace(name, server.listen(*forms[name]) is server)


following()
gnet.run()
