"""After the peer's end and one's own, a write fails with EPIPE; on a half-open one it arrives."""

from collections.abc import Callable

from _sides import Side, listen_locally

import gnet


def run(name: str, half_open: bool, moment: str, then: Callable[[], object]) -> None:
    side = Side(name)

    def on_connection(socket: gnet.Socket) -> None:
        server.close()
        socket.resume()
        socket.on("error", lambda _err: None)
        socket.end()

    def on_port(port: int) -> None:
        client = gnet.connect({"port": port, "host": "127.0.0.1", "allowHalfOpen": half_open})
        client.resume()
        side.watch(client, "finish", "end", "error", "close")

        def write(label: str) -> None:
            side.note(label, client.write(label, side.noting(f"{label} callback")))
            side.note("state", client.destroyed, client.writable, client.writable_ended)

        def later(*_args: object) -> None:
            write("first")
            write("second")
            client.end(side.noting("end callback"))
            write("third")

        client.on(moment, later)

    server = gnet.create_server(on_connection)
    server.on("close", then)
    listen_locally(server, on_port)


def second() -> None:
    run("half-open, after end", True, "end", lambda: None)


run("after close", False, "close", second)
gnet.run()
