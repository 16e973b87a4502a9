"""Sockets made without one of their sides."""

from collections.abc import Callable
from typing import Any

from _sides import Side, listen_locally

import gnet

EVENTS = ["connect", "ready", "prefinish", "finish", "end", "error", "close"]
When = Callable[[gnet.Socket, Side], object]


def on_connection(socket: gnet.Socket) -> None:
    side = Side("peer")

    def on_end() -> None:
        side.note("end")
        socket.end()

    socket.on("error", lambda _err: None)
    socket.on("data", lambda data: side.note("data", data.decode()))
    socket.on("end", on_end)


def on_port(port: int) -> None:
    def run(name: str, options: dict[str, Any], when: When, then: Callable[[], object]) -> None:
        side = Side(name)
        socket = gnet.Socket(options)
        side.watch(socket, *EVENTS)

        def note(label: str) -> None:
            side.note(
                label,
                *[socket.readable, socket.writable, socket.ready_state],
                *[socket.readable_ended, socket.writable_ended],
                *[socket.writable_finished, socket.destroyed],
                socket.readable_aborted,
            )

        def on_connect() -> None:
            note("connect")
            when(socket, side)
            note("used")

        def on_close(_had_error: bool) -> None:
            note("closed")
            then()

        note("new")
        socket.connect(port, "127.0.0.1", on_connect)
        note("connecting")
        socket.on("close", on_close)

    def write_only(socket: gnet.Socket, _side: Side) -> None:
        socket.end("hello")

    def read_only(socket: gnet.Socket, side: Side) -> None:
        side.note("write", socket.write("x", side.noting("callback")))

    def neither(socket: gnet.Socket, _side: Side) -> None:
        socket.destroy()

    def third() -> None:
        run("neither", {"readable": False, "writable": False}, neither, lambda: server.close())

    def second() -> None:
        run("read only", {"writable": False}, read_only, third)

    run("write only", {"readable": False}, write_only, second)


server = gnet.create_server({"allowHalfOpen": True}, on_connection)
listen_locally(server, on_port)
gnet.run()
