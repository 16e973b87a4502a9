"""With an encoding read(n) counts characters, whatever pieces their bytes came in."""

from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

cases = [
    ("utf8", ["c3", "a9", "41e29c", "9342"]),
    ("utf8", ["41ff", "e29c"]),
    ("utf16le", ["e9", "0041", "0042", "00"]),
    ("utf16le", ["41003d26", "42"]),
    ("latin1", ["c3a9", "80ff"]),
    ("ascii", ["c3a9", "4180"]),
    ("hex", ["c3", "a9ff"]),
    ("base64", ["41", "4243", "44"]),
    ("base64url", ["fbff", "bf41", "ff"]),
]


def read_by(client: Any, size: int, side: Side) -> None:
    side.note("readable", client.readableLength)
    while (text := client.read(size)) is not None:
        side.note("text", text, client.readableLength)


for encoding, groups in cases:
    for size in (1, 3):
        side = Side(f"{encoding} {' '.join(groups)} by {size}")
        client, peer = pair()
        client.setEncoding(encoding)
        client.on("end", lambda side=side: side.note("end"))
        client.on(
            "readable", lambda client=client, size=size, side=side: read_by(client, size, side)
        )
        feed(peer, *map(bytes.fromhex, groups))
        peer.end()
        settled()
        over(client, peer)
gnet.run()
