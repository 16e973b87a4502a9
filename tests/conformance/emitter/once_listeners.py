"""A one-shot listener is removed before it is called, so it is called once even if it emits."""

from conformance_trace import trace

from gnet import EventEmitter

emitter = EventEmitter()


def emits_again(*args: object) -> None:
    trace("called", emitter.listenerCount("event"), *args)
    trace("inner emit", emitter.emit("event", "again"))


emitter.once("event", emits_again)
trace("before", emitter.listenerCount("event"))
trace("emit", emitter.emit("event", 1, 2))
trace("emit", emitter.emit("event", 3))


# Beside a lasting listener the inner emit reaches only that one, and the outer emit goes on.
def emits_deeper(depth: int) -> None:
    trace("once", depth)
    emitter.emit("pair", depth + 1)


emitter.once("pair", emits_deeper)
emitter.on("pair", lambda depth: trace("on", depth))
emitter.emit("pair", 0)
emitter.emit("pair", 0)


# A one-shot listener goes by the function that was given.
def listener() -> None:
    trace("never called")


emitter.once("removed", listener)
emitter.prependOnceListener("removed", listener)
trace("registered", emitter.listenerCount("removed"))
emitter.off("removed", listener)
trace("one removed", emitter.listenerCount("removed"))
emitter.removeListener("removed", listener)
trace("both removed", emitter.listenerCount("removed"))
trace("emit", emitter.emit("removed"))

# Registered again from inside itself, it waits for the next emit.
rounds = 0


def renew() -> None:
    global rounds
    rounds += 1
    trace("round", rounds)
    if rounds < 3:
        emitter.once("renewed", renew)


emitter.once("renewed", renew)
while emitter.emit("renewed"):
    trace("next")
