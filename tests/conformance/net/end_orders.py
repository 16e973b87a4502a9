"""Who ends first decides the order of 'end', 'finish' and 'close' on each side."""

from collections.abc import Callable
from typing import Any

from _sides import Side, listen_locally

import gnet

EVENTS = ["prefinish", "finish", "end", "error", "close"]
Act = Callable[[gnet.Socket], object]


def end(socket: gnet.Socket) -> None:
    socket.end()


def bye(socket: gnet.Socket) -> None:
    socket.end("bye")


def late(socket: gnet.Socket) -> None:
    socket.end("late")


def late_answer(socket: gnet.Socket) -> None:
    socket.write("late ")
    socket.end("answer")


#: What either side does when it is connected, and when it has heard the other's end.
cases: list[tuple[str, dict[str, Any]]] = [
    ("client first", {"client": end}),
    ("server first", {"server": end}),
    ("both", {"client": end, "server": end}),
    ("client first, with data", {"client": bye}),
    ("client half-open", {"open": ["client"], "server": bye, "client_end": late}),
    ("server half-open", {"open": ["server"], "client": bye, "server_end": late}),
    (
        "both half-open",
        {"open": ["client", "server"], "client": bye, "server_end": late_answer},
    ),
    ("half-open, client first", {"open": ["client"], "client": end}),
]


def set_up(side: Side, socket: gnet.Socket, start: Act | None, heard: Act | None) -> None:
    def state(label: str) -> None:
        side.note(
            label,
            socket.ready_state,
            socket.readable,
            socket.writable,
            socket.readable_ended,
            socket.writable_ended,
            socket.writable_finished,
            socket.destroyed,
        )

    text: list[bytes] = []

    def on_end() -> None:
        side.note("text", b"".join(text).decode())
        if heard:
            heard(socket)
        state("after end")

    socket.on("data", text.append)
    side.watch(socket, *EVENTS)
    socket.on("end", on_end)
    socket.on("finish", lambda: state("after finish"))
    socket.on("close", lambda _had_error: state("after close"))
    if start:
        start(socket)
    state("started")


def run() -> None:
    if not cases:
        return
    name, case = cases.pop(0)
    half_open = case.get("open", [])
    asking = Side(f"{name}, client")
    serving = Side(f"{name}, server")

    def on_connection(socket: gnet.Socket) -> None:
        listening.close()
        set_up(serving, socket, case.get("server"), case.get("server_end"))

    def on_port(port: int) -> None:
        options = {"port": port, "host": "127.0.0.1", "allowHalfOpen": "client" in half_open}
        socket = gnet.connect(options)

        def on_connect() -> None:
            set_up(asking, socket, case.get("client"), case.get("client_end"))

        socket.on("connect", on_connect)

    listening = gnet.create_server({"allowHalfOpen": "server" in half_open}, on_connection)
    listening.on("close", run)
    listen_locally(listening, on_port)


run()
gnet.run()
