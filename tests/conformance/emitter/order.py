"""Listeners are called in the order of registration, prepended ones first, with all arguments."""

from conformance_trace import trace

from gnet import EventEmitter

emitter = EventEmitter()

emitter.on("event", lambda *args: trace("first", *args))
emitter.addListener("event", lambda *args: trace("second", *args))
emitter.prependListener("event", lambda *args: trace("zeroth", *args))
emitter.prependListener("event", lambda *args: trace("front", *args))
emitter.on("event", lambda *args: trace("last", *args))
emitter.on("other", lambda: trace("not called"))

trace("emit", emitter.emit("event"))
trace("emit", emitter.emit("event", 1, "two", None, [3]))
trace("emit", emitter.emit("nobody listens", 1))

# The mixed order of one-shot and lasting listeners is that of registration too.
emitter.once("mixed", lambda: trace("once"))
emitter.on("mixed", lambda: trace("on"))
emitter.prependOnceListener("mixed", lambda: trace("prepended once"))
emitter.prependListener("mixed", lambda: trace("prepended"))

trace("emit", emitter.emit("mixed"))
trace("emit", emitter.emit("mixed"))
