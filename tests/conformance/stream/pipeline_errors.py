"""If one part of a pipeline fails, all the others are destroyed, and the callback hears why."""

from _pair import attempt, feed, noting, over, pair, settled
from net._sides import Side

import gnet

acts = {
    "source destroyed": lambda source, _destination: source.destroy(),
    "source failed": lambda source, _destination: source.destroy(Exception("no more")),
    "destination destroyed": lambda _source, destination: destination.destroy(),
    "destination failed": lambda _source, destination: destination.destroy(Exception("no more")),
    "destination ended": lambda _source, destination: destination.end(),
    "source ended": lambda source, _destination: source.end(),
}

for when in ("before", "just before", "during"):
    for name, act in acts.items():
        side = Side(f"{name} {when}")
        source, writer = pair(allow_half_open=True)
        destination, reader = pair(allow_half_open=True)
        source_events = Side(f"{name} {when}, source")
        destination_events = Side(f"{name} {when}, destination")
        source_events.watch(source, "error", "close")
        destination_events.watch(destination, "error", "close", "finish")
        writer.on("error", lambda _err: None)
        reader.on("error", lambda _err: None)
        if when != "during":
            act(source, destination)
        if when == "before":
            settled()

        def start(source=source, destination=destination, side=side) -> bool:
            return gnet.pipeline(source, destination, noting(side, "done")) is destination

        attempt(side, "gives", start)
        feed(writer, "abc")
        if when == "during":
            act(source, destination)
            settled()
        feed(writer, "def")
        side.note("then", source.destroyed, destination.destroyed, source.listener_count("data"))
        writer.end()
        settled()
        side.note("last", source.destroyed, destination.destroyed)
        over(source, writer, destination, reader)
gnet.run()
