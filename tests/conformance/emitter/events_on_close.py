"""The close option of events.on() names the events that end the iteration."""

from collections.abc import Iterator
from typing import Any

import gevent
from conformance_trace import trace

from gnet import events

emitter = events.EventEmitter()


def counts() -> list[int]:
    return [emitter.listenerCount(name) for name in ("event", "error", "end", "close")]


def step(iterator: Iterator[list[Any]]) -> None:
    try:
        trace("value", next(iterator))
    except StopIteration:
        trace("done")
    except Exception as err:
        trace("threw", err)


def main() -> None:
    # What was buffered before is still delivered.
    iterator = events.on(emitter, "event", {"close": ["end", "close"]})
    trace("listening", counts())
    emitter.emit("event", 1)
    emitter.emit("event", 2)
    trace("emit", emitter.emit("end", "ignored"))
    trace("removed", counts())
    emitter.emit("event", "unheard")
    step(iterator)
    step(iterator)
    step(iterator)
    step(iterator)

    # A waiting step ends.
    iterator = events.on(emitter, "event", {"close": ["end", "close"]})
    gevent.spawn(lambda: emitter.emit("close"))
    step(iterator)
    trace("removed", counts())

    # So does a loop.
    def emit_some() -> None:
        emitter.emit("close")
        emitter.emit("event", "a")
        emitter.emit("event", "b")
        emitter.emit("end")

    iterator = events.on(emitter, "event", {"close": ["end"]})
    gevent.spawn(emit_some)
    for args in iterator:
        trace("loop", args)
    trace("loop ended", counts())

    # No close events: the same as no option.
    iterator = events.on(emitter, "event", {"close": []})
    emitter.emit("end")
    emitter.emit("event", "goes on")
    step(iterator)
    iterator.close()
    trace("removed", counts())

    # The event itself may be the one that ends it: this emit is the last value.
    iterator = events.on(emitter, "event", {"close": ["event"]})
    trace("listening", counts())
    emitter.emit("event", "only one")
    emitter.emit("event", "unheard")
    step(iterator)
    step(iterator)
    trace("removed", counts())


main()
