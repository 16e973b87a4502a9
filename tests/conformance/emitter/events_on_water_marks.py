"""events.on() pauses an emitter that has too much buffered, and resumes it when that is read."""

import math
from collections.abc import Iterator
from typing import Any

import gevent
from conformance_trace import trace

from gnet import events


class Source(events.EventEmitter):
    """An emitter that can be paused, but only says so."""

    def pause(self) -> None:
        trace("pause")

    def resume(self) -> None:
        trace("resume")


source = Source()


def step(iterator: Iterator[list[Any]]) -> None:
    try:
        trace("value", next(iterator))
    except StopIteration:
        trace("done")
    except Exception as err:
        trace("threw", err)


def emit(*values: int) -> None:
    for value in values:
        trace("emit", value)
        source.emit("event", value)


def main() -> None:
    # Paused once above the high mark, resumed once below the low one.
    options = {"highWaterMark": 3, "lowWaterMark": 2, "close": ["end"]}
    iterator = events.on(source, "event", options)
    emit(1, 2, 3, 4, 5)
    step(iterator)
    step(iterator)
    step(iterator)
    step(iterator)
    step(iterator)

    # And again.
    emit(6, 7, 8, 9)
    step(iterator)
    step(iterator)
    step(iterator)
    step(iterator)

    # A value that goes straight to a waiting step fills nothing.
    gevent.spawn(emit, 10, 11, 12)
    step(iterator)
    step(iterator)
    step(iterator)

    # Ended while paused: what is left is read without a resume.
    emit(13, 14, 15, 16)
    source.emit("end")
    for _ in range(5):
        step(iterator)

    # The low mark is 1 by default: resumed when everything was read.
    iterator = events.on(source, "event", {"highWaterMark": 1})
    emit(17, 18, 19)
    step(iterator)
    step(iterator)
    step(iterator)
    iterator.close()

    # Without marks there is no limit.
    iterator = events.on(source, "event")
    for i in range(100):
        source.emit("event", i)
    step(iterator)
    iterator.close()

    # Both must be whole numbers from 1 on.
    for bad in [0, -1, 1.5, math.nan, "x"]:
        for name in ["highWaterMark", "lowWaterMark"]:
            try:
                events.on(source, "event", {name: bad})
                trace("never here")
            except Exception as err:
                trace("refused", err)
    trace("nothing was added", source.eventNames())


main()
