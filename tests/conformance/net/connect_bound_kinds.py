"""A BoundSocket as handle that is of another kind than what it shall connect to."""

import os
from typing import Any

from _sides import Side, fresh_directory, listen_locally
from conformance_trace import new_port

import gnet

EVENTS = ["connectionAttempt", "connectionAttemptFailed", "connect", "error", "close"]
directory = fresh_directory()
os.chdir(directory)


def on_port(port: int) -> None:
    cases: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("path to IPv4", {"path": "bound.sock"}, {"port": port, "host": "127.0.0.1"}),
        ("IPv4 to path", {"host": "127.0.0.1"}, {"path": "nobody.sock"}),
        ("IPv4 to IPv6", {"host": "127.0.0.1"}, {"port": port, "host": "::1"}),
        ("IPv4 to a zone", {"host": "127.0.0.1"}, {"port": port, "host": "fe80::1%lo"}),
        ("IPv6 to IPv4", {"host": "::1"}, {"port": port, "host": "127.0.0.1"}),
    ]

    def next_case() -> None:
        if not cases:
            server.close()
            return
        name, where, to = cases.pop(0)
        bound = gnet.BoundSocket(where)
        if "path" not in where:
            address: Any = bound.address()
            new_port(address.port)
        side = Side(name)
        client = gnet.Socket({"handle": bound})
        side.watch(client, *EVENTS)
        client.on("close", lambda _had_error: next_case())
        client.resume()
        client.connect(to)

    next_case()


server = gnet.create_server(lambda socket: socket.destroy())
listen_locally(server, on_port)
gnet.run()
