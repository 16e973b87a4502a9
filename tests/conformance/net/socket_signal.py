"""A signal that fires destroys the socket with an AbortError, whatever it is doing."""

from collections.abc import Callable
from typing import Any

from _sides import Side, attempt, listen_locally

import gnet

EVENTS = ["connectionAttempt", "connect", "ready", "end", "finish", "error", "close"]
Abort = Callable[..., object]
When = Callable[[gnet.Socket, Abort], object]


class Object:
    """No signal."""


def on_connection(socket: gnet.Socket) -> None:
    socket.on("error", lambda _err: None)
    socket.resume()


def run(name: str, options: dict[str, Any], when: When, then: Callable[[], object]) -> None:
    side = Side(name)
    controller = gnet.AbortController()
    socket = gnet.Socket({**options, "signal": controller.signal})
    side.watch(socket, *EVENTS)

    def abort(*reason: object) -> None:
        controller.abort(*reason)
        side.note("aborted", socket.destroyed, socket.connecting, socket.ready_state)
        side.note("errored", socket.errored)

    def on_error(err: Any) -> None:
        side.note("cause", isinstance(err.cause, Exception) or err.cause)

    def on_close(*_had_error: bool) -> None:
        controller.abort("too late")
        then()

    socket.on("error", on_error)
    socket.on("close", on_close)
    when(socket, abort)


def on_port(port: int) -> None:
    def connecting(socket: gnet.Socket, abort: Abort) -> None:
        socket.connect(port, "127.0.0.1")
        abort("enough")

    def connected(socket: gnet.Socket, abort: Abort) -> None:
        socket.connect(port, "127.0.0.1", lambda: abort(Exception("why")))

    def ended(socket: gnet.Socket, abort: Abort) -> None:
        socket.connect(port, "127.0.0.1", lambda: socket.end())
        socket.on("finish", lambda: abort(5))

    def destroyed(socket: gnet.Socket, abort: Abort) -> None:
        def on_connect() -> None:
            socket.destroy()
            abort()

        socket.connect(port, "127.0.0.1", on_connect)

    def with_timeout(socket: gnet.Socket, abort: Abort) -> None:
        socket.set_timeout(50000)
        socket.connect(port, "127.0.0.1", lambda: abort())

    cases: list[tuple[str, dict[str, Any], When]] = [
        ("unconnected", {}, lambda _socket, abort: abort()),
        ("connecting", {}, connecting),
        ("connected", {}, connected),
        ("ended", {"allowHalfOpen": True}, ended),
        ("destroyed", {}, destroyed),
        ("with a time-out", {}, with_timeout),
    ]
    bad: list[Any] = [5, "x", Object()]

    def next_case() -> None:
        if cases:
            run(*cases.pop(0), next_case)
            return
        for signal in bad:
            attempt("bad", gnet.connect, {"port": port, "host": "127.0.0.1", "signal": signal})
        server.close()

    next_case()


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
