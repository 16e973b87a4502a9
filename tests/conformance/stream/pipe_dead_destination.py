"""A pipe into a destination that is or gets ended, finished or destroyed."""

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

ways = {
    "ended": lambda socket: socket.end(),
    "destroyed": lambda socket: socket.destroy(),
    "destroyed with error": lambda socket: socket.destroy(Exception("no more")),
}

for name, way in ways.items():
    for when in ("before", "just before", "after"):
        side = Side(f"{name} {when}")
        source, writer = pair(allow_half_open=True)
        destination, reader = pair(allow_half_open=True)
        reader.on("error", lambda _err: None)
        side.watch(destination, "finish", "error", "close")
        destination.on("pipe", lambda _source, side=side: side.note("pipe"))
        destination.on("unpipe", lambda _source, _info, side=side: side.note("unpipe"))
        side.watch(source, "pause", "resume")
        source.on("close", lambda _had_error, side=side: side.note("source closed"))
        if when != "after":
            way(destination)
        if when == "before":
            settled()
        side.note("pipe gives", source.pipe(destination) is destination)
        if when == "after":
            feed(writer, "first")
            way(destination)
        feed(writer, "a", "b")
        side.note(
            "then",
            source.readable_flowing,
            source.readable_length,
            source.destroyed,
            destination.errored,
            source.listener_count("data"),
        )
        over(source, writer, destination, reader)
gnet.run()
