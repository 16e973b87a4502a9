"""The same listener may be added repeatedly; off() takes away the most recent one."""

from conformance_trace import trace

from gnet import EventEmitter

emitter = EventEmitter()


def a() -> None:
    trace("a")


def b() -> None:
    trace("b")


emitter.on("event", a)
emitter.on("event", b)
emitter.on("event", a)
emitter.emit("event")
trace("count", emitter.listener_count("event"), emitter.listener_count("event", a))

emitter.off("event", a)
emitter.emit("event")
trace("count", emitter.listener_count("event"), emitter.listener_count("event", a))

emitter.prepend_listener("event", b)
emitter.off("event", b)
emitter.emit("event")

emitter.off("event", a)
emitter.off("event", a)
trace("count", emitter.listener_count("event"), emitter.listener_count("event", a))
emitter.emit("event")

# One function, lasting and one-shot: off() looks from the end, whichever kind is there.
emitter.on("mixed", a)
emitter.once("mixed", a)
emitter.emit("mixed")
trace("once spent", emitter.listener_count("mixed"))
emitter.once("mixed", a)
emitter.off("mixed", a)
trace("once removed", emitter.raw_listeners("mixed")[0] is a)
emitter.prepend_once_listener("mixed", a)
emitter.off("mixed", a)
trace("once left", emitter.raw_listeners("mixed")[0] is a, emitter.listener_count("mixed", a))

# The same one-shot listener twice: each emit calls both.
emitter.once("twice", b)
emitter.once("twice", b)
trace("emit", emitter.emit("twice"))
trace("emit", emitter.emit("twice"))
