"""pipeline() refuses too few streams and what is no stream."""

from _pair import over, pair
from net._sides import Side

import gnet


class Thing:
    """Nothing that any stream knows."""


cases = {
    "one": lambda client, never: gnet.pipeline(client, never),
    "none": lambda _client, never: gnet.pipeline(never),
    "empty list": lambda _client, never: gnet.pipeline([], never),
    "list of one": lambda client, never: gnet.pipeline([client], never),
    "thing as source": lambda client, never: gnet.pipeline(Thing(), client, never),
    "null as source": lambda client, never: gnet.pipeline(None, client, never),
    "number as source": lambda client, never: gnet.pipeline(5, client, never),
}

for name, act in cases.items():
    side = Side(name)
    client, peer = pair()
    peer.on("error", lambda _err: None)
    client.on("error", lambda _err: None)

    def never(_err: object = None, _value: object = None, side=side) -> None:
        side.note("called")

    try:
        act(client, never)
    except gnet.GnetError as err:
        side.note("threw", err.code)
    side.note("then", client.destroyed)
    over(client, peer)
gnet.run()
