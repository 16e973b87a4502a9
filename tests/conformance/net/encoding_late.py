"""set_encoding() after data was buffered decodes that, too; names it does not know it refuses."""

from collections.abc import Callable
from typing import Any

from _sides import Side, listen_locally, until

import gnet

side = Side("client")
accepted: list[gnet.Socket] = []


def on_connection(socket: gnet.Socket) -> None:
    server.close()
    accepted.append(socket)
    socket.resume()
    # The last character is not complete.
    socket.write(bytes.fromhex("c3a941c3"))


def attempt(label: str, fn: Callable[..., object], *args: Any) -> None:
    try:
        side.note(label, fn(*args))
    except Exception as err:
        side.note(label, "threw", err)


def on_port(port: int) -> None:
    client: Any = gnet.connect(port, "127.0.0.1")
    side.watch(client, "end", "error", "close")
    side.note("unset", client.readable_encoding)

    def set_encoding(name: Any) -> bool:
        return client.set_encoding(name) is client

    def buffered() -> None:
        side.note("buffered", client.readable_length)
        bad_names: list[Any] = ["utf7", "x", "utf-16", "buffer", 5, True]
        for bad in bad_names:
            attempt("bad", set_encoding, bad)
        side.note("still", client.readable_encoding, client.readable_length)
        attempt("utf8", set_encoding, "utf8")
        side.note("decoded", client.readable_encoding, client.readable_length)
        client.on("data", side.noting("data"))
        client.once("data", lambda _data: accepted[0].end(bytes.fromhex("a9")))

    until(lambda: bool(client.bytes_read == 4), buffered)


server = gnet.create_server(on_connection)
listen_locally(server, on_port)

names = Side("names")
for name in [
    *["UTF8", "Utf-8", "ucs2", "UCS-2", "utf16le", "UTF-16LE", "latin1", "binary"],
    *["ASCII", "hex", "BASE64", "base64url", "", None],
]:
    label = "none" if name is None else name
    names.note(label, gnet.Socket().set_encoding(name).readable_encoding)
names.note("argument", gnet.Socket().set_encoding().readable_encoding)
gnet.run()
