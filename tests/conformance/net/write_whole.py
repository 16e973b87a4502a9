"""A write that goes out whole returns True, whatever the water mark says."""

from typing import Any

from _sides import Side, listen_locally

import gnet

side = Side("client")


def on_connection(socket: gnet.Socket) -> None:
    socket.resume()
    socket.on("close", lambda _had_error: server.close())


def on_listening(port: int) -> None:
    client = gnet.connect(port, "127.0.0.1")
    client.resume()
    side.watch(client, "drain", "finish", "error", "close")
    mark = client.writableHighWaterMark

    def write(label: str, data: Any) -> None:
        result = client.write(data)
        side.note(label, result, client.writableLength, client.writableNeedDrain)

    def on_ready() -> None:
        write("small", "x")
        write("one less", bytes(mark - 1))
        write("at the mark", bytes(mark))
        write("above", bytes(mark + 1))
        write("small", "x")
        write("text", "y" * mark)
        write("empty", "")
        client.end()
        side.note("bytes", client.bytesWritten, client.writableLength)

    client.on("ready", on_ready)


server = gnet.createServer(on_connection)
listen_locally(server, on_listening)
gnet.run()
