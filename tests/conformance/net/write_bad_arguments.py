"""What write() and end() cannot send they raise, and the stream goes on."""

from collections.abc import Callable
from typing import Any

from _sides import Side, listen_locally

import gnet


class Widget:
    """Nothing that can be sent."""


side = Side("client")
bad: list[Any] = [None, 5, True, 1.5, Widget()]
bad_ends: list[Any] = [5, True, Widget()]


def on_connection(socket: gnet.Socket) -> None:
    parts: list[bytes] = []

    def on_end() -> None:
        side.note("arrived", b"".join(parts))
        server.close()

    socket.on("data", parts.append)
    socket.on("end", on_end)


def attempt(label: str, fn: Callable[..., object], *args: Any) -> None:
    try:
        side.note(label, fn(*args))
    except Exception as err:
        side.note(label, "threw", err)


def on_listening(port: int) -> None:
    client: Any = gnet.connect(port, "127.0.0.1")
    client.resume()
    side.watch(client, "finish", "error", "close")

    def on_ready() -> None:
        for chunk in bad:
            attempt("write", client.write, chunk)
            attempt("with callback", client.write, chunk, lambda _err: side.note("never called"))
        for chunk in bad_ends:
            attempt("end", lambda chunk=chunk: client.end(chunk) is client)
            side.note("still writable", client.writable, client.writable_ended)
        for encoding in ["utf7", "x", "utf-16"]:
            attempt(f"write {encoding}", client.write, "", encoding)
            attempt(f"bytes {encoding}", client.write, b"", encoding)
        attempt("odd callback", client.write, "k", "utf8", 5)
        attempt("null encoding", client.write, "l", None)
        attempt("Uint8Array", client.write, bytearray([109]))
        attempt("end", lambda: client.end(None) is client)

    client.on("ready", on_ready)


server = gnet.create_server(on_connection)
listen_locally(server, on_listening)
gnet.run()
