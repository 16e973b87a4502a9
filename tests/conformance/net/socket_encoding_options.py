"""encoding and default_encoding of the constructor: text out of data, and data out of text."""

from typing import Any

from _sides import Side, listen_locally

import gnet


def on_connection(socket: gnet.Socket) -> None:
    text = bytearray()

    def on_end() -> None:
        Side("server").note("received", text)
        socket.end(text)

    socket.on("data", text.extend)
    socket.on("end", on_end)
    socket.allow_half_open = True


def on_port(port: int) -> None:
    cases: list[tuple[str, dict[str, Any]]] = [
        *[("utf8", {"encoding": "utf8"}), ("hex", {"encoding": "hex"})],
        *[("base64", {"encoding": "base64"}), ("latin1 out", {"defaultEncoding": "latin1"})],
        *[("hex out", {"defaultEncoding": "hex", "encoding": "latin1"}), ("none", {})],
    ]

    def next_case() -> None:
        if not cases:
            server.close()
            return
        name, options = cases.pop(0)
        side = Side(name)
        client = gnet.connect({"port": port, "host": "127.0.0.1", **options})
        data: list[Any] = []

        def on_end() -> None:
            side.note("data", data[0][:0].join(data), client.readable_encoding)

        def on_connect() -> None:
            client.write("é", "utf8")
            client.end("ff")

        client.on("data", data.append)
        client.on("end", on_end)
        client.on("close", lambda _had_error: next_case())
        side.note("early", client.write("ÿ€ab"), client.writable_length)
        client.on("connect", on_connect)

    next_case()


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
