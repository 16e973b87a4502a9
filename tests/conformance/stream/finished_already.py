"""finished() of what is over already calls back all the same, after it has returned."""

from collections.abc import Callable
from typing import Any

from _pair import noting, over, pair, settled
from net._sides import Side

import gnet


def ended(client: Any, peer: Any) -> None:
    client.resume()
    client.end()
    peer.end()
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


def read(client: Any, peer: Any) -> None:
    client.resume()
    peer.end()
    settled()


def written(client: Any, peer: Any) -> None:
    client.end()
    settled()


states: dict[str, Callable[[Any, Any], None]] = {
    "ended": ended,
    "destroyed": destroyed,
    "being destroyed": being_destroyed,
    "failed": failed,
    "failing": failing,
    "read": read,
    "written": written,
}

for name, enter in states.items():
    side = Side(name)
    client, peer = pair(allow_half_open=True)
    client.on("error", lambda _err: None)
    peer.on("error", lambda _err: None)
    enter(client, peer)
    gnet.finished(client, noting(side, "both"))
    gnet.finished(client, noting(side, "readable"), writable=False)
    gnet.finished(client, noting(side, "writable"), readable=False)
    side.note("returned")
    settled()
    side.note("quiet")
    over(client, peer)
gnet.run()
