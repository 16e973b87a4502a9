"""A generator in the middle changes what passes; a function at the end gathers it."""

from collections.abc import Iterator
from typing import Any

import gevent
from _pair import feed, noting, over, pair, settled
from net._sides import Side

import gnet


def shout(source: Any) -> Iterator[str]:
    for chunk in source:
        yield chunk.decode().upper()
    yield "!"


def failing(source: Any) -> Iterator[bytes]:
    for chunk in source:
        yield chunk
        raise Exception("no more")


def gather(source: Any) -> bytes:
    return b"".join(source)


for name, middle in {"shout": shout, "failing": failing}.items():
    side = Side(name)
    source, writer = pair()
    destination, reader = pair()
    writer.on("error", lambda _err: None)
    reader.on("error", lambda _err: None)
    source.on("error", lambda _err: None)
    destination.on("error", lambda _err: None)
    parts: list[bytes] = []
    reader.on("data", parts.append)
    reader.on("end", lambda side=side: side.note("end"))
    gnet.pipeline(source, middle, destination, noting(side, "done"))
    feed(writer, "abc", "def")
    writer.end()
    settled()
    side.note("came", b"".join(parts), source.destroyed, destination.destroyed)
    over(source, writer, destination, reader)


def wait(side: Side, source: Any) -> None:
    try:
        side.note("gives", gnet.pipeline(source, gather, {}))
    except Exception as err:
        side.note("failed", err)


for end in ("end", "destroy"):
    side = Side(f"gathered, {end}")
    source, writer = pair()
    writer.on("error", lambda _err: None)
    source.on("error", lambda _err: None)
    waiting = gevent.spawn(wait, side, source)
    feed(writer, "abc", "def")
    if end == "end":
        writer.end()
    else:
        source.destroy()
    waiting.join()
    side.note("then", source.destroyed)
    over(source, writer)
gnet.run()
