"""A pipe begun with data waiting, while paused, after the end, or from a destroyed source."""

from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet


def data_waiting(source: Any, writer: Any) -> None:
    feed(writer, "a", "b")


def paused(source: Any, writer: Any) -> None:
    source.pause()
    feed(writer, "a")


def end_waiting(source: Any, writer: Any) -> None:
    writer.end("a")
    settled()


def ended(source: Any, writer: Any) -> None:
    source.resume()
    writer.end("a")
    settled()


def destroyed(source: Any, writer: Any) -> None:
    source.destroy()
    settled()


def readable_listener(source: Any, writer: Any) -> None:
    source.on("readable", lambda: None)
    feed(writer, "a")


states = {
    "data waiting": data_waiting,
    "paused": paused,
    "end waiting": end_waiting,
    "ended": ended,
    "destroyed": destroyed,
    "readable listener": readable_listener,
}

for name, enter in states.items():
    side = Side(name)
    source, writer = pair(allow_half_open=True)
    destination, reader = pair(allow_half_open=True)
    writer.on("error", lambda _err: None)
    Side(f"{name}, reader").watch(reader, "data", "end")
    side.watch(source, "resume", "end", "close")
    destination.on("pipe", lambda _source, side=side: side.note("pipe"))
    destination.on("unpipe", lambda _source, _info, side=side: side.note("unpipe"))
    destination.on("finish", lambda side=side: side.note("finish"))
    enter(source, writer)
    side.note("before", source.readable_flowing, source.readable_length)
    source.pipe(destination)
    side.note("after", source.readable_flowing, source.readable_length)
    settled()
    side.note("then", source.readable_flowing, source.readable_length, destination.writable_ended)
    if not writer.writable_ended and not writer.destroyed:
        feed(writer, "c")
    over(source, writer, destination, reader)
gnet.run()
