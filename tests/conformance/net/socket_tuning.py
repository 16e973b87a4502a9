"""Socket options before, during and after a connection: what they answer and refuse."""

import math
from collections.abc import Callable
from typing import Any

from _sides import Side, listen_locally

import gnet


class Widget:
    """No number."""


bad: list[Any] = [-1, 256, 1.5, math.nan, math.inf, 2**40, "x", None, True, Widget()]
forms: list[list[Any]] = [
    *[[], [True], [False], [None], [True, 2000], [True, 2999.9], [True, -5000], [True, "x"]],
    *[[True, 2000, 3000], [True, 2000, 3000, 4], [True, 2000, -1, -1], [True, 2000, 1000, 1e6]],
    *[[True, 2000, "x", "y"], [True, 1e15, 1e15, 2**40], [True, math.nan, math.inf, 1.5]],
    *[[{}], [{"enable": True}]],
    [{"enable": True, "initialDelay": 5000, "interval": 2000, "count": 3}],
    *[[{"enable": False, "initialDelay": 5000}], [{"enable": True, "count": None}]],
]


def tune(side: Side, socket: Any) -> None:
    def attempt(what: str, fn: Callable[[], object]) -> None:
        try:
            side.note(what, fn())
        except Exception as err:
            side.note(what, "threw", err)

    for arguments in [[], [True], [False], [None], [0], ["x"]]:
        attempt("no delay", lambda arguments=arguments: socket.setNoDelay(*arguments) is socket)
    attempt("no delay", lambda: socket.setNoDelay() is socket)
    for form in forms:
        attempt("keep-alive", lambda form=form: socket.setKeepAlive(*form) is socket)
    side.note("type of service", socket.getTypeOfService())
    for tos in bad:
        attempt("type of service", lambda tos=tos: socket.setTypeOfService(tos))
    side.note("type of service", socket.getTypeOfService())
    for tos in [16, 3, 255, 8, 8]:
        attempt("type of service", lambda tos=tos: socket.setTypeOfService(tos) is socket)
        side.note("type of service", socket.getTypeOfService())


def on_connection(socket: gnet.Socket) -> None:
    tune(accepted, socket)
    socket.end()


def on_port(port: int) -> None:
    socket = gnet.Socket()
    tune(fresh, socket)

    def on_connect() -> None:
        tune(connected, socket)
        socket.resume()

    def on_close(_had_error: bool) -> None:
        tune(closed, socket)
        server.close()

    socket.connect(port, "127.0.0.1", on_connect)
    socket.on("close", on_close)


fresh, connected, accepted, closed = map(Side, ["new", "connected", "accepted", "closed"])
server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
