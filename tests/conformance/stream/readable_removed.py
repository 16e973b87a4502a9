"""Who listened for 'readable' and no longer does: what the flow is then, and what comes next."""

from collections.abc import Callable
from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet


def on_readable() -> None:
    pass


def on_data(_data: bytes) -> None:
    pass


before: dict[str, Callable[[Any], object]] = {
    "no listener": lambda _client: None,
    "readable": lambda client: client.on("readable", on_readable),
    "readable, data": lambda client: client.on("readable", on_readable).on("data", on_data),
    "paused, readable": lambda client: client.pause().on("readable", on_readable),
    "resumed, readable": lambda client: client.resume().on("readable", on_readable),
}

removals: dict[str, Callable[[Any], object]] = {
    "removeListener": lambda client: client.remove_listener("readable", on_readable),
    "removeAllListeners of it": lambda client: client.remove_all_listeners("readable"),
}

after: dict[str, Callable[[Any], object]] = {
    "nothing": lambda _client: None,
    "resume": lambda client: client.resume(),
    "pause": lambda client: client.pause(),
    "data": lambda client: client.on("data", on_data),
    "readable again": lambda client: client.on("readable", on_readable),
}

for start, begin in before.items():
    for removal, remove in removals.items():
        for following, act in after.items():
            side = Side(f"{start}; {removal}; {following}")
            client, peer = pair()
            side.watch(client, "pause", "resume")

            def state(label: str, side=side, client=client) -> None:
                side.note(
                    label, client.readable_flowing, client.is_paused(), client.readable_length
                )

            begin(client)
            feed(peer, "abc")
            state("before")
            remove(client)
            act(client)
            state("after")
            settled()
            state("later")
            feed(peer, "def")
            state("last")
            over(client, peer)
gnet.run()
