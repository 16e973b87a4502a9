"""read(n) gives n bytes or None; 'readable' tells when there is something new to read."""

from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

side = Side("client")
client, peer = pair()
client.on("readable", lambda: side.note("readable", client.readable_length))


def read(*args: Any) -> None:
    side.note("read", *args)
    side.note("gave", client.read(*args), client.readable_length)


side.note("new", client.readable_flowing, client.readable_length)
read()
feed(peer, "abcdef")
read(2)
read(5)
read(4)
read(1)
feed(peer, "gh", "ij", "kl")
read(3)
read()
read()
feed(peer, "m")
read(3)
feed(peer, "n")
feed(peer, "op")
read(3)
read(1)
settled()
over(client, peer)
gnet.run()
