"""The functions of the events module ask and set the same as the methods of an emitter."""

from conformance_trace import trace

from gnet import events

EventEmitter = events.EventEmitter
emitter = EventEmitter()
other = EventEmitter()


def a() -> None:
    """Do nothing."""


def b() -> None:
    """Do nothing."""


# Listeners: a copy, one-shot ones without their wrapper.
trace("none", events.get_event_listeners(emitter, "event"))
emitter.on("event", a)
emitter.once("event", b)
listeners = events.get_event_listeners(emitter, "event")
trace("two", len(listeners), listeners[0] is a, listeners[1] is b)
listeners.pop()
trace("a copy", len(events.get_event_listeners(emitter, "event")))
trace("count", events.listener_count(emitter, "event"), events.listener_count(emitter, "none"))

# Limits: read from one, set for several; the default is left alone.
trace("limit", events.get_max_listeners(emitter))
emitter.set_max_listeners(5)
trace("limit", events.get_max_listeners(emitter), events.get_max_listeners(other))
events.set_max_listeners(7, emitter, other)
trace("limits", emitter.get_max_listeners(), other.get_max_listeners())
trace("default", EventEmitter.default_max_listeners, EventEmitter().get_max_listeners())
events.set_max_listeners(0, other)
trace("limits", emitter.get_max_listeners(), events.get_max_listeners(other))

# Without a target the default is set.
events.set_max_listeners(4)
trace("limits", EventEmitter().get_max_listeners(), emitter.get_max_listeners())
