"""Write callbacks come in the order of the writes, then the callbacks of end(), then 'finish'."""

from collections.abc import Callable

from _sides import Side, listen_locally

import gnet

side = Side("client")


def on_connection(socket: gnet.Socket) -> None:
    parts: list[bytes] = []

    def on_end() -> None:
        side.note("arrived", b"".join(parts))
        server.close()

    socket.on("data", parts.append)
    socket.on("end", on_end)


def on_listening(port: int) -> None:
    client = gnet.connect(port, "127.0.0.1")
    client.resume()
    side.watch(client, "connect", "ready", "drain", "prefinish", "finish", "end", "error", "close")

    def note(label: str) -> Callable[..., None]:
        return lambda *args: side.note(label, len(args), *args, client.writableLength)

    def on_ready() -> None:
        side.note("returned", client.write("a", note("first")))
        side.note("returned", client.write(b"b", note("second")))
        side.note("returned", client.write("", note("empty")))
        side.note("returned", client.write("c"))
        side.note("returned", client.write("ZA==", "base64", note("third")))
        side.note("length", client.writableLength, client.writableNeedDrain)
        side.note("end", client.end("e", note("end")) is client)
        side.note("ended", client.writable, client.writableEnded, client.writableFinished)
        client.end(note("second end"))

    client.on("ready", on_ready)
    client.on("finish", lambda: side.note("finished", client.writableFinished))


server = gnet.createServer(on_connection)
listen_locally(server, on_listening)
gnet.run()
