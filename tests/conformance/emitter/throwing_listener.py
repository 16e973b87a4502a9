"""A listener that raises ends the emit: the rest are not called, and emit() raises the same."""

from collections.abc import Callable

from conformance_trace import trace

from gnet import EventEmitter

failure = Exception("listener failed")


def fail(*_args: object) -> None:
    raise failure


def attempt(label: str, fn: Callable[[], object]) -> None:
    try:
        trace(label, fn())
    except Exception as err:
        trace(label, "threw", err is failure)


emitter = EventEmitter()
emitter.on("error", lambda _err: trace("never called"))
emitter.on("event", lambda: trace("before"))
emitter.on("event", fail)
emitter.on("event", lambda: trace("after"))
attempt("emit", lambda: emitter.emit("event"))
attempt("emit", lambda: emitter.emit("event"))
emitter.off("event", fail)
attempt("emit", lambda: emitter.emit("event"))

# The list can be changed afterwards as before.
emitter.on("event", lambda: trace("added"))
attempt("emit", lambda: emitter.emit("event"))

# A one-shot listener that throws is spent.
emitter = EventEmitter()
emitter.once("event", fail)
emitter.on("event", lambda: trace("rest"))
attempt("emit", lambda: emitter.emit("event"))
attempt("emit", lambda: emitter.emit("event"))

# Through two emitters.
outer = EventEmitter()
outer.on("event", lambda: emitter.emit("inner"))
emitter.on("inner", fail)
attempt("emit", lambda: outer.emit("event"))

# An 'error' listener that throws.
emitter = EventEmitter()
emitter.on("error", fail)
attempt("emit", lambda: emitter.emit("error", Exception("another")))

# A 'newListener' listener that throws keeps the listener out.
emitter = EventEmitter()
emitter.once("newListener", fail)
attempt("on", lambda: emitter.on("event", lambda: None) is emitter)
trace("count", emitter.listener_count("event"))


# A 'removeListener' listener that throws comes too late to keep it in.
def listener() -> None:
    """Do nothing."""


emitter = EventEmitter()
emitter.on("event", listener)
emitter.once("removeListener", fail)
attempt("off", lambda: emitter.off("event", listener) is emitter)
trace("count", emitter.listener_count("event"))
