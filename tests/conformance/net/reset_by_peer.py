"""A reset by the peer: 'error' ECONNRESET, then 'close'(True), whoever reads or waits for what."""

from collections.abc import Callable
from typing import Any

from _sides import Side, resetting_peer

import gnet

EVENTS = ["connect", "end", "finish", "drain", "timeout", "error", "close"]
Note = Callable[[str], Callable[..., None]]
cases: list[tuple[str, Callable[[gnet.Socket, Note], object], dict[str, Any]]] = [
    ("flowing", lambda client, note: client.resume(), {}),
    ("data listener", lambda client, note: client.on("data", note("data")), {}),
    ("nobody reads", lambda client, note: None, {}),
    ("half-open", lambda client, note: client.resume(), {"allowHalfOpen": True}),
    ("ending", lambda client, note: client.resume().end(note("end callback")), {}),
    ("encoding", lambda client, note: client.setEncoding("utf8").resume(), {}),
]


def run() -> None:
    if not cases:
        return
    name, act, options = cases.pop(0)
    side = Side(name)

    def on_port(port: int) -> None:
        client = gnet.connect({"port": port, "host": "127.0.0.1", **options})
        side.watch(client, *EVENTS)

        def on_error(_err: BaseException) -> None:
            side.note(
                "in error",
                client.destroyed,
                client.readyState,
                client.bytesRead,
                client.bytesWritten,
            )

        def on_ready() -> None:
            client.write("x", side.noting("callback"))
            act(client, side.noting)

        client.on("error", on_error)
        client.on("close", lambda _had_error: run())
        client.on("ready", on_ready)

    resetting_peer(on_port)


run()
gnet.run()
