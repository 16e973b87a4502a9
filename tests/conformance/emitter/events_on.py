"""events.on() iterates over the arguments of each emit, buffering what comes between two steps."""

from collections.abc import Iterator
from typing import Any

import gevent
from conformance_trace import trace

from gnet import events

emitter = events.EventEmitter()


def counts() -> list[int]:
    return [emitter.listener_count("event"), emitter.listener_count("error")]


def step(iterator: Iterator[list[Any]]) -> None:
    try:
        trace("value", next(iterator))
    except StopIteration:
        trace("done")
    except Exception as err:
        trace("threw", err)


def main() -> None:
    # What was emitted before the first step is not lost; what was before on() is.
    emitter.emit("event", "before")
    iterator = events.on(emitter, "event")
    trace("listening", counts())
    emitter.emit("event", 1)
    emitter.emit("event", 2, "two")
    emitter.emit("event")
    emitter.emit("other", "not this one")
    step(iterator)
    step(iterator)
    step(iterator)

    # Nothing buffered: the step waits.
    def emit_two() -> None:
        emitter.emit("event", "awaited")
        emitter.emit("event", "buffered")

    gevent.spawn(emit_two)
    step(iterator)
    step(iterator)

    # Given up: the listeners go, and the iterator has ended.
    iterator.close()
    trace("returned", counts())
    emitter.emit("event", "unheard")
    step(iterator)
    step(iterator)

    # What is still buffered when it is given up can be read.
    iterator = events.on(emitter, "event")
    emitter.emit("event", "left over")
    iterator.close()
    step(iterator)
    step(iterator)

    # As a loop.
    def emit_squares() -> None:
        for i in range(5):
            emitter.emit("event", i, i * i)

    iterator = events.on(emitter, "event")
    gevent.spawn(emit_squares)
    for number, square in iterator:
        trace("loop", number, square)
        if number == 2:
            break
    iterator.close()
    trace("left the loop", counts())

    # Two iterators of one event each see everything.
    first = events.on(emitter, "event")
    second = events.on(emitter, "event")
    emitter.emit("event", "for both")
    step(first)
    step(second)
    first.close()
    emitter.emit("event", "for the second")
    step(first)
    step(second)
    second.close()
    trace("nobody left", counts())


main()
