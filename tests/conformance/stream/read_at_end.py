"""At the end 'readable' comes once more; what is left is given whatever was asked, then 'end'."""

from collections.abc import Callable
from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet


def begin(name: str) -> tuple[Any, Any, Callable[..., None]]:
    side = Side(name)
    client, peer = pair()
    side.watch(client, "end", "close")

    def state(label: str, *args: Any) -> None:
        side.note(label, *args, client.readable_length, client.readable, client.readable_ended)

    return client, peer, state


client, peer, state = begin("nothing")
client.on("readable", lambda: state("readable", client.read()))
peer.end()
settled()
state("over")
over(client, peer)

client, peer, state = begin("read in the listener")
client.on("readable", lambda: state("readable", client.read(4)))
feed(peer, "abc")
peer.end("de")
settled()
state("over")
over(client, peer)

client, peer, state = begin("read later")
client.on("readable", lambda: state("readable"))
feed(peer, "abc")
peer.end()
settled()
state("ended")
state("more than there is", client.read(10))
state("after it")
settled()
state("over", client.read())
over(client, peer)

client, peer, state = begin("exactly all")
client.on("readable", lambda: state("readable"))
peer.end("abc")
settled()
state("two", client.read(2))
state("one", client.read(1))
settled()
state("none", client.read(1))
settled()
state("over")
over(client, peer)

client, peer, state = begin("read(0)")
client.on("readable", lambda: state("readable", client.read(0)))
peer.end()
settled()
state("over")
over(client, peer)
gnet.run()
