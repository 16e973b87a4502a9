"""Counters stay after the close; the peer's address stays if it was asked for before."""

from collections.abc import Callable
from typing import Any

from _sides import Side, listen_locally

import gnet


def run(name: str, ask: bool, then: Callable[[], object]) -> None:
    side = Side(name)

    def on_connection(socket: gnet.Socket) -> None:
        server.close()
        socket.on("data", lambda data: socket.end(b"got " + data))

    def on_port(port: int) -> None:
        client: Any = gnet.connect(port, "127.0.0.1")

        def state(label: str) -> None:
            side.note(
                label,
                client.bytesRead,
                client.bytesWritten,
                client.readyState,
                client.pending,
                client.connecting,
                client.destroyed,
                client.readable,
                client.writable,
            )

        def names(label: str) -> None:
            side.note(
                label,
                client.remoteAddress,
                client.remotePort,
                client.remoteFamily,
                client.localAddress,
                client.localFamily,
                client.localPort is None,
            )
            side.note(f"{label} address", sorted(client.address().keys()))

        def on_connect() -> None:
            state("connected")
            if ask:
                names("connected")
            client.write("hällo")
            state("written")

        def on_data(data: bytes) -> None:
            side.note("data", data)
            state("data")

        def on_event(event: str) -> None:
            state(event)
            if ask:
                names(event)

        def on_close(_had_error: bool) -> None:
            if not ask:
                names("asked too late")
            client.destroy()
            state("destroyed again")
            then()

        state("connecting")
        if ask:
            names("connecting")
        client.on("connect", on_connect)
        client.on("data", on_data)
        for event in ["end", "finish", "close"]:
            client.on(event, lambda *_args, event=event: on_event(event))
        client.on("close", on_close)

    server = gnet.createServer(on_connection)
    listen_locally(server, on_port)


run("asked", True, lambda: run("never asked", False, lambda: None))
gnet.run()
