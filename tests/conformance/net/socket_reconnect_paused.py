"""What a paused socket has received and not read outlives its connection; so does the pause."""

from _sides import Side, listen_locally, until

import gnet

side = Side("client")
count = 0


def on_connection(socket: gnet.Socket) -> None:
    global count
    count += 1
    socket.on("error", lambda _err: None)
    socket.write(f"message {count}")


def on_port(port: int) -> None:
    client = gnet.Socket()
    text = ""

    def note(label: str) -> None:
        side.note(
            label,
            *[client.readable_length, client.is_paused()],
            *[client.readable_flowing, client.bytes_read],
        )

    def on_data(data: bytes) -> None:
        nonlocal text
        text += data.decode()
        if len(text) == 18:
            side.note("text", text)
            client.destroy()

    def on_ready() -> None:
        note("ready")
        client.on("data", on_data)
        client.resume()
        client.once("close", lambda _had_error: server.close())

    def on_close(_had_error: bool) -> None:
        note("closed")
        client.connect(port, "127.0.0.1")
        note("connecting")
        client.once("ready", on_ready)

    def first_received() -> None:
        note("received")
        client.pause()
        client.destroy()
        note("destroyed")
        client.once("close", on_close)

    client.connect(port, "127.0.0.1")
    until(lambda: client.readable_length == 9, first_received)


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
