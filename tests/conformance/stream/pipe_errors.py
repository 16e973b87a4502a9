"""An error in the destination unpipes it; an error in the source leaves the destination open."""

from collections.abc import Callable
from typing import Any

import gevent
from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

current: dict[str, Side] = {}
hub: Any = gevent.get_hub()
hub.handle_error = lambda _context, _type, err, _traceback: current["side"].note("uncaught", err)

Begun = tuple[Side, Any, Any, Any, Any, Callable[[], None]]


def begin(name: str) -> Begun:
    side = Side(name)
    current["side"] = side
    source, writer = pair()
    destination, reader = pair()
    writer.on("error", lambda _err: None)
    reader.on("error", lambda _err: None)
    destination.on("unpipe", lambda origin, info: side.note("unpipe", origin is source, info))
    destination.on("close", lambda had_error: side.note("destination closed", had_error))
    source.on("close", lambda had_error: side.note("source closed", had_error))
    source.on("pause", lambda: side.note("source paused"))
    source.pipe(destination)
    feed(writer, "abc")

    def state() -> None:
        side.note(
            "then",
            source.destroyed,
            source.readable_flowing,
            source.listener_count("data"),
            destination.destroyed,
            destination.writable_ended,
            destination.listener_count("error"),
        )

    return side, source, writer, destination, reader, state


side, source, writer, destination, reader, state = begin("destination, heard")
destination.on("error", lambda err, side=side: side.note("error", err))
state()
destination.destroy(Exception("no more"))
settled()
state()
over(source, writer, destination, reader)

side, source, writer, destination, reader, state = begin("destination, unheard")
destination.destroy(Exception("no more"))
settled()
state()
over(source, writer, destination, reader)

side, source, writer, destination, reader, state = begin("emitted only")
destination.on("error", lambda err, side=side: side.note("error", err))
destination.emit("error", Exception("just said"))
state()
settled()
state()
over(source, writer, destination, reader)

side, source, writer, destination, reader, state = begin("source")
source.on("error", lambda err, side=side: side.note("error", err))
source.destroy(Exception("no more"))
settled()
state()
over(source, writer, destination, reader)

side, source, writer, destination, reader, state = begin("source, no error")
source.destroy()
settled()
state()
over(source, writer, destination, reader)
gnet.run()
