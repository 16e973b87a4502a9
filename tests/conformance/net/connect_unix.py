"""What a socket emits that connects to a Unix path, to one where nobody is, to no socket at all."""

import os
from typing import Any

from _sides import Side, fresh_directory
from conformance_trace import trace

import gnet

EVENTS = ["lookup", "connect", "ready", "data", "end", "finish", "close"]
directory = fresh_directory()
file = os.path.join(directory, "served")
long = "y" * 150
with open(os.path.join(directory, "plain"), "w"):
    pass


def shown(text: str) -> str:
    return text.replace(directory, "<dir>").replace(long, "<long>")


cases: list[tuple[str, Any]] = [
    ("served", file),
    ("options", {"path": file, "port": 1, "host": "192.0.2.1"}),
    ("missing", os.path.join(directory, "missing")),
    ("missing in options", {"path": os.path.join(directory, "missing")}),
    ("directory", directory),
    ("plain file", os.path.join(directory, "plain")),
    ("long", os.path.join(directory, long)),
]


def connect_next() -> None:
    if not cases:
        trace("done")
        server.close()
        return
    name, arg = cases.pop(0)
    side = Side(name)
    client = gnet.connect(arg)
    side.watch(client, *EVENTS)

    def on_attempt(where: str, *rest: object) -> None:
        side.note("connectionAttempt", shown(where), len(rest))

    def on_error(err: Any) -> None:
        address = shown(getattr(err, "address", None) or "")
        message = shown(err.message)
        side.note("error", message, err.code, err.syscall, address, getattr(err, "port", None))

    client.on("connectionAttempt", on_attempt)
    client.on("error", on_error)
    client.on("close", lambda _had_error: connect_next())
    side.note("state", client.connecting, client.ready_state)


def on_connection(socket: gnet.Socket) -> None:
    socket.end("welcome")


server = gnet.create_server(on_connection)
server.listen(file, connect_next)
gnet.run()
