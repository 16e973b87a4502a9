"""A limit must be a number that is not negative; a refused one changes nothing."""

import math
from collections.abc import Callable
from typing import Any

from conformance_trace import trace

from gnet import events

EventEmitter = events.EventEmitter
emitter = EventEmitter()


def attempt(label: str, fn: Callable[..., object], *args: Any) -> None:
    try:
        fn(*args)
        trace(label, "passed")
    except Exception as err:
        trace(label, err)


def set_default(value: Any) -> None:
    EventEmitter.defaultMaxListeners = value


bad_values: list[Any] = [-1, -0.5, math.nan, -math.inf, "5", None, True]
for bad in bad_values:
    attempt("emitter", emitter.setMaxListeners, bad)
    attempt("default", set_default, bad)
    attempt("module", events.setMaxListeners, bad)
    attempt("module, target", events.setMaxListeners, bad, emitter)
for good in [0, 1, 2.5, math.inf]:
    attempt("emitter", emitter.setMaxListeners, good)
    trace("limit", emitter.getMaxListeners())
trace("default", EventEmitter.defaultMaxListeners)

# Targets must be emitters; those before the first bad one have been set.
number: Any = 5
text: Any = "x"
attempt("targets", events.setMaxListeners, 7, emitter, number)
trace("limit", emitter.getMaxListeners())
attempt("targets", events.setMaxListeners, 8, text)
attempt("getMaxListeners", events.getMaxListeners, number)
attempt("getEventListeners", events.getEventListeners, number, "x")
attempt("listenerCount", events.listenerCount, number, "x")
