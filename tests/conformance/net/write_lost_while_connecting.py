"""Writes that never get out because the socket dies while connecting: what each callback gets."""

from collections.abc import Callable

from _sides import free_port, listen_locally
from conformance_trace import trace

import gnet

EVENTS = ["connect", "ready", "drain", "finish", "end", "error", "close"]
Act = Callable[[gnet.Socket], object]


def on_connection(socket: gnet.Socket) -> None:
    socket.destroy()


server = gnet.create_server(on_connection)


def run(name: str, port: int, writes: int, then: Callable[[], object], act: Act) -> None:
    client = gnet.connect(port, "127.0.0.1")

    def on_close(_had_error: bool) -> None:
        trace(f"{name} left", client.writable_length, client.bytes_written)
        then()

    for event in EVENTS:
        client.on(event, lambda *args, event=event: trace(f"{name} {event}", *args))
    for i in range(1, writes + 1):
        result = client.write(f"chunk {i}", lambda *args, i=i: trace(f"{name} callback {i}", *args))
        trace(f"{name} write", result, client.writable_length)
    act(client)
    client.on("close", on_close)


def nothing(_client: gnet.Socket) -> None:
    pass


def destroy(client: gnet.Socket) -> None:
    client.destroy()


def fail(client: gnet.Socket) -> None:
    client.destroy(Exception("given up"))


def end(client: gnet.Socket) -> None:
    client.end(lambda *args: trace("end callback", *args))


def end_and_destroy(client: gnet.Socket) -> None:
    end(client)
    client.destroy()


def steps(port: int, free: int) -> list[tuple[str, int, int, Act]]:
    return [
        ("destroy, 0 writes", port, 0, destroy),
        ("destroy, 1 write", port, 1, destroy),
        ("destroy, 3 writes", port, 3, destroy),
        ("destroy with error, 1 write", port, 1, fail),
        ("destroy with error, 3 writes", port, 3, fail),
        ("end and destroy, 0 writes", port, 0, end_and_destroy),
        ("end and destroy, 2 writes", port, 2, end_and_destroy),
        ("refused, 1 write", free, 1, nothing),
        ("refused, 3 writes", free, 3, nothing),
        ("refused, end, 0 writes", free, 0, end),
        ("refused, end, 2 writes", free, 2, end),
    ]


def on_free(free: int) -> None:
    def on_listening(port: int) -> None:
        left = steps(port, free)

        def following() -> None:
            if not left:
                server.close()
                return
            name, where, writes, act = left.pop(0)
            run(name, where, writes, following, act)

        following()

    listen_locally(server, on_listening)


free_port(on_free)
gnet.run()
