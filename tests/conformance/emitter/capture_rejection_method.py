"""An emitter with a rejection method gets its listeners' failures there, with the arguments."""

import gevent
from conformance_trace import trace

import gnet
from gnet.events import capture_rejection_symbol


class Careful(gnet.EventEmitter):
    """Takes the failures of its listeners itself."""

    def __init__(self) -> None:
        super().__init__(capture_rejections=True)

    def nodejs_rejection(self, err: Exception, event: str, *args: object) -> None:
        trace("method", err, event, *args)


def fail(message: str) -> None:
    raise RuntimeError(message)


trace("one symbol", gnet.EventEmitter.capture_rejection_symbol is capture_rejection_symbol)

careful = Careful()
careful.on("error", lambda _err: trace("never called"))
careful.on("event", gnet.spawned(lambda *_args: fail("first")))
trace("emit", careful.emit("event", 1, "two", None))
trace("emit", careful.emit("event"))

# Failures of 'error' listeners go there too.
careless = Careful()
careless.on("error", gnet.spawned(lambda _err: fail("while handling")))
trace("emit", careless.emit("error", Exception("handled badly")))

# The method may be set on one emitter.
single = gnet.EventEmitter(capture_rejections=True)
setattr(single, capture_rejection_symbol, lambda *args: trace("own method", *args))
single.on("event", gnet.spawned(lambda *_args: fail("second")))
trace("emit", single.emit("event", 3))
trace("last line of the program")

gevent.wait()
