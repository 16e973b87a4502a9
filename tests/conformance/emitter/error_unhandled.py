"""emit('error') without a listener raises the error, or wraps what is no error."""

from collections.abc import Callable
from typing import Any

from conformance_trace import trace

from gnet import EventEmitter

emitter = EventEmitter()


def attempt(label: str, fn: Callable[..., object], *args: Any) -> Any:
    try:
        trace(label, fn(*args))
    except Exception as err:
        trace(label, "threw", err)
        return err
    return None


# An error is thrown as it is.
error = Exception("went wrong")
trace("same error", attempt("error", emitter.emit, "error", error) is error)


class OwnError(Exception):
    """An error of the program's own."""


own = OwnError("own kind")
trace("same error", attempt("own error", emitter.emit, "error", own, "ignored") is own)

# Anything else becomes the context of one that is.
values: list[Any] = ["boom", "", 5, 0, 1.5]
for value in values:
    thrown = attempt("value", emitter.emit, "error", value)
    trace("context", thrown.context)
# How these are written in the message is each language's own affair.
values = [None, True, ["a"], {"reason": "none"}]
for value in values:
    try:
        emitter.emit("error", value, "ignored")
    except Exception as err:
        unhandled: Any = err
        trace("context", unhandled.code, unhandled.context, unhandled.context is value)
try:
    emitter.emit("error")
except Exception as err:
    unhandled = err
    trace("no value", unhandled.code)

# With a listener nothing is thrown, whatever the value.
emitter.once("error", lambda *args: trace("handled", *args))
trace("emit", emitter.emit("error", error, "extra"))
emitter.once("error", lambda *args: trace("handled", *args))
trace("emit", emitter.emit("error", None))
emitter.once("error", lambda *args: trace("handled", *args))
trace("emit", emitter.emit("error"))

# The listener is spent: thrown again.
attempt("unhandled again", emitter.emit, "error", error)
