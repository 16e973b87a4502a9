"""readable_length, readable_did_read, readable_aborted, readable_ended, readable in a life."""

from collections.abc import Callable
from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet


def begin(name: str) -> tuple[Any, Any, Callable[[str], None]]:
    side = Side(name)
    client, peer = pair()
    client.on("error", lambda _err: None)
    peer.on("error", lambda _err: None)

    def state(label: str) -> None:
        side.note(
            label,
            client.readable,
            client.readable_length,
            client.readable_did_read,
            client.readable_aborted,
            client.readable_ended,
            client.readable_flowing,
            client.readable_object_mode,
            client.readable_encoding,
        )

    for event in ("end", "error", "close"):
        client.on(event, lambda *_args, event=event: state(event))
    state("new")
    return client, peer, state


client, peer, state = begin("ended")
feed(peer, "abc")
state("buffered")
client.once("data", lambda _data: state("data"))
state("listening")
settled()
state("flowing")
peer.end()
settled()
state("over")
over(client, peer)

client, peer, state = begin("destroyed with data")
feed(peer, "abc")
client.destroy()
state("destroyed")
settled()
state("over")
over(client, peer)

client, peer, state = begin("destroyed while flowing")
client.resume()
feed(peer, "abc")
state("dropped")
client.destroy(Exception("no more"))
state("destroyed")
settled()
state("over")
over(client, peer)

client, peer, state = begin("destroyed in end")
client.on("end", client.destroy)
client.resume()
peer.end()
settled()
state("over")
over(client, peer)

client, peer, state = begin("read")
client.set_encoding("utf8")
state("encoded")
client.read()
state("in vain")
feed(peer, "abc")
client.read(1)
state("a character")
peer.end()
settled()
state("peer ended")
client.read()
state("all")
settled()
state("over")
over(client, peer)
gnet.run()
