"""finished() of the readable or the writable half alone, and what 'error: False' leaves out."""

from typing import Any

from _pair import noting, over, pair, settled
from net._sides import Side

import gnet


def peer_ends(client: Any, peer: Any) -> None:
    client.resume()
    peer.end()


steps = {
    "end": lambda client, _peer: client.end(),
    "peer ends": peer_ends,
    "destroy": lambda client, _peer: client.destroy(),
}

plans = [
    ["end", "peer ends"],
    ["peer ends", "end"],
    ["end", "destroy"],
    ["peer ends", "destroy"],
    ["destroy"],
]

for plan in plans:
    side = Side(", ".join(plan))
    client, peer = pair(allow_half_open=True)
    gnet.finished(client, {"writable": False}, noting(side, "readable"))
    gnet.finished(client, {"readable": False}, noting(side, "writable"))
    gnet.finished(client, {"readable": True, "writable": True}, noting(side, "both"))
    gnet.finished(client, {"readable": False, "writable": False}, noting(side, "neither"))
    gnet.finished(client, noting(side, "default"))
    for step in plan:
        side.note(step)
        steps[step](client, peer)
        settled()
    over(client, peer)

side = Side("errors")
client, peer = pair()
gnet.finished(client, {"error": False}, noting(side, "without errors"))
gnet.finished(client, {"error": True}, noting(side, "with errors"))
client.on("error", lambda err: side.note("error", err))
client.emit("error", Exception("just said"))
settled()
side.note("destroy")
client.destroy(Exception("no more"))
settled()
over(client, peer)
gnet.run()
