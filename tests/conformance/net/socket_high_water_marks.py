"""Small high-water marks: when write() says to wait, and how much is read ahead."""

from typing import Any

from _sides import Side, listen_locally, until

import gnet


def on_connection(socket: gnet.Socket) -> None:
    socket.on("error", lambda _err: None)
    socket.resume()
    socket.write("0123456789")


def on_port(port: int) -> None:
    cases: list[tuple[str, dict[str, Any]]] = [
        *[("both", {"highWaterMark": 4}), ("write", {"writableHighWaterMark": 3})],
        *[("read", {"readableHighWaterMark": 2}), ("none", {"highWaterMark": 0})],
        ("default", {"highWaterMark": None}),
    ]

    def next_case() -> None:
        if not cases:
            server.close()
            return
        name, options = cases.pop(0)
        side = Side(name)
        client = gnet.connect({"port": port, "host": "127.0.0.1", **options})

        def write(data: str) -> None:
            side.note(
                "write",
                *[client.write(data), client.writable_length, client.writable_need_drain],
            )

        def on_received() -> None:
            side.note("buffered", client.readable_length)
            client.on("close", lambda _had_error: next_case())
            client.destroy()

        client.on("drain", lambda: side.note("drain", client.writable_length))
        side.note("marks", client.readable_high_water_mark, client.writable_high_water_mark)
        write("ab")
        write("c")
        write("defgh")
        client.on("connect", lambda: write("ijklmnop"))
        until(lambda: client.bytes_read == 10 and client.writable_length == 0, on_received)

    next_case()


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
