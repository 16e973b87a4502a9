"""pipeline() calls back when all is through; the destination is ended unless told otherwise."""

from collections.abc import Callable
from typing import Any

import gevent
from _pair import feed, noting, over, pair, settled
from net._sides import Side

import gnet

Begun = tuple[Side, Any, Any, Any, Any, Callable[[str], None]]


def begin(name: str, half: bool) -> Begun:
    side = Side(name)
    source, writer = pair(allow_half_open=half)
    destination, reader = pair(allow_half_open=half)
    Side(f"{name}, reader").watch(reader, "data", "end")

    def state(label: str) -> None:
        side.note(
            label,
            source.destroyed,
            source.readable_ended,
            source.writable_ended,
            destination.destroyed,
            destination.writable_finished,
            destination.readable_ended,
        )

    return side, source, writer, destination, reader, state


for half in (False, True):
    kind = f"half open {'true' if half else 'false'}"
    side, source, writer, destination, reader, state = begin(kind, half)

    def on_done(err: Any = None, _value: Any = None, side=side, state=state) -> None:
        side.note("done", err)
        state("in the callback")

    last = gnet.pipeline(source, destination, on_done)
    side.note("gives", last is destination)
    feed(writer, "abc", "def")
    state("flows")
    writer.end("last")
    settled()
    state("through")
    over(source, writer, destination, reader)

    side, source, writer, destination, reader, state = begin(f"list, {kind}", half)
    gnet.pipeline([source, destination], noting(side, "done"))
    writer.end("abc")
    settled()
    state("through")
    over(source, writer, destination, reader)

    side, source, writer, destination, reader, state = begin(f"open, {kind}", half)
    waiting = gevent.spawn(gnet.pipeline, source, destination, end=False)
    feed(writer, "abc")
    writer.end("last")
    side.note("gives", waiting.get())
    settled()
    state("through")
    if destination.writable:
        feed(destination, "more")
    over(source, writer, destination, reader)
gnet.run()
