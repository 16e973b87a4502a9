"""The default limit applies to all emitters without one of their own, also to existing ones."""

import warnings
from typing import Any

from conformance_trace import trace

from gnet import events

EventEmitter = events.EventEmitter


def add(emitter: events.EventEmitter, event: str, count: int) -> None:
    for _ in range(count):
        emitter.on(event, lambda: None)


with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")

    existing = EventEmitter()
    limited = EventEmitter().set_max_listeners(5)
    trace("default", EventEmitter.default_max_listeners)
    trace("limits", existing.get_max_listeners(), limited.get_max_listeners())

    EventEmitter.default_max_listeners = 2
    fresh = EventEmitter()
    trace(
        "limits",
        existing.get_max_listeners(),
        limited.get_max_listeners(),
        fresh.get_max_listeners(),
    )
    add(existing, "existing", 3)
    add(limited, "limited", 5)
    add(fresh, "fresh", 3)

    # The function of the module sets the same default.
    events.set_max_listeners(3)
    trace("default", EventEmitter.default_max_listeners)
    trace("limits", existing.get_max_listeners(), limited.get_max_listeners())
    add(existing, "three", 3)
    add(existing, "four", 4)

    # No limit by default; a limit of one's own still counts.
    EventEmitter.default_max_listeners = 0
    trace("limits", existing.get_max_listeners(), limited.get_max_listeners())
    add(existing, "many", 30)
    add(limited, "six", 6)
    limited.set_max_listeners(0)
    trace("limits", limited.get_max_listeners())

for record in warned:
    warning: Any = record.message
    trace("warning", warning.type, warning.count)
