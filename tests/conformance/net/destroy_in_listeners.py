"""destroy() inside each listener: what still comes after it, with an error and without."""

from collections.abc import Callable

from _sides import Side, listen_locally

import gnet

EVENTS = [
    "connectionAttempt",
    "connect",
    "ready",
    "drain",
    "timeout",
    "end",
    "prefinish",
    "finish",
    "error",
    "close",
]
Peer = Callable[[gnet.Socket], object]
Case = tuple[str, Peer, BaseException | None]


def talk(socket: gnet.Socket) -> None:
    socket.on("error", lambda _err: None)
    socket.resume()
    socket.end("hello")


def listen(socket: gnet.Socket) -> None:
    socket.on("error", lambda _err: None)
    socket.resume()


#: What the peer does with the connection, so that the event comes.
cases: list[tuple[str, Peer]] = [
    ("connect", listen),
    ("ready", listen),
    ("data", talk),
    ("end", talk),
    ("prefinish", talk),
    ("finish", talk),
    ("close", talk),
    ("timeout", listen),
    ("drain", listen),
]


def run(left: list[Case]) -> None:
    if not left:
        return
    (event, peer, error), *rest = left
    side = Side(f"{event}, {'error' if error else 'none'}")

    def on_connection(socket: gnet.Socket) -> None:
        server.close()
        peer(socket)

    def on_port(port: int) -> None:
        client = gnet.connect(port, "127.0.0.1")
        side.watch(client, *EVENTS)
        if peer is talk:
            client.on("data", side.noting("data"))

        def destroy(*_args: object) -> None:
            side.note("destroying", client.destroyed)
            client.destroy(error)
            side.note(
                "destroyed",
                client.destroyed,
                client.readyState,
                client.pending,
                client.connecting,
                client.writable,
                client.readable,
            )

        client.once(event, destroy)
        client.on(event, lambda *_args: side.note("next listener"))
        if event == "timeout":
            client.on("ready", lambda: client.setTimeout(20))
        if event == "drain":
            client.write(bytes(16 * 1024 * 1024), side.noting("callback"))
        client.on("close", lambda _had_error: server.listening and server.close())

    server = gnet.createServer(on_connection)
    listen_locally(server, on_port)
    server.once("close", lambda: run(rest))


with_errors: list[Case] = [(event, peer, Exception(f"in {event}")) for event, peer in cases]
run([*((event, peer, None) for event, peer in cases), *with_errors])
gnet.run()
