"""A signal gives up the wait of finished(), not the socket."""

from typing import Any

from _pair import noting, over, pair, settled
from net._sides import Side

import gnet
from gnet.symbols import ABSENT

reasons: list[Any] = [ABSENT, Exception("why")]

for reason in reasons:
    name = "no reason" if reason is ABSENT else "reason"
    side = Side(f"aborted, {name}")
    client, peer = pair()
    controller = gnet.AbortController()

    def on_finished(err: Any, side=side, controller=controller) -> None:
        side.note("finished", err, err.cause is controller.signal.reason)

    gnet.finished(client, {"signal": controller.signal}, on_finished)
    controller.abort(reason)
    side.note("aborted")
    settled()
    side.note("quiet", client.destroyed)
    over(client, peer)

    side = Side(f"aborted before, {name}")
    client, peer = pair()
    gnet.finished(client, {"signal": gnet.AbortSignal.abort(reason)}, noting(side, "finished"))
    side.note("returned")
    settled()
    side.note("quiet", client.destroyed)
    over(client, peer)

    side = Side(f"aborted after, {name}")
    client, peer = pair()
    controller = gnet.AbortController()
    gnet.finished(client, {"signal": controller.signal}, noting(side, "finished"))
    client.resume()
    peer.end()
    settled()
    controller.abort(reason)
    settled()
    side.note("quiet", client.destroyed)
    over(client, peer)
gnet.run()
