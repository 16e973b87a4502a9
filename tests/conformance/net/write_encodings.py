"""A string is sent in the encoding that is named with it."""

from _sides import Side, listen_locally

import gnet

side = Side("server")
writes: list[tuple[str, str | None]] = [
    ("é✓", None),
    ("é✓😀", "utf8"),
    ("é", "utf-8"),
    ("é", "UTF8"),
    ("é✓😀", "utf16le"),
    ("é", "ucs2"),
    ("é", "UCS-2"),
    ("é", "utf-16le"),
    ("éÿ✓", "latin1"),
    ("éÿ", "binary"),
    ("éa✓", "ascii"),
    ("c3a9", "hex"),
    ("C3A", "hex"),
    ("c3zz41", "hex"),
    ("w6k=", "base64"),
    ("w6k", "base64"),
    ("w 6\nk", "base64"),
    ("-_+/", "base64"),
    ("w6k", "base64url"),
    ("-_8", "base64url"),
]


def on_connection(socket: gnet.Socket) -> None:
    # Each write waits until the one before has arrived.
    def on_data(data: bytes) -> None:
        side.note("data", data)
        socket.write("k")

    socket.on("data", on_data)
    socket.on("end", lambda: server.close())


def on_listening(port: int) -> None:
    client = gnet.connect(port, "127.0.0.1")
    total = [0]

    def following(_data: object = None) -> None:
        if not writes:
            client.removeAllListeners("data")
            client.end("ZW5k", "base64")
            return
        text, encoding = writes.pop(0)
        side.note("writing", text, encoding or "default")
        client.write(text, encoding)
        side.note("bytes", client.bytesWritten - total[0])
        total[0] = client.bytesWritten

    client.on("data", following)
    following()


server = gnet.createServer(on_connection)
listen_locally(server, on_listening)
gnet.run()
