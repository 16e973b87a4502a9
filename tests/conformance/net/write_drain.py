"""With a peer that does not read write() returns False; 'drain' comes once, when all is out."""

from _sides import Side, listen_locally

import gnet

SIZE = 16 * 1024 * 1024
side = Side("client")
accepted: list[gnet.Socket] = []
wrote: list[bool] = []
received: list[int] = []


def on_connection(socket: gnet.Socket) -> None:
    socket.pause()
    accepted.append(socket)

    def on_close(_had_error: bool) -> None:
        side.note("received", sum(received))
        server.close()

    socket.on("close", on_close)
    read()


def read() -> None:
    """Read only once everything was written."""
    if accepted and wrote:
        accepted[0].on("data", lambda data: received.append(len(data)))
        accepted[0].resume()


def on_listening(port: int) -> None:
    client = gnet.connect(port, "127.0.0.1")

    def state(label: str) -> None:
        side.note(label, client.writable_length, client.writable_need_drain)

    def first_callback(err: object) -> None:
        side.note("first callback", err, client.writable_length, client.writable_need_drain)

    def small_callback(_err: object) -> None:
        side.note("small callback")
        client.end()

    def on_drain() -> None:
        state("drain")
        side.note("small", client.write("small", small_callback))
        state("after the small one")

    def on_close(had_error: bool) -> None:
        side.note("close", had_error, client.bytes_written)

    def on_ready() -> None:
        side.note("mark", client.writable_high_water_mark)
        state("before")
        side.note("first", client.write(bytes(SIZE), first_callback))
        state("after the first")
        second = client.write(
            bytes(SIZE), lambda err: side.note("second callback", err, client.writable_length)
        )
        side.note("second", second)
        third = client.write(
            "x", lambda err: side.note("third callback", err, client.writable_length)
        )
        side.note("third", third)
        state("after all")
        side.note("bytes", client.bytes_written)
        client.on("drain", on_drain)
        client.on("close", on_close)
        wrote.append(True)
        read()

    side.watch(client, "ready", "finish", "error")
    client.resume()
    client.on("ready", on_ready)


server = gnet.create_server(on_connection)
listen_locally(server, on_listening)
gnet.run()
