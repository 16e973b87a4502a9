"""block_list: addresses that a socket does not connect to."""

from collections.abc import Callable
from typing import Any

import gevent
from _sides import Side, listen_locally

import gnet

EVENTS = [
    *["lookup", "connectionAttempt", "connectionAttemptFailed", "connect", "ready", "end"],
    *["error", "close"],
]
block_list = gnet.BlockList()
block_list.add_subnet("127.0.0.8", 30)
block_list.add_address("::1", "ipv6")


def on_connection(socket: gnet.Socket) -> None:
    socket.end()


def lookup(*addresses: str) -> Callable[..., None]:
    found = [{"address": address, "family": gnet.is_ip(address)} for address in addresses]

    def look_up(_host: str, _options: dict[str, Any], callback: Callable[..., object]) -> None:
        gevent.spawn(callback, None, found)

    return look_up


def on_port(port: int) -> None:
    some, every = lookup("127.0.0.9", "::1", "127.0.0.1"), lookup("127.0.0.9", "::1")
    cases: list[tuple[str, dict[str, Any]]] = [
        ("free", {"host": "127.0.0.1"}),
        ("blocked", {"host": "127.0.0.9"}),
        ("blocked IPv6", {"host": "::1"}),
        ("blocked name", {"host": "somewhere", "lookup": lookup("127.0.0.9")}),
        ("some blocked", {"host": "somewhere", "lookup": some}),
        ("all blocked", {"host": "somewhere", "lookup": every}),
    ]

    def next_case() -> None:
        if not cases:
            server.close()
            return
        name, options = cases.pop(0)
        side = Side(name)

        def on_close(_had_error: bool) -> None:
            side.note("attempted", client.auto_select_family_attempted_addresses)
            next_case()

        client = gnet.connect({"port": port, "blockList": block_list, **options})
        side.watch(client, *EVENTS)
        client.on("error", lambda err: side.note("errors", getattr(err, "errors", None)))
        client.resume()
        client.on("close", on_close)

    next_case()


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
