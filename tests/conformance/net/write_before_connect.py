"""What is written before the connection is up waits for it, in order, and counts at once."""

from collections.abc import Callable

from _sides import Side, listen_locally

import gnet

side = Side("client")


def on_connection(socket: gnet.Socket) -> None:
    parts: list[bytes] = []
    socket.on("data", parts.append)
    socket.on("end", lambda: side.note("arrived", b"".join(parts)))
    server.close()


def on_listening(port: int) -> None:
    client = gnet.connect(port, "127.0.0.1")

    def callback(label: str) -> Callable[..., None]:
        return lambda *args: side.note(label, *args, client.bytesWritten)

    def state(label: str) -> None:
        side.note(
            label,
            client.bytesWritten,
            client.writableLength,
            client.writableNeedDrain,
            client.connecting,
        )

    def on_connect() -> None:
        state("connect")
        client.write("four", callback("fourth"))
        state("four")
        client.end(callback("end"))

    client.resume()
    side.watch(client, "ready", "drain", "finish", "end", "close")
    state("start")
    side.note("write", client.write("one ", callback("first")))
    state("one")
    side.note("write", client.write("zwei é ", "latin1", callback("second")))
    state("two")
    side.note("write", client.write(b"three ", callback("third")))
    state("three")
    client.on("connect", on_connect)


server = gnet.createServer(on_connection)
listen_locally(server, on_listening)
gnet.run()
