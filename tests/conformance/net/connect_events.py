"""What a connecting socket emits, and with which arguments: to an address, to a name."""

from collections.abc import Callable
from typing import Any

from _sides import Side, listen_locally
from conformance_trace import trace

import gnet

EVENTS = [
    "lookup",
    "connectionAttempt",
    "connectionAttemptFailed",
    "connectionAttemptTimeout",
    "connect",
    "ready",
    "data",
    "end",
    "finish",
    "error",
    "close",
]


def on_connection(socket: gnet.Socket) -> None:
    socket.end()


server = gnet.createServer(on_connection)


def connect(name: str, args: list[Any], then: Callable[[], object]) -> None:
    side = Side(name)
    client = gnet.Socket()

    def state(label: str) -> None:
        side.note(label, client.connecting, client.pending, client.readyState)

    def on_connect() -> None:
        state("connected")
        side.note("remote", client.remoteAddress, client.remotePort, client.remoteFamily)
        side.note("attempted", client.auto_select_family_attempted_addresses)

    def on_close(_had_error: bool) -> None:
        state("closed")
        then()

    state("before")
    side.watch(client, *EVENTS)
    client.on("connect", on_connect)
    client.on("close", on_close)
    result = client.connect(*args, lambda: side.note("callback"))
    side.note("returns", result is client)
    state("after")
    client.on("connect", lambda: side.note("last listener"))


def on_listening(port: int) -> None:
    def by_name() -> None:
        connect("name", [{"port": port, "host": "localhost", "family": 4}], by_string)

    def by_string() -> None:
        connect("string port", [str(port), "127.0.0.1"], done)

    def done() -> None:
        trace("listening", server.listening)
        server.close()

    connect("address", [port, "127.0.0.1"], by_name)


listen_locally(server, on_listening)
gnet.run()
