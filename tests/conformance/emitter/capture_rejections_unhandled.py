"""A failure nobody captures or handles is reported as uncaught, once, and the program goes on."""

from typing import Any

import gevent
from conformance_trace import trace

import gnet

hub: Any = gevent.get_hub()
hub.handle_error = lambda _context, _type, err, _traceback: trace("uncaught", err)


def step(label: str, emitter: gnet.EventEmitter) -> None:
    trace(label, emitter.emit("event"))
    # The next step begins when all that this one caused has run.
    gevent.wait()


def fail(message: str) -> None:
    raise RuntimeError(message)


def main() -> None:
    off = gnet.EventEmitter()
    off.on("error", lambda _err: trace("never called"))
    off.on("event", gnet.spawned(lambda: fail("not captured")))
    step("capture off", off)

    unhandled = gnet.EventEmitter(capture_rejections=True)
    unhandled.on("event", gnet.spawned(lambda: fail("captured, not handled")))
    step("no error listener", unhandled)

    failing = gnet.EventEmitter(capture_rejections=True)
    failing.on("event", gnet.spawned(lambda: fail("captured")))

    @failing.on("error")
    def throws(err: Exception) -> None:
        trace("error", err)
        raise RuntimeError("the handler failed")

    step("handler throws", failing)

    # The handler's own rejection is not captured again, or this would never end.
    looping = gnet.EventEmitter(capture_rejections=True)
    looping.on("event", gnet.spawned(lambda: fail("captured")))

    @looping.on("error")
    @gnet.spawned
    def rejects(err: Exception) -> None:
        trace("error", err)
        raise RuntimeError("the handler failed too")

    step("handler rejects", looping)

    # Capturing is on again afterwards.
    looping.remove_all_listeners("error")
    looping.on("error", lambda err: trace("captured as before", err))
    step("capture on again", looping)


main()
