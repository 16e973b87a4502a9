"""errorMonitor listeners see an error before the 'error' listeners, and do not handle it."""

from conformance_trace import trace

from gnet import EventEmitter
from gnet.events import errorMonitor

emitter = EventEmitter()
error = Exception("went wrong")

trace("one symbol", EventEmitter.errorMonitor is errorMonitor)

emitter.on(errorMonitor, lambda *args: trace("monitor", *args))
try:
    emitter.emit("error", error, "extra")
except Exception as err:
    trace("threw", err is error)

emitter.on("error", lambda *args: trace("handler", *args))
emitter.on(errorMonitor, lambda *_args: trace("second monitor"))
emitter.prependListener("error", lambda *_args: trace("first handler"))
trace("emit", emitter.emit("error", error, "extra"))

# Only errors are monitored.
trace("emit", emitter.emit("event", error))

# Emitted under its own name it is an event like any other.
trace("emit", emitter.emit(errorMonitor, "by hand"))
trace("count", emitter.listenerCount("error"), emitter.listenerCount(errorMonitor))

# A one-shot monitor, and none at all.
emitter.removeAllListeners(errorMonitor)
emitter.once(errorMonitor, lambda _err: trace("once"))
emitter.emit("error", error)
emitter.emit("error", error)
trace("count", emitter.listenerCount(errorMonitor))

# A monitor that adds a handler is in time.
late = EventEmitter()
late.on(
    errorMonitor,
    lambda _err: late.on("error", lambda _err: trace("added by the monitor")),
)
trace("emit", late.emit("error", error))


# One that throws takes the place of the error.
def fail(_err: Exception) -> None:
    raise RuntimeError("the monitor failed")


loud = EventEmitter()
loud.on(errorMonitor, fail)
loud.on("error", lambda _err: trace("never called"))
try:
    loud.emit("error", error)
except Exception as err:
    trace("threw", err)
