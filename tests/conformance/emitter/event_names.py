"""event_names() lists the events that have listeners, in the order of first registration."""

from conformance_trace import trace

from gnet import EventEmitter

emitter = EventEmitter()


def listener(*args: object) -> None:
    """Do nothing."""


def other() -> None:
    """Do nothing."""


trace("none", emitter.event_names())
emitter.on("b", listener)
emitter.on("a", listener)
emitter.once("c", listener)
emitter.prepend_listener("d", listener)
emitter.on("b", other)
trace("four", emitter.event_names())

emitter.off("b", listener)
trace("one listener less", emitter.event_names())
emitter.off("b", other)
trace("last listener gone", emitter.event_names())
emitter.on("b", listener)
trace("back at the end", emitter.event_names())
emitter.emit("c")
trace("once spent", emitter.event_names())

names = emitter.event_names()
names.append("made up")
trace("a copy", emitter.event_names())

emitter.on("newListener", listener)
emitter.on("error", listener)
trace("special ones too", emitter.event_names())
emitter.remove_all_listeners("a")
trace("without a", emitter.event_names())
emitter.remove_all_listeners()
trace("none", emitter.event_names())
