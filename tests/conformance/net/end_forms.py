"""end(): with data, encoding and callback, twice, before the connection is up and after."""

from collections.abc import Callable
from typing import Any

from _sides import Side, listen_locally

import gnet

EVENTS = ["connect", "ready", "finish", "end", "error", "close"]
Note = Callable[[str], Callable[..., None]]


def serve(then: Callable[[bytes], object]) -> gnet.Server:
    received: list[bytes] = []

    def on_connection(socket: gnet.Socket) -> None:
        server.close()
        socket.on("data", received.append)
        socket.on("error", lambda _err: None)

    server = gnet.createServer(on_connection)
    server.once("close", lambda: then(b"".join(received)))
    return server


def write_then_end(client: gnet.Socket, note: Note) -> None:
    client.write("write ", note("write"))
    client.end("end", note("end"))


def end_then_write(client: gnet.Socket, note: Note) -> None:
    client.end(note("end"))
    note("returned")(client.write("late", note("write")))


def end_then_write_silently(client: gnet.Socket, note: Note) -> None:
    client.end("in time")
    note("returned")(client.write("late"))


def end_then_destroy(client: gnet.Socket, note: Note) -> None:
    client.end(note("end"))
    client.destroy()
    client.end(note("after destroy"))


Case = tuple[str, Callable[[gnet.Socket, Note], object]]
cases: list[Case] = [
    ("nothing", lambda client, note: client.end()),
    ("data", lambda client, note: client.end("data")),
    ("encoding", lambda client, note: client.end("ZGF0YQ==", "base64")),
    ("bytes and callback", lambda client, note: client.end(b"data", note("callback"))),
    ("encoding and callback", lambda client, note: client.end("64", "hex", note("callback"))),
    ("callback", lambda client, note: client.end(note("callback"))),
    ("empty", lambda client, note: client.end("", note("callback"))),
    ("twice", lambda client, note: client.end(note("first")).end(note("second"))),
    (
        "twice with data",
        lambda client, note: client.end("one", note("first")).end("two", note("second")),
    ),
    ("write, end", write_then_end),
    ("end, write", end_then_write),
    ("end, write without callback", end_then_write_silently),
    ("end, destroy", end_then_destroy),
]


def run(moment: str, left: list[Case], done: Callable[[], object]) -> None:
    if not left:
        done()
        return
    (name, act), *rest = left
    side = Side(f"{moment}, {name}")

    def then(received: bytes) -> None:
        side.note("received", received)
        run(moment, rest, done)

    server = serve(then)

    def on_port(port: int) -> None:
        client: Any = gnet.connect(port, "127.0.0.1")
        client.resume()
        side.watch(client, *EVENTS)

        def start() -> None:
            act(client, side.noting)
            side.note("state", client.writable, client.writableEnded, client.writableLength)

        if moment == "before":
            start()
            # Some of these never connect; the server then goes with the client.
            client.on("close", lambda _had_error: server.listening and server.close())
        else:
            client.on("ready", start)

    listen_locally(server, on_port)


def before() -> None:
    run("before", [case for case in cases if case[0] != "end, destroy"], lambda: None)


run("connected", cases, before)
gnet.run()
