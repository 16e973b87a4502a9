"""Much data by read(n): every piece has n bytes but the last, and nothing is lost."""

from typing import Any

from _pair import over, pair
from net._sides import Side

import gnet

SIZE = 1_000_000
sent = (bytes(range(251)) * (SIZE // 251 + 1))[:SIZE]


def read_by(client: Any, size: int, pieces: list[bytes]) -> None:
    while (piece := client.read(size)) is not None:
        pieces.append(piece)


for size in (999, 65536, 200_000):
    side = Side(f"by {size}")
    client, peer = pair()
    pieces: list[bytes] = []
    client.on(
        "readable", lambda client=client, size=size, pieces=pieces: read_by(client, size, pieces)
    )
    peer.end(sent)
    gnet.once(client, "end")
    side.note("pieces", len(pieces), len(pieces[-1]))
    side.note("equal", all(len(piece) == size for piece in pieces[:-1]))
    side.note("same", b"".join(pieces) == sent, client.bytes_read)
    over(client, peer)
gnet.run()
