"""listenerCount() and listeners() count and copy what is registered, wrapped or not."""

from typing import Any

from conformance_trace import trace

from gnet import events

emitter = events.EventEmitter()


def a() -> None:
    """Do nothing."""


def b() -> None:
    """Do nothing."""


def c() -> None:
    """Do nothing."""


count = emitter.listenerCount

trace("none", emitter.listenerCount("x"), emitter.listenerCount("x", a))
emitter.on("x", a)
trace("one", count("x"), count("x", a), count("x", b))
emitter.once("x", b)
emitter.on("x", a)
trace("three", emitter.listenerCount("x"))
trace("by function", emitter.listenerCount("x", a), emitter.listenerCount("x", b))
trace("unknown function", emitter.listenerCount("x", c))
trace("unknown event", emitter.listenerCount("y"), emitter.listenerCount("y", a))
trace("function null", emitter.listenerCount("x", None))
trace("of the module", events.listenerCount(emitter, "x"), events.listenerCount(emitter, "y"))

# By wrapper.
wrapper: Any = emitter.rawListeners("x")[1]
trace("by wrapper", emitter.listenerCount("x", wrapper))
emitter.once("z", c)
trace("alone", count("z", c), count("z", emitter.rawListeners("z")[0]))

# What is returned is a copy.
found = emitter.listeners("x")
trace("listeners", len(found), found[0] is a, found[1] is b, found[2] is a)
found.pop()
found.extend([c, c])
trace("unchanged", len(emitter.listeners("x")), emitter.listenerCount("x", c))
emitter.rawListeners("x").pop()
trace("unchanged", len(emitter.rawListeners("x")))
trace("listeners of nothing", emitter.listeners("nothing"))
