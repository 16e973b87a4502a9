"""A signal ends events.on() with an AbortError, after what was buffered before it."""

from collections.abc import Iterator
from typing import Any

import gevent
from conformance_trace import trace

from gnet import AbortController, AbortSignal, events

emitter = events.EventEmitter()
reason = Exception("no longer needed")


def counts() -> list[int]:
    return [emitter.listener_count("event"), emitter.listener_count("error")]


def step(iterator: Iterator[list[Any]]) -> None:
    try:
        trace("value", next(iterator))
    except StopIteration:
        trace("done")
    except Exception as err:
        trace("threw", err, err.__cause__ is reason)


def main() -> None:
    # Aborted beforehand: refused by the call itself.
    try:
        events.on(emitter, "event", signal=AbortSignal.abort(reason))
        trace("never here")
    except Exception as err:
        trace("threw", err, err.__cause__ is reason)
    trace("counts", counts())

    # Aborted while a step waits.
    controller = AbortController()
    iterator = events.on(emitter, "event", signal=controller.signal)
    trace("listening", counts())
    gevent.spawn(controller.abort, reason)
    step(iterator)
    step(iterator)
    trace("removed", counts())

    # Aborted between steps.
    controller = AbortController()
    iterator = events.on(emitter, "event", signal=controller.signal)
    emitter.emit("event", 1)
    emitter.emit("event", 2)
    controller.abort(reason)
    trace("removed", counts())
    emitter.emit("event", "unheard")
    step(iterator)
    step(iterator)
    step(iterator)
    step(iterator)

    # In a loop, by its own body.
    controller = AbortController()
    iterator = events.on(emitter, "event", signal=controller.signal)
    emitter.emit("event", "only one")
    try:
        for args in iterator:
            trace("loop", args)
            controller.abort(reason)
        trace("never here")
    except Exception as err:
        trace("threw", err)

    # Given up first: a later abort does nothing.
    controller = AbortController()
    iterator = events.on(emitter, "event", signal=controller.signal)
    iterator.close()
    controller.abort(reason)
    step(iterator)
    trace("removed", counts())


main()
