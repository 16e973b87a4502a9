"""A closed socket connects again: what begins anew, and what stays."""

from _sides import Side, listen_locally

import gnet

EVENTS = [
    *["connectionAttempt", "connect", "ready", "data", "pause", "resume", "prefinish"],
    *["finish", "end", "error", "close"],
]
side = Side("client")


def on_connection(socket: gnet.Socket) -> None:
    socket.on("error", lambda _err: None)
    socket.on("data", lambda data: socket.end(data))


def on_port(port: int) -> None:
    client = gnet.Socket()
    side.watch(client, *EVENTS)
    rounds = 0

    def note(label: str) -> None:
        side.note(
            label,
            *[client.destroyed, client.closed, client.connecting, client.pending],
            *[client.ready_state, client.readable, client.writable, client.errored],
        )
        side.note(
            label,
            *[client.bytes_read, client.bytes_written, client.readable_flowing],
            *[client.is_paused(), client.readable_encoding, client.readable_ended],
            *[client.writable_ended, client.writable_finished, client.timeout],
            *[client.remote_port, client.allow_half_open],
        )

    def on_connect() -> None:
        note("callback")
        side.note("type of service", client.get_type_of_service())
        client.write("hello")

    def begin() -> None:
        note("before")
        client.connect(port, "127.0.0.1", on_connect)
        note("connecting")

    def on_close(_had_error: bool) -> None:
        nonlocal rounds
        note("in close")
        rounds += 1
        if rounds < 3:
            begin()
        else:
            server.close()

    client.set_encoding("latin1").set_timeout(60000).set_no_delay().set_type_of_service(8)
    client.on("data", lambda _data: note("in data"))
    client.on("end", lambda: note("in end"))
    client.on("close", on_close)
    begin()


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
