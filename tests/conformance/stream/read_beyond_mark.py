"""Asking for more than the high-water mark raises the mark, so that it can come."""

from _pair import over, pair, settled
from net._sides import Side, round_trips

import gnet

SIZE = 150_000

side = Side("client")
client, peer = pair()
got: list[int] = []


def on_readable() -> None:
    chunk = client.read(SIZE)
    if chunk:
        got.append(len(chunk))


client.on("readable", on_readable)
side.note("mark", client.readable_high_water_mark)
side.note("asked", client.read(SIZE), client.readable_high_water_mark)
peer.write(bytes(SIZE - 1))
while client.bytes_read < SIZE - 1:
    round_trips(1)
settled()
side.note("one less", len(got), client.readable_length)
peer.write("x")
settled()
side.note("all", *got, client.readable_length)
over(client, peer)
gnet.run()
