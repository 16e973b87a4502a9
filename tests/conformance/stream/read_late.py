"""A listener that reads only part of it, late or nothing hears again only of what is new."""

from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet


def begin(name: str) -> tuple[Side, Any, Any]:
    side = Side(name)
    client, peer = pair()
    return side, client, peer


side, client, peer = begin("listener added later")
feed(peer, "abc")
side.note("waits", client.readable_length, client.readable_flowing, client.readable_did_read)
client.on("readable", lambda: side.note("readable", client.readable_length))
side.note("added")
settled()
side.note("read", client.read())
client.on("readable", lambda: side.note("second", client.readable_length))
settled()
feed(peer, "d")
over(client, peer)

side, client, peer = begin("one byte at a time")
client.on("readable", lambda: side.note("readable", client.read(1), client.readable_length))
feed(peer, "abc", "d")
peer.end()
client.on("end", lambda: side.note("end"))
settled()
side.note("left", client.readable_length, client.readable_ended)
over(client, peer)

side, client, peer = begin("until null")


def read_until_none() -> None:
    while (chunk := client.read(2)) is not None:
        side.note("chunk", chunk)
    side.note("null", client.readable_length)


client.on("readable", read_until_none)
client.on("end", lambda: side.note("end"))
feed(peer, "abc", "defg")
peer.end("hi")
settled()
over(client, peer)

side, client, peer = begin("without a listener")
side.note("first", client.read())
feed(peer, "abc")
side.note("second", client.read(), client.readable_flowing)
feed(peer, "d", "e")
side.note("third", client.read(), client.readable_did_read)
peer.end()
client.on("end", lambda: side.note("end"))
settled()
side.note("fourth", client.read())
settled()
over(client, peer)

side, client, peer = begin("once")
client.once("readable", lambda: side.note("readable", client.read()))
feed(peer, "abc")
side.note("flowing", client.readable_flowing, client.is_paused())
feed(peer, "d")
client.once("readable", lambda: side.note("again", client.read()))
settled()
over(client, peer)
gnet.run()
