"""Every kind of value a scenario may trace has one written form in both languages."""

from typing import Any

from conformance_trace import trace
from gevent.event import AsyncResult


class CodedError(Exception):
    """An error with attributes, as gnet's are."""

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__("shown to Python users", message)
        self.message = message
        self.__dict__.update(fields)


class CodedTypeError(CodedError, TypeError):
    """What Node calls a TypeError."""


class CodedRangeError(CodedError, ValueError):
    """What Node calls a RangeError."""


class Widget:
    """No more than an object of some class."""


trace("nothing")
trace("absent")
trace("plain", None, True, False, 0, 1, -7, 1.5, "text", "é✓", "")
trace("whole numbers", 1.0, 2**40, 2**53 - 1)
trace("not finite", float("nan"), float("inf"), float("-inf"))
trace("bytes", b"a\xff\x00", memoryview(b"hi"))
trace("lists", [], [1, ("two", None)], ["a", "b"])
trace("mapping", {"b": 2, "a": {"c": None}}, {})
trace("function", lambda: None, trace, dict)
trace("symbol", object())
trace("object", Widget())
trace("promise", AsyncResult())

trace("error", Exception("went wrong"))
trace("uncoded type error", TypeError("wrong type"))
trace("coded", CodedError("sorry", code="ABORT_ERR"))
trace("coded type error", CodedTypeError("bad type", code="ERR_TYPE"))
trace("coded range error", CodedRangeError("bad value", code="ERR_RANGE"))
trace(
    "system error",
    CodedError(
        "connect ECONNREFUSED 127.0.0.1:1",
        code="ECONNREFUSED",
        errno=111,
        syscall="connect",
        address="127.0.0.1",
        port=1,
    ),
)
trace(
    "lookup error",
    CodedError(
        "getaddrinfo ENOTFOUND x.invalid",
        code="ENOTFOUND",
        syscall="getaddrinfo",
        hostname="x.invalid",
        address=None,
    ),
)
