"""The methods that change an emitter return it, and emit() says whether anyone listened."""

from conformance_trace import trace

from gnet import EventEmitter

emitter = EventEmitter()


def listener() -> None:
    """Do nothing."""


trace("on", emitter.on("a", listener) is emitter)
trace("addListener", emitter.add_listener("a", listener) is emitter)
trace("once", emitter.once("a", listener) is emitter)
trace("prependListener", emitter.prepend_listener("a", listener) is emitter)
trace("prependOnceListener", emitter.prepend_once_listener("a", listener) is emitter)
trace("off", emitter.off("a", listener) is emitter)
trace("removeListener", emitter.remove_listener("a", listener) is emitter)
trace("off, event unknown", emitter.off("b", listener) is emitter)
trace("off, listener unknown", emitter.off("a", lambda: None) is emitter)
trace("setMaxListeners", emitter.set_max_listeners(20) is emitter)

trace("emit with listeners", emitter.emit("a"))
trace("removeAllListeners(event)", emitter.remove_all_listeners("a") is emitter)
trace("removeAllListeners()", emitter.remove_all_listeners() is emitter)
trace("emit without listeners", emitter.emit("a"))

emitter.once("c", listener).on("d", listener).off("d", listener)
trace("emit once", emitter.emit("c"))
trace("emit again", emitter.emit("c"))
trace("emit removed", emitter.emit("d"))
