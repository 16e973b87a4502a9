"""removeAllListeners() tells of each removal, last listener first, 'removeListener' at the end."""

from collections.abc import Callable
from typing import Any

from conformance_trace import trace

from gnet import EventEmitter


def a(*args: object) -> None:
    """Do nothing."""


def b(*args: object) -> None:
    """Do nothing."""


def c(*args: object) -> None:
    """Do nothing."""


def name_of(fn: Any) -> int:
    original = getattr(fn, "listener", fn)
    return [a, b, c].index(original) if original in (a, b, c) else -1


def tell(label: str) -> Callable[..., None]:
    return lambda event, fn: trace(label, event, name_of(fn))


emitter = EventEmitter()
emitter.on("x", a).on("x", b).on("x", c).on("y", a)
trace("removeAllListeners", emitter.removeAllListeners("x") is emitter, emitter.eventNames())
trace("emit", emitter.emit("x"), emitter.emit("y"))
emitter.removeAllListeners("unknown")
trace("names", emitter.eventNames())
emitter.removeAllListeners()
trace("names", emitter.eventNames())
emitter.removeAllListeners().removeAllListeners("x")

# One event, with someone who listens.
emitter = EventEmitter()
emitter.on("removeListener", tell("removed"))
emitter.on("x", a).on("x", b).once("x", c).on("x", a).on("y", b)
emitter.removeAllListeners("x")
trace("names", emitter.eventNames())
emitter.removeAllListeners("unknown")

# All events: in the order of registration, each from its last listener to its first.
emitter = EventEmitter()
emitter.on("x", a)
emitter.on("removeListener", tell("first"))
emitter.on("y", b).on("y", c)
emitter.on("removeListener", tell("second"))
emitter.on("x", c).once("z", a)
emitter.removeAllListeners()
trace("names", emitter.eventNames(), emitter.listenerCount("removeListener"))

# The 'removeListener' listeners alone.
emitter = EventEmitter()
emitter.on("removeListener", tell("one"))
emitter.on("removeListener", a)
emitter.on("removeListener", b)
emitter.removeAllListeners("removeListener")
trace("names", emitter.eventNames())


# In the middle of an emit.
def remove_all() -> None:
    emitter.removeAllListeners("x")
    trace("all gone", emitter.listenerCount("x"))


emitter = EventEmitter()
emitter.on("x", remove_all)
emitter.on("x", lambda: trace("goes on"))
trace("emit", emitter.emit("x"), emitter.emit("x"))
