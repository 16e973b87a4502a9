"""A socket that never was connected: end(), write() and destroy() on it."""

from collections.abc import Callable

from _sides import Side

import gnet

EVENTS = ["prefinish", "finish", "end", "error", "close"]
Note = Callable[[str], Callable[..., None]]


def three_writes(socket: gnet.Socket, note: Note) -> None:
    note("returned")(
        socket.write("one", note("first")),
        socket.write("two", note("second")),
        socket.write("three", note("third")),
    )


def write_destroy(socket: gnet.Socket, note: Note) -> None:
    socket.write("data", note("callback"))
    socket.destroy()


cases: list[tuple[str, Callable[[gnet.Socket, Note], object]]] = [
    ("end", lambda socket, note: socket.end()),
    ("end with callback", lambda socket, note: socket.end(note("callback"))),
    ("end with data", lambda socket, note: socket.end("data", note("callback"))),
    ("write", lambda socket, note: note("returned")(socket.write("data", note("callback")))),
    ("three writes", three_writes),
    ("write, destroy", write_destroy),
    ("destroy", lambda socket, note: note("returned")(socket.destroy() is socket)),
    ("destroy with error", lambda socket, note: socket.destroy(Exception("mine"))),
    (
        "destroy twice",
        lambda socket, note: socket.destroy(Exception("first")).destroy(Exception("second")),
    ),
    ("destroy, end", lambda socket, note: socket.destroy().end(note("callback"))),
    (
        "destroy, write",
        lambda socket, note: note("returned")(socket.destroy().write("data", note("callback"))),
    ),
    ("pause, end", lambda socket, note: socket.pause().end()),
    ("resume, end", lambda socket, note: socket.resume().end()),
]


def run(name: str, act: Callable[[gnet.Socket, Note], object]) -> None:
    side = Side(name)
    socket = gnet.Socket()

    def state(label: str) -> None:
        side.note(
            label,
            socket.ready_state,
            socket.destroyed,
            socket.pending,
            socket.connecting,
            socket.writable_length,
            socket.bytes_read,
            socket.bytes_written,
        )

    def listen(event: str) -> None:
        def listener(*args: object) -> None:
            side.note(event, *args)
            state(f"in {event}")

        socket.on(event, listener)

    state("new")
    for event in EVENTS:
        listen(event)
    act(socket, side.noting)
    state("after")


for case in cases:
    run(*case)
gnet.run()
