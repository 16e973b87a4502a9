"""With captureRejections the failure of an asynchronous listener becomes an 'error' event."""

from typing import Any

import gevent
from conformance_trace import trace

import gnet

emitter = gnet.EventEmitter({"captureRejections": True})
failure = Exception("listener failed")


def fail(error: Exception) -> None:
    raise error


emitter.on("event", gnet.spawned(lambda _number: fail(failure)))
emitter.on("event", lambda _number: trace("synchronous listener"))
emitter.on("error", lambda *args: trace("error", args[0] is failure, *args))

# The error comes after the synchronous code that follows the emit.
trace("emit", emitter.emit("event", 1))
trace("after the emit")

# Each failing listener is reported, in order; those that succeed are not.
several = gnet.EventEmitter({"captureRejections": True})
several.on("error", lambda err: trace("several", err))
several.on("event", gnet.spawned(lambda: fail(Exception("one"))))
several.on("event", gnet.spawned(lambda: "fine"))
several.on("event", gnet.spawned(lambda: fail(Exception("two"))))
several.once("event", gnet.spawned(lambda: fail(Exception("three, once"))))
trace("emit", several.emit("event"))
trace("count", several.listenerCount("event"))

# A synchronous failure is thrown all the same.
direct = gnet.EventEmitter({"captureRejections": True})
direct.on("error", lambda _err: trace("never called"))
direct.on("event", lambda: fail(Exception("at once")))
try:
    direct.emit("event")
except Exception as err:
    trace("threw", err)

# What else a listener returns does not matter.
returning = gnet.EventEmitter({"captureRejections": True})
returning.on("error", lambda _err: trace("never called"))
values: list[Any] = [None, 0, "text", failure, [1]]
for value in values:
    returning.on("event", lambda value=value: value)
trace("emit", returning.emit("event"))

gevent.wait()
