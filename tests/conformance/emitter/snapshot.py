"""Changes made to the listeners during an emit count from the next emit on."""

from conformance_trace import trace

from gnet import EventEmitter


def added() -> None:
    trace("added")


def removed() -> None:
    trace("removed")


def changing() -> None:
    trace("changing")
    emitter.on("event", added)
    emitter.prependListener("event", added)
    emitter.off("event", removed)


emitter = EventEmitter()
emitter.on("event", changing)
emitter.on("event", removed)
emitter.emit("event")
trace("count", emitter.listenerCount("event"))
emitter.removeAllListeners("event")


# Everything removed: the rest of this emit still runs.
def removing_all() -> None:
    trace("removing all")
    emitter.removeAllListeners()


emitter = EventEmitter()
emitter.on("event", removing_all)
emitter.on("event", lambda: trace("still called"))
trace("emit", emitter.emit("event"))
trace("emit", emitter.emit("event"))


# A listener that removes itself disturbs nobody.
def leaving() -> None:
    trace("leaving")
    emitter.off("event", leaving)


emitter = EventEmitter()
emitter.on("event", lambda: trace("before"))
emitter.on("event", leaving)
emitter.on("event", lambda: trace("after"))
emitter.emit("event")
emitter.emit("event")


# An emit inside a listener sees the changes, the one around it does not.
def late(depth: int) -> None:
    trace("late", depth)


def outer(depth: int) -> None:
    trace("outer", depth)
    if depth == 0:
        emitter.on("event", late)
        emitter.emit("event", depth + 1)
        emitter.off("event", late)


emitter = EventEmitter()
emitter.on("event", outer)
emitter.on("event", lambda depth: trace("second", depth))
emitter.emit("event", 0)


# The only listener adds another one.
def only() -> None:
    trace("only")
    emitter.on("event", added)


emitter = EventEmitter()
emitter.once("event", only)
emitter.emit("event")
emitter.emit("event")
