"""on_read: data goes into one buffer and a callback, in place of 'data'."""

from collections.abc import Callable
from typing import Any

from _sides import Side, listen_locally

import gnet

EVENTS = [
    *["connect", "ready", "pause", "resume", "end", "finish"],
    *["error", "close"],
]
Then = Callable[[], object]


def on_connection(socket: gnet.Socket) -> None:
    socket.on("error", lambda _err: None)
    socket.end("hello world")


def text(count: int, buffer: bytearray) -> str:
    return buffer[:count].decode()


def nothing(*_: object) -> None:
    """Do nothing."""


def on_port(port: int) -> None:
    def run(
        name: str,
        on_read: Callable[[Side, Callable[[], gnet.Socket]], Any],
        then: Then,
        use: Callable[[gnet.Socket, Side], object] = nothing,
    ) -> None:
        side = Side(name)
        options = {"port": port, "host": "127.0.0.1", "onread": on_read(side, lambda: client)}
        client = gnet.connect(options)
        side.watch(client, *EVENTS)

        def note() -> None:
            side.note(
                "state",
                *[client.bytes_read, client.readable_length],
                *[client.is_paused(), client.destroyed],
            )

        def on_close(_had_error: bool) -> None:
            note()
            then()

        client.on("end", note)
        client.on("close", on_close)
        use(client, side)

    def whole(then: Then) -> None:
        buffer = bytearray(4)

        def on_read(side: Side, _client: object) -> dict[str, Any]:
            def callback(count: int, used: bytearray) -> None:
                side.note("received", count, text(count, used), used is buffer)

            return {"buffer": buffer, "callback": callback}

        run("one buffer", on_read, then)

    def generated(then: Then) -> None:
        def on_read(side: Side, _client: object) -> dict[str, Any]:
            made: list[int] = []

            def buffer() -> bytearray:
                made.append(1)
                side.note("made", len(made))
                return bytearray(len(made))

            def callback(count: int, used: bytearray) -> None:
                side.note("received", count, text(count, used), len(used))

            return {"buffer": buffer, "callback": callback}

        run("a function", on_read, then)

    def encoded(then: Then) -> None:
        def on_read(side: Side, _client: object) -> dict[str, Any]:
            def callback(count: int, used: bytearray) -> None:
                side.note("received", count, text(count, used))

            return {"buffer": bytearray(50), "callback": callback}

        run("with an encoding", on_read, then, lambda client, _: client.set_encoding("utf8"))

    def destroyed(then: Then) -> None:
        def on_read(side: Side, client: Callable[[], gnet.Socket]) -> dict[str, Any]:
            def callback(count: int, used: bytearray) -> None:
                side.note("received", count, text(count, used))
                client().destroy()

            return {"buffer": bytearray(5), "callback": callback}

        run("destroyed inside", on_read, then)

    def empty(then: Then) -> None:
        def on_read(side: Side, _client: object) -> dict[str, Any]:
            return {
                "buffer": bytearray(0),
                "callback": lambda count, _: side.note("received", count),
            }

        run("no room", on_read, then)

    def ignored(then: Then) -> None:
        def use(client: gnet.Socket, side: Side) -> None:
            client.on("data", side.noting("data"))

        run("no callback", lambda *_: {"buffer": bytearray(5)}, then, use)

    def last() -> None:
        ignored(lambda: server.close())

    whole(lambda: generated(lambda: encoded(lambda: destroyed(lambda: empty(last)))))


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
