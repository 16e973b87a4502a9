"""To 'localhost', the host when none is given, the addresses are tried until one takes it."""

from collections.abc import Callable
from typing import Any

from _sides import Side
from conformance_trace import port_label, trace

import gnet

EVENTS = [
    "lookup",
    "connectionAttempt",
    "connectionAttemptFailed",
    "connectionAttemptTimeout",
    "connect",
    "ready",
    "end",
    "finish",
    "error",
    "close",
]


def on_connection(socket: gnet.Socket) -> None:
    socket.end()


def connect(name: str, args: list[Any], then: Callable[[], object]) -> None:
    side = Side(name)
    client = gnet.connect(*args)
    side.watch(client, *EVENTS)

    def on_ready() -> None:
        side.note("remote", client.remote_address, client.remote_family)
        side.note("attempted", client.auto_select_family_attempted_addresses)

    client.on("ready", on_ready)
    client.on("close", lambda _had_error: then())


def on_listening() -> None:
    address: Any = server.address()
    port_label(address.port)

    def done() -> None:
        trace("done")
        server.close()

    def by_options() -> None:
        connect("options", [{"port": address.port}], done)

    def by_name() -> None:
        connect("localhost", [address.port, "localhost"], by_options)

    connect("no host", [address.port], by_name)


server = gnet.create_server(on_connection)
server.listen(0, on_listening)
gnet.run()
