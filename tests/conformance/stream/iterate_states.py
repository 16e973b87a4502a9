"""A loop over a socket that is ended, ending, destroyed, failed or being read in another way."""

from collections.abc import Callable
from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet


def ended(client: Any, peer: Any) -> None:
    client.resume()
    peer.end("abc")
    settled()


def ending(client: Any, peer: Any) -> None:
    peer.end("abc")
    settled()


def destroyed(client: Any, peer: Any) -> None:
    client.destroy()
    settled()


def being_destroyed(client: Any, peer: Any) -> None:
    client.destroy()


def failed(client: Any, peer: Any) -> None:
    client.destroy(Exception("no more"))
    settled()


def failing(client: Any, peer: Any) -> None:
    client.destroy(Exception("no more"))


def with_data_and_destroyed(client: Any, peer: Any) -> None:
    feed(peer, "abc")
    client.destroy()


def paused(client: Any, peer: Any) -> None:
    client.pause()
    peer.end("abc")
    settled()


def encoded(client: Any, peer: Any) -> None:
    client.set_encoding("hex")
    feed(peer, "abc")
    peer.end()


states: dict[str, Callable[[Any, Any], None]] = {
    "ended": ended,
    "ending": ending,
    "destroyed": destroyed,
    "being destroyed": being_destroyed,
    "failed": failed,
    "failing": failing,
    "with data and destroyed": with_data_and_destroyed,
    "paused": paused,
    "encoded": encoded,
}

for name, enter in states.items():
    side = Side(name)
    client, peer = pair(allow_half_open=True)
    client.on("error", lambda _err: None)
    peer.on("error", lambda _err: None)
    Side(f"{name}, events").watch(client, "end", "error", "close")
    enter(client, peer)
    try:
        for chunk in client:
            side.note("chunk", chunk)
        side.note("over")
    except Exception as err:
        side.note("caught", err)
    side.note("then", client.destroyed, client.readable_ended, client.readable_aborted)
    settled()
    side.note("later", client.destroyed)
    over(client, peer)
gnet.run()
