"""What a 'data' listener puts back comes again before what followed it."""

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

side = Side("client")
client, peer = pair()
header = [True]


def on_data(data: bytes) -> None:
    side.note("data", data, client.readable_length)
    if header[0] and b"\n" in data:
        header[0] = False
        client.pause()
        at = data.index(b"\n") + 1
        side.note("unshift", client.unshift(data[at:]), client.readable_length)


client.on("data", on_data)
client.on("end", lambda: side.note("end"))
feed(peer, "first ", "line\nsecond", " third")
side.note("waits", client.readable_length, client.readable_flowing)
side.note("one more", client.unshift("zero "), client.readable_length)
side.note("of bytes", client.unshift(b"bytes "), client.readable_length)
client.resume()
settled()
side.note("flows", client.readable_flowing, client.unshift("in flow"), client.readable_length)
settled()
side.note("then", client.readable_length)
feed(peer, "x")
peer.end()
settled()
over(client, peer)
gnet.run()
