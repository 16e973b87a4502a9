"""The functions of the events module take an AbortSignal where they take an emitter."""

from typing import Any

from conformance_trace import trace

from gnet import AbortController, events

emitter = events.EventEmitter()
signal: Any = AbortController().signal


def listener(_event: object) -> None:
    """Do nothing."""


# Its listeners.
trace("none", events.getEventListeners(signal, "abort"), events.listenerCount(signal, "abort"))
disposable = events.addAbortListener(signal, listener)
events.addAbortListener(signal, lambda _event: None)
trace("two", events.getEventListeners(signal, "abort"), events.listenerCount(signal, "abort"))
trace("as given", events.getEventListeners(signal, "abort")[0] is listener)
trace("other event", events.getEventListeners(signal, "x"), events.listenerCount(signal, "x"))
disposable.dispose()
trace("disposed", events.listenerCount(signal, "abort"))

# Its limit: none at first, whatever the default.
trace("limit", events.getMaxListeners(signal))
events.setMaxListeners(3, emitter, signal)
trace("limits", events.getMaxListeners(signal), events.getMaxListeners(emitter))
events.setMaxListeners(5)
trace("limits", events.getMaxListeners(signal), events.getMaxListeners(emitter))
