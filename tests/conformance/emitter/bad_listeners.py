"""What is not a function is refused as a listener, by every method that takes one."""

from collections.abc import Callable
from typing import Any

from conformance_trace import trace

from gnet import EventEmitter

emitter = EventEmitter()


def attempt(label: str, fn: Callable[..., object], *args: Any) -> None:
    try:
        fn(*args)
        trace(label, "passed")
    except Exception as err:
        trace(label, err)


emitter.on("newListener", lambda *_args: trace("never called"))

bad_values: list[Any] = [None, 5, "x", True, 1.5]
for bad in bad_values:
    attempt("on", emitter.on, "event", bad)
    attempt("addListener", emitter.add_listener, "event", bad)
    attempt("once", emitter.once, "event", bad)
    attempt("prependListener", emitter.prepend_listener, "event", bad)
    attempt("prependOnceListener", emitter.prepend_once_listener, "event", bad)
    attempt("off", emitter.off, "event", bad)
    attempt("removeListener", emitter.remove_listener, "event", bad)
trace("names", emitter.event_names())
