"""Passing the limit warns once for each emitter and event, and says which and how many."""

import math
import warnings
from typing import Any

from conformance_trace import trace

from gnet import EventEmitter


def add(emitter: EventEmitter, event: str, count: int) -> None:
    for _ in range(count):
        emitter.on(event, lambda: None)


def extra() -> None:
    """Do nothing."""


with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")

    first = EventEmitter()
    add(first, "ten", 10)
    add(first, "eleven", 11)
    add(first, "thirty", 30)
    add(first, "ten", 5)

    second = EventEmitter()
    second.setMaxListeners(2)
    second.once("event", lambda: None)
    second.prependListener("event", lambda: None)
    second.prependOnceListener("event", lambda: None)
    second.on("event", lambda: None)

    third = EventEmitter()
    third.setMaxListeners(1)
    add(third, "lowered", 1)
    third.setMaxListeners(0)
    add(third, "none", 30)
    third.setMaxListeners(math.inf)
    add(third, "infinite", 30)
    third.setMaxListeners(3)
    add(third, "none", 1)
    third.setMaxListeners(0.5)
    add(third, "half", 1)
    add(third, "half", 1)

    # Emptied and filled again it warns again; one listener less and one more it does not.
    fourth = EventEmitter()
    fourth.setMaxListeners(2)
    add(fourth, "refilled", 2)
    fourth.on("refilled", extra)
    fourth.off("refilled", extra)
    fourth.on("refilled", extra)
    fourth.removeAllListeners("refilled")
    add(fourth, "refilled", 3)

emitters = [first, second, third, fourth]
for record in warned:
    warning: Any = record.message
    place = emitters.index(warning.emitter)
    trace("warning", type(warning).__name__, place, warning.type, warning.count)
    trace("message", str(warning).split(" listeners added")[0])
