"""The limit can be raised and lowered; what is open stays, what was refused never counts."""

from collections.abc import Callable

from _sides import Side, listen_locally

import gnet

serving = Side("server")
accepted: list[gnet.Socket] = []


def on_connection(socket: gnet.Socket) -> None:
    accepted.append(socket)
    socket.resume()
    socket.write("in")


server = gnet.create_server(on_connection)
server.max_connections = 1
server.on("drop", lambda _data: serving.note("drop"))
server.on("close", lambda: serving.note("close"))


def step(port: int, limit: int | None, then: Callable[[gnet.Socket], object]) -> None:
    """Connect, and go on when the client knows whether it is in."""
    server.max_connections = limit
    client = gnet.connect(port, "127.0.0.1")
    told: list[str] = []

    def tell(what: str) -> None:
        if told:
            return
        told.append(what)

        def on_count(err: object, count: int) -> None:
            label = "limit null" if limit is None else f"limit {limit}"
            serving.note(label, what, err, count, len(accepted))
            then(client)

        server.get_connections(on_count)

    client.on("data", lambda _data: tell("in"))
    client.on("close", lambda _had_error: tell("refused"))


def on_listening(port: int) -> None:
    inside: list[gnet.Socket] = []

    def first(client: gnet.Socket) -> None:
        inside.append(client)
        step(port, 1, second)

    def second(_client: gnet.Socket) -> None:
        step(port, 3, third)

    def third(client: gnet.Socket) -> None:
        inside.append(client)
        step(port, 1, fourth)

    def fourth(_client: gnet.Socket) -> None:
        step(port, 2, fifth)

    def fifth(_client: gnet.Socket) -> None:
        step(port, None, sixth)

    def sixth(client: gnet.Socket) -> None:
        inside.append(client)
        # One place gets free.
        accepted[0].on("close", lambda _had_error: step(port, 2, seventh))
        inside.pop(0).end()

    def seventh(_client: gnet.Socket) -> None:
        step(port, 3, eighth)

    def eighth(client: gnet.Socket) -> None:
        server.close()
        for member in [*inside, client]:
            member.end()

    step(port, 1, first)


listen_locally(server, on_listening)
gnet.run()
