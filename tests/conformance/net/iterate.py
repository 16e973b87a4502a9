"""A loop over a socket brings all that arrives; how it is left decides what becomes of it."""

from collections.abc import Callable
from typing import Any

import gevent
from _sides import Side, listen_locally, resetting_peer
from gevent.event import Event

import gnet

EVENTS = ["end", "finish", "error", "close"]
Loop = Callable[[Any, Side], object]


def serve(act: Callable[[gnet.Socket], object], options: Any, name: str, loop: Loop) -> None:
    side = Side(name)
    looping = Side(f"{name}, loop")
    closed = Event()

    def on_connection(socket: gnet.Socket) -> None:
        server.close()
        socket.on("error", lambda _err: None)
        act(socket)

    def on_port(port: int) -> None:
        client = gnet.connect({"port": port, "host": "127.0.0.1", **options})
        side.watch(client, *EVENTS)
        client.on("ready", lambda: gevent.spawn(loop, client, looping))

    server = gnet.create_server({"allowHalfOpen": True}, on_connection)
    server.on("close", closed.set)
    listen_locally(server, on_port)
    closed.wait()


def words(*given: str) -> Callable[[gnet.Socket], object]:
    """The peer says each word only after an acknowledgement."""
    left = list(given)

    def act(socket: gnet.Socket) -> None:
        socket.write(left.pop(0))

        def on_data(_data: bytes) -> None:
            if left:
                socket.write(left.pop(0))
            else:
                socket.end()

        socket.on("data", on_data)
        socket.on("end", lambda: socket.end())

    return act


def state(side: Side, label: str, socket: gnet.Socket) -> None:
    side.note(
        label,
        socket.destroyed,
        socket.ready_state,
        socket.readable_ended,
        socket.readable_flowing,
    )


def whole(client: Any, side: Side) -> None:
    for chunk in client:
        side.note("chunk", chunk)
        client.write("k")
    side.note("over")


def text(client: Any, side: Side) -> None:
    client.set_encoding("utf8")
    whole(client, side)


def leave(client: Any, side: Side) -> None:
    for chunk in client:
        side.note("chunk", chunk)
        break
    state(side, "left", client)


def fail(client: Any, side: Side) -> None:
    try:
        for chunk in client:
            side.note("chunk", chunk)
            raise RuntimeError("in the loop")
    except Exception as err:
        side.note("caught", err)
    state(side, "left", client)


def destroy_with_error(client: Any, side: Side) -> None:
    try:
        for chunk in client:
            side.note("chunk", chunk)
            client.destroy(Exception("destroyed"))
    except Exception as err:
        side.note("caught", err)
    state(side, "left", client)


def destroy(client: Any, side: Side) -> None:
    try:
        for chunk in client:
            side.note("chunk", chunk)
            client.destroy()
        side.note("over")
    except Exception as err:
        side.note("caught", err)
    state(side, "left", client)


def half_open(client: Any, side: Side) -> None:
    for chunk in client:
        side.note("chunk", chunk)
        client.write("k")
    state(side, "over", client)
    client.end("after the loop", lambda _err: side.note("ended"))


def read_all(client: Any, side: Side) -> None:
    try:
        for chunk in client:
            side.note("chunk", chunk)
        side.note("over")
    except Exception as err:
        side.note("caught", err)


def main() -> None:
    serve(words("one", "two", "three"), {}, "whole", whole)
    serve(words("one", "two"), {}, "text", text)
    serve(words("one", "two", "three"), {}, "break", leave)
    serve(words("one", "two"), {}, "throw", fail)
    serve(words("one", "two"), {}, "destroyed with error", destroy_with_error)
    serve(words("one", "two"), {}, "destroyed", destroy)
    serve(words("one"), {"allowHalfOpen": True}, "half-open", half_open)

    def on_peer(port: int) -> None:
        events = Side("reset")
        side = Side("reset, loop")
        client = gnet.connect(port, "127.0.0.1")
        events.watch(client, *EVENTS)
        gnet.once(client, "ready")
        client.write("x")
        read_all(client, side)

    resetting_peer(on_peer)
    events = Side("destroyed before")
    side = Side("destroyed before, loop")
    client = gnet.Socket()
    events.watch(client, *EVENTS)
    client.destroy()
    read_all(client, side)


main()
gnet.run()
