"""local_address and local_port: where a connection comes from, and why it cannot."""

import math
from typing import Any

from _sides import Side, free_port, listen_locally
from conformance_trace import trace

import gnet

EVENTS = [
    *["lookup", "connectionAttempt", "connectionAttemptFailed", "connect", "ready", "end"],
    *["error", "close"],
]


def on_connection(socket: gnet.Socket) -> None:
    socket.on("error", lambda _err: None)
    socket.end(socket.remote_address)


def look_up(name: str, options: dict[str, Any], answer: Any) -> None:
    trace("lookup", name, options)
    answer(None, "127.0.0.1", 4)


def look_up_several(_name: str, _options: dict[str, Any], answer: Any) -> None:
    answer(None, [{"address": "127.0.0.1", "family": 4}, {"address": "127.0.0.4", "family": 4}])


def on_ports(port: int, used: int, refused: int) -> None:
    cases: list[tuple[str, dict[str, Any]]] = [
        ("address", {"localAddress": "127.0.0.2"}),
        ("no address", {"localAddress": ""}),
        ("no port", {"localPort": 0}),
        ("null", {"localAddress": None, "localPort": None}),
        (
            "address for a name",
            {"host": "somewhere", "localAddress": "127.0.0.2", "lookup": look_up},
        ),
        ("port in use", {"localPort": used}),
        ("port in use at an address", {"localPort": used, "localAddress": "127.0.0.1"}),
        ("port out of range", {"localPort": 70000}),
        ("port with a fraction", {"localPort": 45000.5}),
        ("port that is none", {"localPort": math.nan}),
        (
            "port that is none, refused",
            {"port": refused, "localPort": math.nan, "localAddress": "127.0.0.1"},
        ),
        ("endless port", {"localPort": math.inf}),
        ("endless port below", {"localPort": -math.inf}),
        ("endless port below, refused", {"port": refused, "localPort": -math.inf}),
        ("huge port", {"localPort": 1e30}),
        ("other family", {"localAddress": "::1"}),
        ("other family, mapped", {"host": "::1", "localAddress": "127.0.0.1"}),
        ("foreign address", {"localAddress": "203.0.113.5"}),
        ("foreign address and a port", {"localAddress": "203.0.113.5", "localPort": used}),
        ("refused", {"port": refused, "localAddress": "127.0.0.3"}),
        ("several", {"host": "somewhere", "localPort": used, "lookup": look_up_several}),
    ]

    def next_case() -> None:
        if not cases:
            server.close()
            other.close()
            return
        name, options = cases.pop(0)
        side = Side(name)
        client = gnet.connect({"port": port, "host": "127.0.0.1", **options})
        side.watch(client, *EVENTS)
        client.on("data", lambda data: side.note("data", data.decode()))
        client.on("connect", lambda: side.note("local", client.local_address))
        client.on("error", lambda err: side.note("errors", getattr(err, "errors", None)))
        client.on("close", lambda _had_error: next_case())

    next_case()


def on_port(port: int) -> None:
    listen_locally(other, lambda used: free_port(lambda refused: on_ports(port, used, refused)))


server = gnet.create_server(on_connection)
other = gnet.create_server()
listen_locally(server, on_port)
gnet.run()
