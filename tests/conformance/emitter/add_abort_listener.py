"""addAbortListener() calls its listener once when the signal aborts, unless disposed of before."""

import gevent
from conformance_trace import trace

from gnet import AbortController, events

controller = AbortController()
events.addAbortListener(
    controller.signal,
    lambda event: trace(
        "first", event.type, event.target is controller.signal, controller.signal.aborted
    ),
)
events.addAbortListener(controller.signal, lambda _event: trace("second"))
trace("before", controller.signal.aborted)
controller.abort()
trace("after", controller.signal.aborted)
controller.abort()
trace("once only")

# Disposed of in time.
controller = AbortController()
disposable = events.addAbortListener(controller.signal, lambda _event: trace("never called"))
disposable.dispose()
disposable.dispose()
controller.abort()
disposable.dispose()
trace("disposed")

# Only the one that was disposed of is gone.
controller = AbortController()
events.addAbortListener(controller.signal, lambda _event: trace("kept"))
disposable = events.addAbortListener(controller.signal, lambda _event: trace("never called"))
events.addAbortListener(controller.signal, lambda _event: trace("kept too"))
disposable.dispose()
controller.abort()


# The same function twice is one listener, which either of the two takes off.
def listener(_event: object) -> None:
    trace("called")


controller = AbortController()
events.addAbortListener(controller.signal, listener)
events.addAbortListener(controller.signal, listener)
controller.abort()
controller = AbortController()
events.addAbortListener(controller.signal, listener)
events.addAbortListener(controller.signal, listener).dispose()
controller.abort()
trace("one listener")

# A block can dispose of it at its end.
controller = AbortController()
with events.addAbortListener(controller.signal, lambda _event: trace("never called")) as scoped:
    trace("in the block", scoped is not None)
controller.abort()
trace("after the block")

# Already aborted: called soon, but not before the call has returned, and not to be stopped.
disposable = events.addAbortListener(controller.signal, lambda *_event: trace("called late"))
disposable.dispose()
trace("last line of the program")

gevent.wait()
