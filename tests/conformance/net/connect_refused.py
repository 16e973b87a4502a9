"""Where nobody listens: 'error' says what and where, 'close' that there was one."""

from collections.abc import Callable
from typing import Any

from _sides import free_port
from conformance_trace import trace

import gnet

EVENTS = [
    "lookup",
    "connectionAttempt",
    "connectionAttemptFailed",
    "connect",
    "ready",
    "end",
    "finish",
]


def connect(options: dict[str, Any], then: Callable[[], object]) -> None:
    client = gnet.connect(options)
    for event in EVENTS:
        client.on(event, lambda *args, event=event: trace(event, *args))

    def state(label: str) -> None:
        trace(
            label,
            client.connecting,
            client.pending,
            client.readyState,
            client.destroyed,
            client.writable,
            client.readable,
        )

    def on_error(err: BaseException) -> None:
        trace("error", err, client.errored is err)
        state("in error")

    def on_close(had_error: bool) -> None:
        trace("close", had_error)
        state("in close")
        then()

    state("at once")
    client.on("error", on_error)
    client.on("close", on_close)


def on_port(port: int) -> None:
    def second() -> None:
        connect({"port": port, "host": "::1"}, third)

    def third() -> None:
        connect({"port": 1, "host": "no-such-host.invalid"}, fourth)

    def fourth() -> None:
        connect({"port": port, "host": "localhost", "family": 4}, lambda: trace("done"))

    connect({"port": port, "host": "127.0.0.1"}, second)


free_port(on_port)
gnet.run()
