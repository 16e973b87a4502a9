"""events.on() raises an 'error' once, after what was buffered before it, and has then ended."""

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
    # Buffered values come first.
    iterator = events.on(emitter, "event")
    emitter.emit("event", 1)
    emitter.emit("event", 2)
    trace("emit", emitter.emit("error", Exception("came third")))
    trace("removed", counts())
    emitter.emit("event", "unheard")
    step(iterator)
    step(iterator)
    step(iterator)
    step(iterator)

    # A waiting step gets it at once.
    iterator = events.on(emitter, "event")
    gevent.spawn(lambda: emitter.emit("error", Exception("while waiting")))
    step(iterator)
    step(iterator)
    trace("removed", counts())

    # A loop is left by it.
    def emit_last() -> None:
        emitter.emit("event", "last")
        emitter.emit("error", Exception("ends the loop"))

    iterator = events.on(emitter, "event")
    gevent.spawn(emit_last)
    try:
        for args in iterator:
            trace("loop", args)
        trace("never here")
    except Exception as err:
        trace("threw", err)

    # throw() acts like an 'error' event.
    iterator = events.on(emitter, "event")
    emitter.emit("event", "first")
    iterator.throw(Exception("thrown in"))
    trace("removed", counts())
    step(iterator)
    step(iterator)
    step(iterator)

    # It takes errors only.
    iterator = events.on(emitter, "event")
    bad_values: list[Any] = [5, "x", None]
    for bad in bad_values:
        try:
            iterator.throw(bad)
            trace("never here")
        except Exception as err:
            trace("refused", err)
    trace("still listening", counts())
    iterator.close()

    # Iterating over 'error' itself: errors are values.
    iterator = events.on(emitter, "error")
    trace("listening", counts())
    emitter.emit("error", Exception("a value"), "extra")
    step(iterator)
    iterator.close()
    trace("removed", counts())


main()
