"""pipe() hands on all data, and the end with it, unless told not to."""

import json
from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet


def begin(name: str, **options: Any) -> tuple[Side, Any, Any, Any, Any]:
    side = Side(name)
    source, writer = pair(**options)
    destination, reader = pair(**options)
    Side(f"{name}, source").watch(source, "pause", "resume", "end", "finish", "close")
    Side(f"{name}, destination").watch(
        destination, "pipe", "unpipe", "drain", "finish", "end", "close"
    )
    Side(f"{name}, reader").watch(reader, "data", "end")
    return side, source, writer, destination, reader


for half in (False, True):
    for options in (None, {}, {"end": True}, {"end": False}):
        text = "none" if options is None else json.dumps(options, separators=(",", ":"))
        side, source, writer, destination, reader = begin(
            f"half open {json.dumps(half)}, {text}", allow_half_open=half
        )
        side.note("flowing", source.readable_flowing)
        side.note("returned", source.pipe(destination, **options or {}) is destination)
        side.note("flowing", source.readable_flowing, source.is_paused())
        feed(writer, "abc", b"def")
        side.note("listeners", source.listener_count("data"))
        writer.end("last")
        settled()
        side.note(
            "ended",
            destination.writable_ended,
            destination.writable_finished,
            destination.destroyed,
            source.destroyed,
        )
        side.note("listeners", source.listener_count("data"))
        if not destination.writable_ended:
            destination.write("still open")
            settled()
        over(source, writer, destination, reader)

side, source, writer, destination, reader = begin("text")
source.set_encoding("hex")
source.pipe(destination)
feed(writer, "abc")
side.note("sent", destination.bytes_written)
over(source, writer, destination, reader)
gnet.run()
