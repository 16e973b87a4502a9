"""What a subclass overrides is what the other methods and the module's functions call."""

from collections.abc import Callable, Hashable
from typing import Any

from conformance_trace import trace

from gnet import events


class Talkative(events.EventEmitter):
    """Tells which of its methods are called."""

    def on(self, event: Hashable, listener: Any = None) -> Any:
        trace("on", event)
        return super().on(event, listener)

    def prepend_listener(self, event: Hashable, listener: Any) -> Any:
        trace("prependListener", event)
        return super().prepend_listener(event, listener)

    def remove_listener(self, event: Hashable, listener: Any) -> Any:
        trace("removeListener", event)
        return super().remove_listener(event, listener)

    def emit(self, event: Hashable, *args: Any) -> bool:
        trace("emit", event)
        return super().emit(event, *args)


emitter = Talkative()


def listener(*_args: object) -> None:
    """Do nothing."""


# One-shot listeners are added with the plain method, and taken off with removeListener().
emitter.once("a", lambda: trace("called"))
emitter.prepend_once_listener("a", lambda: trace("called first"))
emitter.emit("a")

# The emitter's own events go through emit().
emitter.on("newListener", listener)
emitter.on("removeListener", listener)
emitter.on("b", listener)
emitter.remove_listener("b", listener)
emitter.on(events.error_monitor, listener)
emitter.on("error", listener)
emitter.emit("error", Exception("handled"))

# With someone who listens for it, removeAllListeners() takes off one after the other.
emitter.on("c", listener)
emitter.on("c", lambda: None)
emitter.remove_all_listeners("c")

# Without one, it does not.
quiet = Talkative()
quiet.on("d", listener)
quiet.remove_all_listeners()
trace("names", quiet.event_names())


# The functions of the module ask the method of the same name.
class Evasive(events.EventEmitter):
    """Gives made-up answers."""

    def listeners(self, event: Hashable) -> list[Callable[..., object]]:
        return [listener]

    def listener_count(self, event: Hashable, listener: Any = None) -> int:
        return 42


evasive = Evasive()
trace("listeners", len(events.get_event_listeners(evasive, "x")))
trace("count", events.listener_count(evasive, "x"))
