"""finished() without a callback waits for the end, and raises what the socket fails with."""

from typing import Any

import gevent
from _pair import over, pair, settled
from net._sides import Side

import gnet


def wait(side: Side, socket: Any, options: Any = None) -> None:
    try:
        side.note("finished", gnet.finished(socket, **options or {}))
    except Exception as err:
        side.note("failed", err)


def ends(client: Any, peer: Any) -> None:
    client.resume()
    peer.end()


acts = {
    "ends": ends,
    "destroyed": lambda client, _peer: client.destroy(),
    "destroyed with an error": lambda client, _peer: client.destroy(Exception("no more")),
}

for name, act in acts.items():
    side = Side(name)
    client, peer = pair()
    client.on("error", lambda _err: None)
    waiting = gevent.spawn(wait, side, client)
    settled()
    side.note("act")
    act(client, peer)
    waiting.join()
    settled()
    wait(side, client)
    over(client, peer)

side = Side("writable half")
client, peer = pair(allow_half_open=True)
client.end()
wait(side, client, {"readable": False})
side.note("then", client.destroyed)
over(client, peer)

side = Side("signal")
client, peer = pair()
controller = gnet.AbortController()
waiting = gevent.spawn(wait, side, client, {"signal": controller.signal})
settled()
controller.abort()
waiting.join()
wait(side, client, {"signal": controller.signal})
side.note("then", client.destroyed)
over(client, peer)
gnet.run()
