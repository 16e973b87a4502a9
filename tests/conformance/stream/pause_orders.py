"""pause(), resume() and isPaused() on a connection: what is paused waits, chunk by chunk."""

from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

side = Side("client")
client, peer = pair()


def state(label: str, *args: Any) -> None:
    side.note(label, *args, client.readableFlowing, client.isPaused(), client.readableLength)


def pause_and_resume(_data: bytes) -> None:
    client.pause()
    client.resume()


client.on("pause", lambda: state("pause event"))
client.on("resume", lambda: state("resume event"))
client.on("end", lambda: state("end"))
state("new")
client.on("data", lambda data: state("data", data))
state("listening")
client.pause()
state("paused")
client.resume()
client.pause()
state("paused again")
feed(peer, "a", "b", "c")
state("they wait")
side.note("read", client.read(2))
settled()
client.resume()
state("resumed")
client.pause()
client.resume()
client.resume()
state("still resumed")
settled()
state("flows")
client.once("data", lambda _data: client.pause())
feed(peer, "d", "e", "f")
state("paused by the listener")
client.once("data", pause_and_resume)
client.resume()
settled()
state("twice in the listener")
client.pause()
peer.end()
settled()
state("no end while paused")
client.resume()
settled()
state("over")
over(client, peer)
gnet.run()
