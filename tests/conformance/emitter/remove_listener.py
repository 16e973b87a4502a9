"""'removeListener' comes after the removal; for one-shot listeners it passes what Node passes."""

from typing import Any

from conformance_trace import trace

from gnet import EventEmitter


def a(*args: object) -> None:
    """Do nothing."""


def b(*args: object) -> None:
    """Do nothing."""


emitter = EventEmitter()


def watch() -> None:
    @emitter.on("removeListener")
    def removed(event: str, fn: Any) -> None:
        wraps_a = getattr(fn, "listener", None) is a
        known = "a" if fn is a else "b" if fn is b else "wrapped a" if wraps_a else "unknown"
        trace("removed", event, known, emitter.listener_count(event))


watch()

emitter.on("event", a)
emitter.on("event", b)
emitter.off("event", a)
emitter.remove_listener("event", b)
emitter.off("event", b)
emitter.off("nothing", a)
emitter.on("event", b)
emitter.off("event", a)
emitter.off("event", b)

# A one-shot listener that fires: the function if it was alone, its wrapper if there were others.
emitter.once("alone", a)
emitter.emit("alone")
emitter.once("several", a)
emitter.on("several", b)
emitter.emit("several")
emitter.on("last two", b)
emitter.once("last two", a)
emitter.emit("last two")

# Taken away by off(), it is what off() was given, or the function if it was alone.
emitter.once("off alone", a)
emitter.off("off alone", a)
emitter.once("off several", a)
emitter.on("off several", b)
emitter.off("off several", a)
emitter.once("off wrapper", a)
emitter.on("off wrapper", b)
emitter.off("off wrapper", emitter.raw_listeners("off wrapper")[0])
emitter.once("off wrapper alone", a)
emitter.off("off wrapper alone", emitter.raw_listeners("off wrapper alone")[0])

# With removeAllListeners(event) too.
emitter.once("all alone", a)
emitter.remove_all_listeners("all alone")
emitter.once("all several", a)
emitter.on("all several", b)
emitter.remove_all_listeners("all several")

# Removing a 'removeListener' listener tells those that are left.
emitter.on("removeListener", a)
emitter.off("removeListener", a)


# Inside the listener the removal has already happened, and can be undone.
def put_back(event: str, fn: Any) -> None:
    trace("put back", emitter.listener_count(event))
    emitter.on(event, fn)


emitter = EventEmitter()
emitter.once("removeListener", put_back)
emitter.on("event", a)
emitter.off("event", a)
trace("count", emitter.listener_count("event"), emitter.event_names())
