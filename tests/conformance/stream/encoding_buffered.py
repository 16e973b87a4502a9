"""What waits in the buffer when the encoding is set becomes text as well."""

from _pair import attempt, feed, over, pair, settled
from net._sides import Side

import gnet

for encoding in ("utf8", "utf16le", "latin1", "hex", "base64"):
    side = Side(encoding)
    client, peer = pair()
    feed(peer, bytes.fromhex("41e2"), bytes.fromhex("9c"))
    side.note("bytes", client.readableLength, client.readableEncoding)
    client.setEncoding(encoding)
    side.note("set", client.readableLength, client.readableEncoding)
    feed(peer, bytes.fromhex("9342"))
    side.note("read", client.read(2), client.readableLength)
    side.note("read", client.read(), client.readableLength)
    client.on("data", lambda data, side=side: side.note("data", data))
    feed(peer, "c")
    peer.end()
    settled()
    over(client, peer)

side = Side("changes")
client, peer = pair()
side.note("utf8", client.setEncoding("utf8") is client, client.readableEncoding)
feed(peer, "abc")
client.setEncoding("hex")
side.note("hex", client.readableEncoding, client.read())
feed(peer, "abc")
side.note("read", client.read())
client.setEncoding()
side.note("none", client.readableEncoding)
feed(peer, "abc")
side.note("read", client.read())
attempt(side, "unknown", client.setEncoding, "nonsense")
side.note("still", client.readableEncoding)
over(client, peer)
gnet.run()
