"""unshift() of text with and without encodings, of nothing, and of what is no chunk."""

from typing import Any

from _pair import attempt, over, pair, settled
from net._sides import Side

import gnet


class Thing:
    """Nothing that a stream takes."""


chunks: list[tuple[Any, ...]] = [
    ("text", "caf\u00e9"),
    ("hex", "6162", "hex"),
    ("base64", "YWI=", "base64"),
    ("latin1", "caf\u00e9", "latin1"),
    ("unknown", "ab", "nonsense"),
    ("empty text", ""),
    ("empty bytes", b""),
    ("bytes", b"ab"),
    ("view", memoryview(b"ab")),
    ("number", 5),
    ("thing", Thing()),
]

for decoding in (None, "utf8", "hex"):
    for name, *args in chunks:
        side = Side(f"{name}, {decoding or 'null'}")
        client, peer = pair()
        client.on("error", lambda err, side=side: side.note("error", err))
        if decoding:
            client.set_encoding(decoding)
        attempt(side, "unshift", client.unshift, *args)
        side.note("length", client.readable_length, client.destroyed)
        settled()
        if not client.destroyed:
            side.note("read", client.read())
        over(client, peer)
gnet.run()
