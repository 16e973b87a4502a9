"""Connections that wait together are taken one after the other: each listener has its say first."""

from collections.abc import Callable

from _sides import Side, listen_locally, settle

import gnet

CLIENTS = 5


def limit(server: gnet.Server, value: float) -> None:
    server.max_connections = value


cases: dict[str, Callable[[gnet.Server, gnet.Socket], object]] = {
    "closes at the first": lambda server, _socket: server.close(),
    "destroys each, limit 1": lambda _server, socket: socket.destroy(),
    "limits at the first": lambda server, _socket: limit(server, 2),
    "raises the limit": lambda server, _socket: limit(server, (server.max_connections or 0) + 1),
}


anchor = gnet.create_server().listen(0)  # something is open between two cases, too


def run(names: list[str]) -> None:
    if not names:
        anchor.close()
        return
    name, *rest = names
    side = Side(name)
    server = gnet.create_server()
    if "limit 1" in name or name.startswith("raises"):
        server.max_connections = 1
    seen = 0
    clients: list[gnet.Socket] = []

    def on_connection(socket: gnet.Socket) -> None:
        nonlocal seen
        seen += 1
        socket.on("error", lambda _err: None)
        side.note("connection", seen)
        cases[name](server, socket)

    server.on("connection", on_connection)
    server.on("drop", lambda data: side.note("drop", data.remote_family))
    server.on("close", lambda: side.note("close"))

    def on_port(port: int) -> None:
        for _ in range(CLIENTS):
            clients.append(gnet.connect(port, "127.0.0.1").on("error", lambda _err: None).resume())
        settle(lambda: server.get_connections(on_count))

    def on_count(_err: None, count: int) -> None:
        side.note("left", count)
        server.close()
        for client in clients:
            client.destroy()
        settle(lambda: run(rest))

    listen_locally(server, on_port)


run(list(cases))
gnet.run()
