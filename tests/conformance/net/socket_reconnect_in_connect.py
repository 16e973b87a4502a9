"""A 'connect' listener destroys the connection and makes another: each gets what is its own."""

from collections.abc import Callable
from typing import Any

from _sides import Side, listen_locally

import gnet


def on_connection(socket: gnet.Socket) -> None:
    socket.on("error", lambda _err: None)
    socket.resume()


CASES: dict[str, dict[str, Callable[[gnet.Socket, Side], Any]]] = {
    "end of the first": {
        "first": lambda client, side: client.end("bye", lambda err: side.note("end callback", err)),
        "between": lambda _client, _side: None,
        "second": lambda client, _side: client.destroy(),
    },
    "reset of the second": {
        "first": lambda _client, _side: None,
        "between": lambda client, _side: client.reset_and_destroy(),
        "second": lambda _client, _side: None,
    },
}
still_open = len(CASES)


def start(port: int, name: str, steps: dict[str, Callable[[gnet.Socket, Side], Any]]) -> None:
    side = Side(name)
    client = gnet.connect(port, "127.0.0.1")
    connects = closes = 0
    side.watch(client, "connect", "ready", "prefinish", "finish", "end", "error", "close")

    def on_connect() -> None:
        nonlocal connects
        connects += 1
        if connects == 1:
            steps["first"](client, side)
            client.destroy()
            client.connect(port, "127.0.0.1")
            steps["between"](client, side)
        else:
            steps["second"](client, side)

    def on_close(_had_error: bool) -> None:
        nonlocal closes
        global still_open
        closes += 1
        if closes == 2:
            side.note("closed", client.writable_finished, client.ready_state)
            still_open -= 1
            if not still_open:
                server.close()

    client.on("connect", on_connect)
    client.on("close", on_close)


def on_port(port: int) -> None:
    for name, steps in CASES.items():
        start(port, name, steps)


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
