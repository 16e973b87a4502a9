"""A resolver of the caller's that is asked for one address: what it is told, and may answer."""

from collections.abc import Callable
from typing import Any

import gevent
from _sides import Side, listen_locally
from conformance_trace import trace

import gnet

EVENTS = [
    *["connectionAttempt", "connectionAttemptFailed", "connect", "ready", "end"],
    *["error", "close"],
]
one: list[Any] = ["127.0.0.1", 4]


def on_connection(socket: gnet.Socket) -> None:
    socket.end()


def on_port(port: int) -> None:
    cases: list[tuple[str, dict[str, Any], list[Any]]] = [
        ("family 4", {"family": 4}, [None, *one]),
        ("family by name", {"family": "IPv6"}, [None, "::ffff:127.0.0.1", 6]),
        ("hints", {"family": 4, "hints": 5}, [None, *one]),
        ("no selecting", {"autoSelectFamily": False}, [None, *one]),
        ("no selecting, family 0", {"autoSelectFamily": False, "family": 0}, [None, *one]),
        ("local address", {"localAddress": "127.0.0.5"}, [None, *one]),
        ("undefined error", {"family": 4}, [None, *one]),
        ("an error", {"family": 4}, [Exception("no such host")]),
        ("no address", {"family": 4}, [None]),
        ("null", {"family": 4}, [None, None, None]),
        ("no IP address", {"family": 4}, [None, "elsewhere", 4]),
        ("a number", {"family": 4}, [None, 5, 4]),
        ("no family", {"family": 4}, [None, "127.0.0.1"]),
        ("family as text", {"family": 4}, [None, "127.0.0.1", "4"]),
        ("another family", {"family": 4}, [None, "127.0.0.1", 5]),
        ("IPv4 as IPv6", {"family": 6}, [None, "127.0.0.1", 6]),
        ("IPv6 as IPv4", {"family": 4}, [None, "::1", 4]),
    ]

    def next_case() -> None:
        if not cases:
            server.close()
            return
        name, options, answer = cases.pop(0)
        side = Side(name)

        def lookup(host: str, asked: dict[str, Any], callback: Callable[..., object]) -> None:
            trace(name, host, asked)
            gevent.spawn(callback, *answer)

        client = gnet.connect({"port": port, "host": "somewhere", "lookup": lookup, **options})
        side.watch(client, *EVENTS)
        client.on("lookup", side.noting("lookup"))
        client.on(
            "connect",
            lambda: side.note("attempted", client.auto_select_family_attempted_addresses),
        )
        client.resume()
        client.on("close", lambda _had_error: next_case())

    next_case()


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
