"""EventEmitter.captureRejections is the default for emitters made from then on."""

from collections.abc import Callable
from typing import Any

import gevent
from conformance_trace import trace

import gnet
from gnet import EventEmitter


def attempt(label: str, fn: Callable[..., object], *args: Any) -> None:
    try:
        fn(*args)
        trace(label, "passed")
    except Exception as err:
        trace(label, err)


def set_default(value: Any) -> None:
    EventEmitter.captureRejections = value


def fail(message: str) -> None:
    raise RuntimeError(message)


trace("default", EventEmitter.captureRejections)
before = EventEmitter()
EventEmitter.captureRejections = True
trace("default", EventEmitter.captureRejections)
during = EventEmitter()
refusing = EventEmitter({"captureRejections": False})
optionless = EventEmitter({})
EventEmitter.captureRejections = False
after = EventEmitter()

hub: Any = gevent.get_hub()
hub.handle_error = lambda _context, _type, err, _traceback: trace("uncaught", err)
emitters = {
    "before": before,
    "during": during,
    "refusing": refusing,
    "optionless": optionless,
    "after": after,
}

for name, emitter in emitters.items():
    emitter.on("error", lambda err: trace("captured", err))
    emitter.on("event", gnet.spawned(lambda name=name: fail(name)))
    trace("emit", name, emitter.emit("event"))
    # The next round begins when all that this one caused has run.
    gevent.wait()

# Only a boolean will do, as the default and as the option; a false value of any type is none.
bad_values: list[Any] = [1, "yes", None]
for bad in bad_values:
    attempt("default", set_default, bad)
for bad in [1, "yes"]:
    attempt("option", EventEmitter, {"captureRejections": bad})
for falsy in [0, "", None]:
    attempt("option", EventEmitter, {"captureRejections": falsy})
trace("default", EventEmitter.captureRejections)
