"""Characters beyond the Basic Multilingual Plane come whole, wherever their bytes were cut."""

from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

cases = [
    ("utf8", ["f09f9880"]),
    ("utf8", ["41f0", "9f", "98", "8042"]),
    ("utf8", ["41f09f98"]),
    ("utf8", ["f09f", "41"]),
    ("utf16le", ["3dd800de"]),
    ("utf16le", ["41003dd8", "00de4200"]),
    ("utf16le", ["3dd8", "00de"]),
]


def read_all(client: Any, side: Side) -> None:
    while (text := client.read()) is not None:
        side.note("text", text)


for encoding, groups in cases:
    side = Side(f"{encoding} {' '.join(groups)}")
    client, peer = pair()
    client.set_encoding(encoding)
    client.on("end", lambda side=side: side.note("end"))
    client.on("readable", lambda client=client, side=side: read_all(client, side))
    feed(peer, *map(bytes.fromhex, groups))
    peer.end()
    settled()
    over(client, peer)
gnet.run()
