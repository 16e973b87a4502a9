"""'drain' comes once for each time that write() has returned False."""

from collections.abc import Callable

from _pair import over, pair, settled
from net._sides import Side, round_trips

import gnet

SIZE = 1024 * 1024

side = Side("client")
drain = Side("drain")
client, peer = pair()
peer.pause()
drains: list[None] = []


def on_drain() -> None:
    drains.append(None)
    drain.note("drain", client.writable_length, client.writable_need_drain)


def note(label: str) -> Callable[..., None]:
    return lambda _err=None: side.note(label)


client.on("drain", on_drain)
side.note("first", client.write(bytes(SIZE), note("first out")))
side.note("second", client.write("small", note("second out")))
side.note("third", client.write("small", note("third out")))
settled()
side.note("waits", client.writable_length > 0, client.writable_need_drain)
peer.resume()
while not drains:
    round_trips(1)
settled()
side.note("small", client.write("small", note("small out")))
settled()
peer.pause()
side.note("fourth", client.write(bytes(SIZE), note("fourth out")))
client.end(note("end"))
client.on("finish", note("finish"))
peer.resume()
gnet.once(peer, "end")
settled()
side.note("drains", len(drains))
over(client, peer)
gnet.run()
