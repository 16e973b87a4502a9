"""destroy() of a connected socket: 'close' tells of an error; the peer sees an end."""

from collections.abc import Callable

from _sides import Side, listen_locally

import gnet

EVENTS = ["data", "end", "finish", "error", "close"]
Note = Callable[[str], Callable[..., None]]
Case = tuple[str, Callable[[gnet.Socket, Note], object]]


def write_destroy(client: gnet.Socket, note: Note) -> None:
    note("returned")(client.write("last", note("callback")))
    client.destroy()


def destroy_write(client: gnet.Socket, note: Note) -> None:
    client.destroy()
    note("returned")(client.write("late", note("callback")))


def destroy_end(client: gnet.Socket, note: Note) -> None:
    client.destroy()
    client.end(note("callback"))


def end_destroy(client: gnet.Socket, note: Note) -> None:
    client.end("last", note("callback"))
    client.destroy(Exception("mine"))


cases: list[Case] = [
    ("destroy", lambda client, note: client.destroy()),
    ("destroy with error", lambda client, note: client.destroy(Exception("mine"))),
    ("destroy twice", lambda client, note: client.destroy().destroy(Exception("second"))),
    ("destroy with null", lambda client, note: client.destroy(None)),
    ("write, destroy", write_destroy),
    ("destroy, write", destroy_write),
    ("destroy, end", destroy_end),
    ("destroy, pause, resume", lambda client, note: client.destroy().pause().resume()),
    ("end, destroy with error", end_destroy),
]


def run() -> None:
    if not cases:
        return
    name, act = cases.pop(0)
    asking = Side(f"{name}, client")
    serving = Side(f"{name}, server")

    def on_connection(socket: gnet.Socket) -> None:
        server.close()
        serving.watch(socket, *EVENTS)

    def on_port(port: int) -> None:
        def on_connect() -> None:
            asking.watch(client, *EVENTS)
            act(client, asking.noting)
            asking.note("after", client.destroyed, client.ready_state, client.pending)

        client = gnet.connect(port, "127.0.0.1", on_connect)

    server = gnet.create_server(on_connection)
    server.on("close", run)
    listen_locally(server, on_port)


run()
gnet.run()
