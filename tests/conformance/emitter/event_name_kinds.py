"""Symbols are event names of their own, and eventNames() lists them after the strings.

Any object may stand for a symbol, but only the library's own ones are known as such; so the
object is registered last here, where both languages list it after the strings.
"""

from conformance_trace import trace

from gnet import EventEmitter
from gnet.events import errorMonitor

emitter = EventEmitter()
key = object()
twin = object()

emitter.on(errorMonitor, lambda: None)
emitter.on("key", lambda *args: trace("string", *args))
emitter.on("later", lambda: None)
emitter.on(key, lambda *args: trace("key", *args))
trace("emit", emitter.emit(key, 1))
trace("emit", emitter.emit("key", 2))
trace("emit", emitter.emit(twin, 3))

names = emitter.eventNames()
trace("names", names)
trace("same values", key in names, errorMonitor in names)

emitter.on("newListener", lambda event, _fn: trace("new", event))
emitter.on("removeListener", lambda event, _fn: trace("removed", event))
emitter.once(key, lambda: None)
emitter.removeAllListeners(key)
trace("count", emitter.listenerCount(key), emitter.listenerCount("key"))

# An empty string and names that other languages would trip over are plain names.
for name in ["", "__proto__", "constructor", "toString", "__init__", "_events"]:
    trace("unknown", name, emitter.listenerCount(name), emitter.emit(name))
emitter.removeAllListeners()
emitter.on("", lambda: trace("empty"))
emitter.on("__proto__", lambda: trace("proto"))
trace("emit", emitter.emit(""), emitter.emit("__proto__"))
trace("names", emitter.eventNames())
