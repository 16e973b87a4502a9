"""An on_read callback that returns False stops reading; resume() goes on, pause() stops as well."""

from collections.abc import Callable
from typing import Any

import gevent
from _sides import Side, listen_locally

import gnet

EVENTS = ["pause", "resume", "end", "finish", "error", "close"]
Answer = Callable[[gnet.Socket, Side], object]


def on_connection(socket: gnet.Socket) -> None:
    socket.end("hello world")


def on_port(port: int) -> None:
    def run(name: str, answer: Answer, then: Callable[[], object]) -> None:
        side = Side(name)

        def callback(count: int, used: bytearray) -> object:
            side.note("received", count, used[:count].decode(), client.is_paused())
            return answer(client, side)

        client = gnet.connect(
            port=port, host="127.0.0.1", on_read={"buffer": bytearray(4), "callback": callback}
        )
        side.watch(client, *EVENTS)
        client.on("close", lambda _had_error: then())

    def later(client: gnet.Socket, side: Side) -> None:
        def resume() -> None:
            gevent.sleep(0)
            side.note("later", client.bytes_read, client.is_paused())
            client.resume()

        gevent.spawn(resume)

    def returns_false(client: gnet.Socket, side: Side) -> bool:
        later(client, side)
        return False

    def pauses(client: gnet.Socket, side: Side) -> None:
        client.pause()
        later(client, side)

    def no_matter(value: Any) -> Answer:
        return lambda _client, _side: value

    def last() -> None:
        run("null", no_matter(None), lambda: run("zero", no_matter(0), lambda: server.close()))

    run("false", returns_false, lambda: run("pause", pauses, last))


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
