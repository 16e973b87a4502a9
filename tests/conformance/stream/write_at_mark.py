"""A write of any size returns True, and needs no drain, if the kernel took all of it at once."""

from typing import Any

from _pair import over, pair, settled
from net._sides import Side

import gnet

MARK = 65536

chunks: dict[str, Any] = {
    "bytes below": bytes(MARK - 1),
    "bytes at": bytes(MARK),
    "bytes above": bytes(MARK + 1),
    "text below": "x" * (MARK - 1),
    "text at": "x" * MARK,
    "empty": "",
}

for name, chunk in chunks.items():
    for called in (False, True):
        side = Side(f"{name}, {'callback' if called else 'no callback'}")
        client, peer = pair()
        peer.resume()

        def on_drain(side=side, client=client) -> None:
            side.note("drain", client.writable_need_drain)

        def on_out(_err: object, side=side) -> None:
            side.note("out")

        client.on("drain", on_drain)
        args = [on_out] if called else []
        side.note("write", client.write(chunk, *args), client.writable_need_drain)
        settled()
        side.note("then", client.writable_length, client.writable_need_drain)
        side.note("twice", client.write(chunk), client.write("x"))
        settled()
        over(client, peer)
gnet.run()
