"""finished() calls back once, however a socket comes to its end."""

from collections.abc import Callable
from typing import Any

from _pair import noting, over, pair, settled
from net._sides import Side

import gnet


def both_end(client: Any, peer: Any) -> None:
    client.resume()
    client.end()
    settled()
    peer.end()


def peer_ends(client: Any, peer: Any) -> None:
    client.resume()
    peer.end("abc")


def unread(client: Any, peer: Any) -> None:
    client.end()
    peer.end("abc")


def destroyed(client: Any, peer: Any) -> None:
    client.destroy()


def destroyed_with_an_error(client: Any, peer: Any) -> None:
    client.destroy(Exception("no more"))


def ended_then_destroyed(client: Any, peer: Any) -> None:
    client.end()
    settled()
    client.destroy()


def read_then_destroyed(client: Any, peer: Any) -> None:
    client.resume()
    peer.end()
    settled()
    client.destroy()


def write_after_end(client: Any, peer: Any) -> None:
    client.end()
    client.write("late")


def only_emitted(client: Any, peer: Any) -> None:
    client.emit("error", Exception("just said"))


ends: dict[str, Callable[[Any, Any], None]] = {
    "both end": both_end,
    "peer ends": peer_ends,
    "unread": unread,
    "destroyed": destroyed,
    "destroyed with an error": destroyed_with_an_error,
    "ended, then destroyed": ended_then_destroyed,
    "read, then destroyed": read_then_destroyed,
    "write after end": write_after_end,
    "only emitted": only_emitted,
}

for half in (False, True):
    for name, act in ends.items():
        side = Side(f"{name}, half open {'true' if half else 'false'}")
        client, peer = pair(allow_half_open=half)
        peer.on("error", lambda _err: None)
        client.on("close", lambda _had_error, side=side: side.note("close"))
        cleanup = gnet.finished(client, noting(side, "finished"))
        side.note("gives", callable(cleanup))
        client.on("error", lambda err, side=side: side.note("error", err))
        act(client, peer)
        settled()
        side.note("quiet", client.destroyed, client.readable_ended, client.writable_finished)
        over(client, peer)
gnet.run()
