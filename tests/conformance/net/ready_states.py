"""ready_state and its relatives through the life of either side."""

from collections.abc import Callable

from _sides import Side, listen_locally

import gnet

asking = Side("client")
serving = Side("server")


def stater(side: Side, socket: gnet.Socket) -> Callable[[str], None]:
    def state(label: str) -> None:
        side.note(
            label,
            socket.ready_state,
            socket.connecting,
            socket.pending,
            socket.destroyed,
            socket.readable,
            socket.writable,
            socket.readable_ended,
            socket.writable_ended,
            socket.writable_finished,
            socket.readable_flowing,
            socket.errored,
        )

    return state


def on_connection(socket: gnet.Socket) -> None:
    server.close()
    state = stater(serving, socket)
    state("connection")

    def on_data(_data: bytes) -> None:
        state("data")
        socket.write("k")

    def on_end() -> None:
        socket.end()
        state("ended")

    socket.on("data", on_data)
    for event in ["end", "finish", "close"]:
        socket.on(event, lambda *_args, event=event: state(event))
    socket.on("end", on_end)


def on_port(port: int) -> None:
    client = gnet.Socket({"allowHalfOpen": True})
    state = stater(asking, client)

    def on_connect() -> None:
        client.write("x")
        state("written")

    def on_data(_data: bytes) -> None:
        client.end()
        state("ended")

    state("new")
    client.connect(port, "127.0.0.1")
    state("connecting")
    for event in ["connect", "ready", "data", "end", "finish", "close"]:
        client.on(event, lambda *_args, event=event: state(event))
    client.on("connect", on_connect)
    client.once("data", on_data)


server = gnet.create_server({"allowHalfOpen": True}, on_connection)
listen_locally(server, on_port)
gnet.run()
