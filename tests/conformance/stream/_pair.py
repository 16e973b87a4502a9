"""What the scenarios of streams share: two connected sockets, and steps taken when all is quiet."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from net._sides import Side, fresh_directory, round_trips

import gnet
from gnet.dispatcher import dispatcher

__all__ = ["attempt", "feed", "next_tick", "noting", "over", "pair", "settled"]

directory = fresh_directory()
numbers = itertools.count(1)


def settled() -> None:
    """Go on when all that was on its way has come and was told."""
    round_trips(10)


def pair(**options: Any) -> tuple[Any, Any]:
    """Two connected sockets, which take the same options; nobody listens to them yet."""
    file = f"{directory}/{next(numbers)}"
    server = gnet.create_server(options).listen(file)
    gnet.once(server, "listening")
    client = gnet.connect({"path": file, **options})
    [peer] = gnet.once(server, "connection")
    server.close()
    settled()
    return client, peer


def feed(socket: Any, *chunks: Any) -> None:
    """Write each chunk when the one before has come."""
    for chunk in chunks:
        socket.write(chunk)
        settled()


def next_tick(fn: Callable[[], object]) -> None:
    """Do it when what runs now has returned."""
    dispatcher().defer(lambda _: fn())


def over(*sockets: Any) -> None:
    """End the case, one socket after the other."""
    for socket in sockets:
        socket.destroy()
        settled()


def attempt(side: Side, label: str, fn: Callable[..., object], *args: Any) -> None:
    """Note what a call gives or raises."""
    try:
        side.note(label, fn(*args))
    except Exception as err:
        side.note(label, "threw", err)


def noting(side: Side, label: str) -> Callable[..., None]:
    """A callback that notes its error, or None."""
    return lambda err=None, *_args: side.note(label, err)
