"""Before 'end' one can still put something back, after it this is an error."""

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

side = Side("before end")
client, peer = pair(allow_half_open=True)
side.watch(client, "end", "error", "close")
feed(peer, "abc")
peer.end()
settled()
side.note("read", client.read())
side.note("unshift", client.unshift("bc"), client.readable_length)
settled()
side.note("not ended", client.readable_ended)
side.note("rest", client.read(), client.read())
settled()
side.note("ended", client.readable_ended)
over(client, peer)

side = Side("after end")
client, peer = pair(allow_half_open=True)
side.watch(client, "data", "end", "error", "close")
feed(peer, "abc")
peer.end()
settled()
side.note("ended", client.readable_ended)
side.note("unshift", client.unshift("bc"), client.readable_length, client.destroyed)
side.note("empty", client.unshift(""))
settled()
over(client, peer)

side = Side("in end")
client, peer = pair(allow_half_open=True)
side.watch(client, "data", "error", "close")
client.on("end", lambda: side.note("end", client.unshift("bc")))
peer.end("a")
settled()
over(client, peer)

side = Side("destroyed")
client, peer = pair()
side.watch(client, "data", "error", "close")
client.destroy()
side.note("unshift", client.unshift("bc"), client.readable_length)
settled()
side.note("late", client.unshift("bc"), client.readable_length, client.read())
over(client, peer)
gnet.run()
