"""What is corked goes out when the stream ends, whoever ends it."""

import json
from typing import Any

from _pair import noting, over, pair, settled
from net._sides import Side

import gnet


def begin(name: str) -> tuple[Side, Any, Any]:
    side = Side(name)
    client, peer = pair()
    Side(f"{name}, peer").watch(peer, "data", "end")
    return side, client, peer


for listens in (False, True):
    side, client, peer = begin(f"peer ends, {json.dumps(listens)}")
    peer.allow_half_open = True
    if listens:
        side.watch(client, "finish", "close")

    def on_data(_chunk: bytes, client: Any = client, side: Side = side) -> None:
        client.cork()
        client.write("held", noting(side, "written"))

    client.on("data", on_data)
    peer.end("x")
    settled()
    side.note("then", client.writable_corked, client.destroyed)
    over(client, peer)

side, client, peer = begin("corked while ending")
peer.remove_all_listeners("data")
came = 0
peer.pause()
client.write(bytes(3_000_000), noting(side, "large"))
client.end("tail", noting(side, "end"))
client.cork()
client.end()
side.note("corked", client.writable_corked)


def count(chunk: bytes) -> None:
    global came
    came += len(chunk)


peer.on("data", count)
peer.resume()
while came < 3_000_004:
    settled()
settled()
side.note("came", came, client.writable_finished, client.writable_corked)
over(client, peer)
gnet.run()
