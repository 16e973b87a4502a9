"""destroy_soon(): end, and be destroyed when all writes are out."""

from collections.abc import Callable

from _sides import Side, listen_locally

import gnet

EVENTS = ["connect", "ready", "prefinish", "finish", "end", "error", "close"]
Note = Callable[[str], object]


def on_connection(socket: gnet.Socket) -> None:
    socket.on("error", lambda _err: None)
    socket.on("end", lambda: socket.end())
    socket.resume()


def run(name: str, make: Callable[[Note], gnet.Socket], then: Callable[[], object]) -> None:
    side = Side(name)

    def note(label: str) -> None:
        side.note(label, socket.destroyed, socket.writable_ended, socket.writable_finished)

    def on_close(*_had_error: bool) -> None:
        note("closed")
        socket.destroy_soon()
        note("once more")
        then()

    socket = make(note)
    side.watch(socket, *EVENTS)
    socket.on("close", on_close)


def on_port(port: int) -> None:
    def connect() -> gnet.Socket:
        return gnet.connect(port, "127.0.0.1")

    def unconnected(note: Note) -> gnet.Socket:
        socket = gnet.Socket()
        socket.on("finish", lambda: note("in finish"))
        socket.destroy_soon()
        return socket

    def connecting(note: Note) -> gnet.Socket:
        socket = connect()
        socket.write("early", lambda _err: note("written"))
        socket.destroy_soon()
        return socket

    def connected(note: Note) -> gnet.Socket:
        socket = connect()

        def on_connect() -> None:
            socket.write("some", lambda _err: note("written"))
            socket.destroy_soon()
            note("after destroySoon")

        socket.on("connect", on_connect)
        return socket

    def ended(_note: Note) -> gnet.Socket:
        socket = connect()

        def on_connect() -> None:
            socket.end("last")
            socket.destroy_soon()

        socket.on("connect", on_connect)
        return socket

    def finished(note: Note) -> gnet.Socket:
        socket = connect()

        def on_finish() -> None:
            note("finish")
            socket.destroy_soon()
            note("after destroySoon")

        socket.on("finish", on_finish)
        socket.end("last")
        return socket

    cases: list[tuple[str, Callable[[Note], gnet.Socket]]] = [
        ("unconnected", unconnected),
        ("connecting", connecting),
        ("connected", connected),
        ("ended", ended),
        ("finished", finished),
    ]

    def next_case() -> None:
        if cases:
            run(*cases.pop(0), next_case)
        else:
            server.close()

    next_case()


server = gnet.create_server({"allowHalfOpen": True}, on_connection)
listen_locally(server, on_port)
gnet.run()
