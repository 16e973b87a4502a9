"""The functions of the events module refuse what they cannot use, with Node's code and text."""

from collections.abc import Callable
from typing import Any

from conformance_trace import trace

from gnet import AbortController, events

emitter = events.EventEmitter()


def listener(_event: object) -> None:
    """Do nothing."""


def attempt(label: str, fn: Callable[..., object], *args: Any, **options: Any) -> None:
    try:
        fn(*args, **options)
        trace(label, "passed")
    except Exception as err:
        trace(label, err)


def main() -> None:
    bad_values: list[Any] = [5, "x"]
    for bad in bad_values:
        attempt("once, emitter", events.once, bad, "event")
        attempt("once, options", events.once, emitter, "event", bad)
        attempt("once, signal", events.once, emitter, "event", signal=bad)
        attempt("on, emitter", events.on, bad, "event")
        attempt("on, options", events.on, emitter, "event", bad)
        attempt("on, signal", events.on, emitter, "event", signal=bad)
        attempt("addAbortListener, signal", events.add_abort_listener, bad, listener)
        attempt(
            "addAbortListener, listener", events.add_abort_listener, AbortController().signal, bad
        )
    trace("nothing was added", emitter.event_names())


main()
