"""What the system has against a connection, over TCP and over a path, at once or later."""

import os
from typing import Any

from _sides import Side, free_port, fresh_directory

import gnet

EVENTS = [
    *["lookup", "connectionAttempt", "connectionAttemptFailed", "connect", "end", "error"],
    "close",
]
directory = fresh_directory()
os.chdir(directory)
with open("file", "w") as file:
    file.write("text")
os.mkdir("directory")


def on_port(port: int) -> None:
    cases: list[tuple[str, dict[str, Any]]] = [
        ("refused", {"port": port, "host": "127.0.0.1"}),
        ("refused IPv6", {"port": port, "host": "::1"}),
        ("refused, mapped", {"port": port, "host": "::ffff:127.0.0.1"}),
        ("broadcast", {"port": 80, "host": "255.255.255.255"}),
        ("name without address", {"port": 80, "host": "no-such-host.invalid"}),
        ("no such path", {"path": "missing"}),
        ("no such directory", {"path": os.path.join("missing", "missing")}),
        ("a file", {"path": "file"}),
        ("a directory", {"path": "directory"}),
        ("a path through a file", {"path": os.path.join("file", "x")}),
        ("too long a path", {"path": "x" * 200}),
        ("no such abstract name", {"path": "\0gnet-no-such-name"}),
    ]

    def next_case() -> None:
        if not cases:
            return
        name, options = cases.pop(0)
        side = Side(name)
        client = gnet.connect(options)
        side.watch(client, *EVENTS)

        def on_error(err: Any) -> None:
            kind = "number" if isinstance(err.errno, int) else "none"
            side.note("error", kind, client.errored is err)

        client.on("error", on_error)
        client.on("close", lambda _had_error: next_case())

    next_case()


free_port(on_port)
gnet.run()
