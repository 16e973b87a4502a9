"""'newListener' comes before the listener is added, with the function that was given."""

from conformance_trace import trace

from gnet import EventEmitter

emitter = EventEmitter()


def listener(*args: object) -> None:
    """Do nothing."""


# Its own first listener is not announced, as nobody listens yet; the second one is.
emitter.on(
    "newListener",
    lambda event, fn: trace("new", event, fn is listener, emitter.listenerCount(event)),
)
emitter.on("newListener", listener)
emitter.off("newListener", listener)

emitter.on("event", listener)
emitter.addListener("event", listener)
emitter.prependListener("event", listener)
emitter.once("event", listener)
emitter.prependOnceListener("event", listener)
emitter.on("removeListener", listener)
emitter.once("error", listener)
emitter.off("event", listener)
trace("count", emitter.listenerCount("event"))


# A listener that is added inside goes in front of the one that is being added.
def add_inside(event: str, _fn: object) -> None:
    if event == "event":
        emitter.on("event", lambda: trace("added inside"))


emitter = EventEmitter()
emitter.once("newListener", add_inside)
emitter.on("event", lambda: trace("added outside"))
emitter.emit("event")


# So does one that is prepended, and one that is added before a prepended one comes second.
def prepend_inside(_event: str, _fn: object) -> None:
    emitter.prependListener("event", lambda: trace("prepended inside"))


emitter = EventEmitter()
emitter.once("newListener", prepend_inside)
emitter.on("event", lambda: trace("appended outside"))
emitter.emit("event")


def append_inside(_event: str, _fn: object) -> None:
    emitter.on("event", lambda: trace("appended inside"))


emitter = EventEmitter()
emitter.once("newListener", append_inside)
emitter.prependListener("event", lambda: trace("prepended outside"))
emitter.emit("event")

# Emitted by hand it is an event like any other.
emitter = EventEmitter()
emitter.on("newListener", lambda *args: trace("by hand", *args))
trace("emit", emitter.emit("newListener", "made up", 1))
trace("names", emitter.eventNames())

# A one-shot 'newListener' listener sees one registration.
emitter = EventEmitter()
emitter.once("newListener", lambda event, _fn: trace("first registration", event))
emitter.on("a", listener)
emitter.on("b", listener)
trace("names", emitter.eventNames())
