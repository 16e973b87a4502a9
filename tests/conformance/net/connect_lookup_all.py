"""A resolver of the caller's that is asked for all addresses: what it may answer, what is tried."""

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


def on_connection(socket: gnet.Socket) -> None:
    socket.end()


def addresses(*found: str) -> list[Any]:
    return [{"address": address, "family": gnet.is_ip(address)} for address in found]


several = addresses("127.0.0.9", "127.0.0.9", "127.0.0.8", "::1", "127.0.0.1")
some_bad = [{"address": "x", "family": 4}, *addresses("127.0.0.1"), {}]


def on_port(port: int) -> None:
    cases: list[tuple[str, dict[str, Any], list[Any]]] = [
        ("one", {}, [None, addresses("127.0.0.1")]),
        ("one, with a local port", {"localPort": 0, "family": 0}, [None, addresses("127.0.0.1")]),
        ("odd family", {"family": 7}, [None, addresses("127.0.0.1")]),
        ("selecting", {"autoSelectFamily": True}, [None, addresses("127.0.0.1")]),
        ("several", {}, [None, several]),
        ("first of several", {}, [None, addresses("127.0.0.1", "127.0.0.9")]),
        ("all refused", {}, [None, addresses("127.0.0.9", "::1")]),
        ("some bad", {}, [None, some_bad]),
        ("bad family", {}, [None, [{"address": "127.0.0.1", "family": 5}]]),
        ("bad address", {}, [None, [{"address": "x", "family": 4}]]),
        ("bad both", {}, [None, [{"address": 5, "family": "6"}]]),
        ("an error", {}, [Exception("no such host")]),
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

        def on_close(_had_error: bool) -> None:
            side.note("attempted", client.auto_select_family_attempted_addresses)
            next_case()

        client = gnet.connect({"port": port, "host": "somewhere", "lookup": lookup, **options})
        side.watch(client, *EVENTS)
        client.on("lookup", side.noting("lookup"))
        client.on("error", lambda err: side.note("errors", getattr(err, "errors", None)))
        client.resume()
        client.on("close", on_close)

    next_case()


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
