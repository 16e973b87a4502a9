"""After destroy() nothing that was buffered is delivered any more, neither data nor the end."""

from _pair import feed, noting, over, pair, settled
from net._sides import Side

import gnet

side = Side("read")
client, peer = pair(allow_half_open=True)
side.watch(client, "data", "end", "close")
client.pause()
peer.end("x")
settled()
gnet.finished(client, {"writable": False}, noting(side, "finished"))
client.destroy()
side.note("read", client.read())
settled()
side.note("over", client.readable_ended, client.readable_length)
over(client, peer)

side = Side("a listener")
client, peer = pair(allow_half_open=True)
feed(peer, "x")
side.watch(client, "close")
client.destroy()
client.on("data", side.noting("data"))
settled()
side.note("over", client.readable_length)
over(client, peer)

side = Side("push(null), nobody reads")
client, peer = pair()
side.watch(client, "end", "close")
side.note("push", client.push(None))
settled()
side.note("then", client.readable_ended, client.destroyed)
over(client, peer)
gnet.run()
