"""A pipeline begins with a list, a generator function or what that returns."""

from collections.abc import Callable, Iterator
from typing import Any

from _pair import noting, over, pair, settled
from net._sides import Side

import gnet


def words() -> Iterator[Any]:
    yield "one "
    yield b"two "
    yield "three"


def failing() -> Iterator[Any]:
    yield "one "
    raise Exception("no more")


def fail() -> Iterator[Any]:
    raise Exception("at once")


sources: dict[str, Callable[[], Any]] = {
    "list": lambda: ["one ", "two"],
    "empty list": list,
    "generator": lambda: words(),
    "function": lambda: words,
    "function that gives a list": lambda: lambda: ["one ", "two"],
    "failing generator": lambda: failing(),
    "failing function": lambda: failing,
    "function that fails": lambda: fail,
}

for name, make in sources.items():
    side = Side(name)
    destination, reader = pair()
    parts: list[bytes] = []
    reader.on("data", parts.append)
    reader.on("end", lambda side=side: side.note("end"))
    reader.on("error", lambda _err: None)
    destination.on("error", lambda _err: None)
    try:
        side.note("gives", gnet.pipeline(make(), destination, noting(side, "done")) is destination)
    except Exception as err:
        side.note("threw", err)
    settled()
    side.note("came", b"".join(parts), destination.destroyed, destination.writable_finished)
    over(destination, reader)
gnet.run()
