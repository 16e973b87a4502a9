"""An end behind data that nobody reads is not noticed; once it is read, all comes in order."""

from collections.abc import Callable

from _sides import Side, listen_locally, settle

import gnet

EVENTS = ["resume", "pause", "end", "finish", "error", "close"]
Act = Callable[[gnet.Socket, Side], object]


def nothing(_client: gnet.Socket, _side: Side) -> None:
    pass


def listen(client: gnet.Socket, side: Side) -> None:
    client.on("data", side.noting("data"))


def pause(client: gnet.Socket, _side: Side) -> None:
    client.pause()


def resume(client: gnet.Socket, _side: Side) -> None:
    client.resume()


def listen_resume(client: gnet.Socket, side: Side) -> None:
    listen(client, side)
    client.resume()


def listen_pause(client: gnet.Socket, side: Side) -> None:
    listen(client, side)
    client.pause()


def destroy(client: gnet.Socket, _side: Side) -> None:
    client.destroy()


cases: list[tuple[str, Act, Act]] = [
    ("nobody listens", nothing, listen),
    ("paused", pause, listen_resume),
    ("listener, paused", listen_pause, resume),
    ("thrown away", nothing, resume),
    ("destroyed", nothing, destroy),
]


def run() -> None:
    if not cases:
        return
    name, prepare, go = cases.pop(0)
    side = Side(name)

    clients: list[gnet.Socket] = []

    def settled() -> None:
        [client] = clients

        def state(label: str) -> None:
            side.note(
                label,
                client.bytesRead,
                client.readableLength,
                client.readable,
                client.readyState,
                client.destroyed,
                client.readableFlowing,
            )

        state("settled")
        go(client, side)
        state("going")
        client.on("end", lambda: state("ended"))

    def on_connection(socket: gnet.Socket) -> None:
        server.close()
        socket.resume()
        socket.end("unread")
        socket.on("finish", lambda: settle(settled))

    def on_port(port: int) -> None:
        client = gnet.connect(port, "127.0.0.1")
        clients.append(client)
        side.watch(client, *EVENTS)
        prepare(client, side)

    server = gnet.createServer(on_connection)
    server.on("close", run)
    listen_locally(server, on_port)


run()
gnet.run()
