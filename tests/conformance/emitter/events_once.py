"""events.once() gives the arguments of the next emit, or raises the error that comes first."""

import gevent
from conformance_trace import trace

from gnet import events

emitter = events.EventEmitter()


def counts() -> list[int]:
    return [emitter.listener_count("event"), emitter.listener_count("error")]


def emit_twice() -> None:
    trace("waiting", counts())
    trace("emit", emitter.emit("event", 1, "two", None))
    trace("emit", emitter.emit("event", "missed"))


def main() -> None:
    gevent.spawn(emit_twice)
    trace("result", events.once(emitter, "event"))
    trace("removed", counts())

    gevent.spawn(lambda: emitter.emit("event"))
    trace("no arguments", events.once(emitter, "event"))

    # An error instead of the event.
    error = Exception("came instead")
    gevent.spawn(lambda: trace("emit", emitter.emit("error", error)))
    try:
        events.once(emitter, "event")
    except Exception as err:
        trace("threw", err is error, err)
    trace("removed", counts())

    # The error is what is waited for.
    def emit_error() -> None:
        trace("waiting", counts())
        emitter.emit("error", error, "extra")

    gevent.spawn(emit_error)
    trace("result", events.once(emitter, "error"))
    trace("removed", counts())

    # The listeners of others are left alone, and their 'error' listener does not save this one.
    emitter.on("event", lambda *args: trace("listener", *args))
    emitter.on("error", lambda *args: trace("error listener", *args))
    gevent.spawn(lambda: emitter.emit("event", "both"))
    trace("result", events.once(emitter, "event"))
    gevent.spawn(lambda: emitter.emit("error", error))
    try:
        events.once(emitter, "event")
    except Exception as err:
        trace("threw", err)
    trace("left", counts())

    # One waits for one event, and gets that one.
    gevent.spawn(lambda: emitter.emit("other", "other"))
    gevent.spawn(lambda: emitter.emit("event", "wanted"))
    trace("result", events.once(emitter, "event"))


main()
