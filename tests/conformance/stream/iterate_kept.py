"""iterator(destroy_on_return=False) leaves the socket as it is when the loop is left early."""

import json
from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

options_list: list[Any] = [None, {}, {"destroyOnReturn": True}, {"destroyOnReturn": False}]

for options in options_list:
    side = Side("none" if options is None else json.dumps(options, separators=(",", ":")))
    client, peer = pair()
    side.watch(client, "end", "error", "close")
    feed(peer, "one", "two")
    for chunk in client.iterator(options):
        side.note("chunk", chunk)
        break
    settled()
    side.note("left", client.destroyed, client.readable_length)
    if not client.destroyed:
        feed(peer, "three")
        side.note("waits", client.readable_length, client.readable_flowing)
        for chunk in client.iterator(options):
            side.note("again", chunk)
            peer.end()
        settled()
        side.note("over", client.destroyed, client.readable_ended)
    over(client, peer)
gnet.run()
