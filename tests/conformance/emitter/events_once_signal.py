"""events.once() is given up when its signal aborts, and leaves no listener behind."""

import gevent
from conformance_trace import trace

from gnet import AbortController, AbortSignal, events

emitter = events.EventEmitter()
reason = Exception("no longer needed")


def counts() -> list[int]:
    return [emitter.listenerCount("event"), emitter.listenerCount("error")]


def main() -> None:
    # Aborted beforehand.
    try:
        events.once(emitter, "event", {"signal": AbortSignal.abort(reason)})
    except Exception as err:
        trace("threw", err, err.__cause__ is reason)
    trace("counts", counts())

    # Aborted while waiting.
    controller = AbortController()

    def abort() -> None:
        trace("waiting", counts())
        controller.abort(reason)
        trace("aborted", controller.signal.aborted, counts())

    gevent.spawn(abort)
    try:
        events.once(emitter, "event", {"signal": controller.signal})
    except Exception as err:
        trace("threw", err, err.__cause__ is reason)
    trace("counts", counts())

    # The event comes first: a later abort does nothing.
    late = AbortController()
    gevent.spawn(lambda: emitter.emit("event", "in time"))
    trace("result", events.once(emitter, "event", {"signal": late.signal}))
    late.abort(reason)
    trace("counts", counts())

    # The abort comes first: a later emit reaches nobody.
    early = AbortController()

    def abort_then_emit() -> None:
        early.abort(reason)
        trace("emit", emitter.emit("event", "too late"))

    gevent.spawn(abort_then_emit)
    try:
        events.once(emitter, "event", {"signal": early.signal})
    except Exception as err:
        trace("threw", err)

    # An error comes first.
    unused = AbortController()
    gevent.spawn(lambda: emitter.emit("error", Exception("came instead")))
    try:
        events.once(emitter, "event", {"signal": unused.signal})
    except Exception as err:
        trace("threw", err)
    trace("counts", counts())


main()
