"""read() of nothing, of fractions, of text, of less than nothing and of far too much."""

import math

from _pair import attempt, feed, over, pair, settled
from net._sides import Side

import gnet

sizes = [0, -1, 2.7, "2", "two", None, math.nan, 1073741824, 1073741825]
names = {None: "null", math.nan: "NaN"}

for size in sizes:
    side = Side(f"read({names.get(size, size)})")
    client, peer = pair()
    client.on("readable", lambda side=side: side.note("readable"))
    attempt(side, "empty", client.read, size)
    feed(peer, "abcd", "ef")
    attempt(side, "full", client.read, size)
    side.note("left", client.readable_length, client.readable_did_read)
    settled()
    side.note("rest", client.read())
    over(client, peer)
gnet.run()
