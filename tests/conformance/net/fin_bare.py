"""An end without data before it is noticed by a socket that nobody reads, unless it is paused."""

from collections.abc import Callable

from _sides import Side, listen_locally, settle

import gnet


def nothing(_client: gnet.Socket) -> None:
    pass


def pause(client: gnet.Socket) -> None:
    client.pause()


def resume(client: gnet.Socket) -> None:
    client.resume()


def pause_when_connected(client: gnet.Socket) -> None:
    client.on("connect", lambda: client.pause())


cases: list[tuple[str, Callable[[gnet.Socket], object]]] = [
    ("nobody listens", nothing),
    ("paused", pause),
    ("flowing", resume),
    ("paused when connected", pause_when_connected),
]


def run() -> None:
    if not cases:
        return
    name, prepare = cases.pop(0)
    side = Side(name)
    clients: list[gnet.Socket] = []

    def settled() -> None:
        [client] = clients
        side.note("settled", client.destroyed, client.ready_state, client.readable_flowing)
        if not client.destroyed:
            client.resume()

    def on_connection(socket: gnet.Socket) -> None:
        server.close()
        socket.end()
        settle(settled)

    def on_port(port: int) -> None:
        client = gnet.connect(port, "127.0.0.1")
        clients.append(client)
        side.watch(client, "pause", "resume", "end", "finish", "error", "close")
        prepare(client)

    server = gnet.create_server(on_connection)
    server.on("close", run)
    listen_locally(server, on_port)


run()
gnet.run()
