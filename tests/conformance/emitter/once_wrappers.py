"""raw_listeners() shows the wrapper of a one-shot listener, with the original as its listener."""

from typing import Any

from conformance_trace import trace

from gnet import EventEmitter

emitter = EventEmitter()


def lasting(*args: object) -> None:
    trace("lasting", *args)


def single(*args: object) -> None:
    trace("single", *args)


emitter.on("event", lasting)
emitter.once("event", single)

raw: list[Any] = emitter.raw_listeners("event")
trace("raw", len(raw))
trace("lasting is not wrapped", raw[0] is lasting)
trace("single is wrapped", raw[1] is single, raw[1].listener is single)

plain = emitter.listeners("event")
trace("listeners", len(plain), plain[0] is lasting, plain[1] is single)
trace("rawListeners of nothing", emitter.raw_listeners("nothing"))

# Calling what the wrapper wraps leaves it in place.
raw[1].listener("by hand")
trace("still there", emitter.listener_count("event"))

# Calling the wrapper removes it, and a second call does nothing.
raw[1]("through the wrapper", 2)
trace("gone", emitter.listener_count("event"))
raw[1]("too late")
emitter.emit("event", "emitted")

# The wrapper itself can be given to off().
emitter.once("other", single)
wrapper: Any = emitter.raw_listeners("other")[0]
trace("alone", len(emitter.raw_listeners("other")), wrapper.listener is single)
emitter.off("other", wrapper)
trace("removed by its wrapper", emitter.listener_count("other"))

# A wrapper that was taken out is spent only by a call.
wrapper("first call")
wrapper("second call")
