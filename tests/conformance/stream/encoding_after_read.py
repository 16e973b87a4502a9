"""setEncoding() after a part was read decodes what is left of it, and no more."""

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

for encoding in ("utf8", "hex", "utf16le", "base64"):
    side = Side(encoding)
    client, peer = pair()
    client.pause()
    client.on("readable", lambda: None)
    feed(peer, "abcdefgh", "ij")
    side.note("part", client.read(3), client.readable_length)
    client.set_encoding(encoding)
    side.note("left", client.readable_length)
    side.note("first", client.read(1), client.readable_length)
    side.note("rest", client.read(), client.readable_length)
    settled()
    side.note("alive", client.destroyed)
    over(client, peer)
gnet.run()
