"""Codes, classes and texts: what a program can rely on when something goes wrong."""

from __future__ import annotations

import copy
import errno
import math
import pickle
import socket
import sys
from typing import Any

import pytest
from support import ask_node

from gnet import (
    AbortError,
    AggregateError,
    EventEmitter,
    GnetError,
    GnetRangeError,
    GnetTypeError,
    MaxListenersExceededWarning,
)
from gnet.errors import dns_error, node_error, system_error

# ---------------------------------------------------------------- misuse

#: code, arguments, class, text as Node has it.
MISUSE: list[tuple[str, tuple[Any, ...], type[GnetError], str]] = [
    (
        "ERR_INVALID_ARG_TYPE",
        ("listener", "function", "x"),
        GnetTypeError,
        "The \"listener\" argument must be of type function. Received type string ('x')",
    ),
    (
        "ERR_INVALID_ARG_TYPE",
        ("options.port", ["number", "string"], None),
        GnetTypeError,
        'The "options.port" property must be one of type number or string. Received null',
    ),
    (
        "ERR_INVALID_ARG_TYPE",
        ("chunk", ["string", "Buffer", "TypedArray", "DataView"], 5),
        GnetTypeError,
        'The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or '
        "DataView. Received type number (5)",
    ),
    (
        "ERR_INVALID_ARG_VALUE",
        ("options", {"a": 1, "b": "x"}),
        GnetTypeError,
        "The argument 'options' is invalid. Received { a: 1, b: 'x' }",
    ),
    (
        "ERR_INVALID_ARG_VALUE",
        ("options.host", "a\0b", "must be a string without null bytes"),
        GnetTypeError,
        "The property 'options.host' must be a string without null bytes. Received 'a\\x00b'",
    ),
    (
        "ERR_OUT_OF_RANGE",
        ("msecs", "a non-negative finite number", -1),
        GnetRangeError,
        'The value of "msecs" is out of range. It must be a non-negative finite number. '
        "Received -1",
    ),
    (
        "ERR_SOCKET_BAD_PORT",
        ("options.port", 65536),
        GnetRangeError,
        "options.port should be >= 0 and < 65536. Received type number (65536).",
    ),
    (
        "ERR_MISSING_ARGS",
        ("options", "port", "path"),
        GnetTypeError,
        'The "options" or "port" or "path" argument must be specified',
    ),
    ("ERR_SERVER_NOT_RUNNING", (), GnetError, "Server is not running."),
    (
        "ERR_SERVER_ALREADY_LISTEN",
        (),
        GnetError,
        "Listen method has been called more than once without closing.",
    ),
    ("ERR_SOCKET_CLOSED", (), GnetError, "Socket is closed"),
    (
        "ERR_SOCKET_CLOSED_BEFORE_CONNECTION",
        (),
        GnetError,
        "Socket closed before the connection was established",
    ),
    (
        "ERR_STREAM_ALREADY_FINISHED",
        ("end",),
        GnetError,
        "Cannot call end after a stream was finished",
    ),
    (
        "ERR_STREAM_DESTROYED",
        ("write",),
        GnetError,
        "Cannot call write after a stream was destroyed",
    ),
    ("ERR_STREAM_NULL_VALUES", (), GnetTypeError, "May not write null values to stream"),
    ("ERR_STREAM_PREMATURE_CLOSE", (), GnetError, "Premature close"),
    ("ERR_STREAM_WRITE_AFTER_END", (), GnetError, "write after end"),
    ("ERR_UNHANDLED_ERROR", ("x",), GnetError, "Unhandled error. ('x')"),
    ("ERR_UNKNOWN_ENCODING", ("zz",), GnetTypeError, "Unknown encoding: zz"),
]


@pytest.mark.parametrize(("code", "args", "cls", "text"), MISUSE)
def test_misuse_has_nodes_code_and_text(
    code: str, args: tuple[Any, ...], cls: type[GnetError], text: str
) -> None:
    """And the Python class that stands for Node's."""
    error = node_error(code, *args)
    assert (type(error), error.code, error.message, str(error)) == (cls, code, text, text)


@pytest.mark.parametrize(
    ("cls", "builtin"),
    [(GnetTypeError, TypeError), (GnetRangeError, ValueError), (GnetError, Exception)],
)
def test_misuse_is_caught_as_python_would_have_it(
    cls: type[Exception], builtin: type[Exception]
) -> None:
    """``except TypeError`` works, and ``except GnetError`` catches all of them."""
    assert issubclass(cls, builtin)
    assert issubclass(cls, GnetError)


VALUES: list[Any] = [
    *[None, True, False, "x", "it's", "x" * 28, "x" * 29, "x" * 200, "", "a\nb"],
]
NUMBERS: list[float] = [
    *[-1, -1.5, -1e-7, -(10**10), -1e10, -123456.5, -(2**32), -(2**32) - 1],
    *[math.nan, -math.inf],
]


def test_a_value_of_the_wrong_type_is_told_as_node_tells_it() -> None:
    """Value by value, in the words of the running Node."""
    told = ask_node(
        """
        const { EventEmitter } = require('events');
        console.log(JSON.stringify(question.map((value) => {
            try { new EventEmitter().on('x', value); }
            catch (error) { return error.message; }
        })))
        """,
        VALUES,
    )
    ours = []
    for value in VALUES:
        with pytest.raises(GnetTypeError) as caught:
            EventEmitter().on("x", value)
        ours.append(caught.value.message)
    assert ours == told


def test_a_number_out_of_range_is_told_as_node_tells_it() -> None:
    """With the same form of large and small numbers."""
    told = ask_node(
        """
        const { EventEmitter } = require('events');
        console.log(JSON.stringify(question.map((text) => {
            try { new EventEmitter().setMaxListeners(Number(text)); }
            catch (error) { return error.message; }
        })))
        """,
        [repr(number).replace("inf", "Infinity").replace("nan", "NaN") for number in NUMBERS],
    )
    ours = []
    for number in NUMBERS:
        with pytest.raises(GnetRangeError) as caught:
            EventEmitter().set_max_listeners(number)
        ours.append(caught.value.message)
    assert ours == told


def test_an_unhandled_error_is_shown_whole() -> None:
    """Node shortens what an argument's message shows, but not this."""
    assert (
        node_error("ERR_UNHANDLED_ERROR", "x" * 200).message == f"Unhandled error. ('{'x' * 200}')"
    )


def test_a_long_value_is_shortened() -> None:
    """After 128 characters, as Node does."""
    message = node_error("ERR_INVALID_ARG_VALUE", "options", "x" * 200).message
    assert message == f"The argument 'options' is invalid. Received '{'x' * 127}..."


def test_an_unknown_code_is_a_bug() -> None:
    """There is one table of codes."""
    with pytest.raises(KeyError):
        node_error("ERR_NO_SUCH_CODE")


# ---------------------------------------------------------------- what the system reports


@pytest.mark.parametrize(
    ("number", "cls"),
    [
        (errno.ECONNRESET, ConnectionResetError),
        (errno.ECONNREFUSED, ConnectionRefusedError),
        (errno.ECONNABORTED, ConnectionAbortedError),
        (errno.EPIPE, BrokenPipeError),
        (errno.ETIMEDOUT, TimeoutError),
        (errno.EACCES, PermissionError),
        (errno.EPERM, PermissionError),
        (errno.ENOENT, FileNotFoundError),
        (errno.EADDRINUSE, OSError),
        (errno.EHOSTUNREACH, OSError),
    ],
)
def test_a_system_error_is_the_class_that_python_has(number: int, cls: type[OSError]) -> None:
    """So that ``except ConnectionResetError`` works; its name is that class's, too."""
    error = system_error(number, "read")
    assert isinstance(error, cls)
    assert type(error).__name__ == cls.__name__


def test_a_system_error_has_nodes_attributes() -> None:
    """And the errno that Python has: positive."""
    error: Any = system_error(errno.ECONNREFUSED, "connect", "127.0.0.1", 80)
    assert error.code == "ECONNREFUSED"
    assert error.errno == errno.ECONNREFUSED
    assert error.syscall == "connect"
    assert (error.address, error.port) == ("127.0.0.1", 80)
    assert str(error) == error.message == "connect ECONNREFUSED 127.0.0.1:80"


def test_a_system_error_without_address_has_none() -> None:
    """The attributes are absent, as in Node."""
    error = system_error(errno.ECONNRESET, "read")
    assert str(error) == "read ECONNRESET"
    assert not hasattr(error, "address")
    assert not hasattr(error, "port")


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        (("listen", "/x", -1), {"describe": True}, "listen EADDRINUSE: address already in use /x"),
        (
            ("listen", "::", 80),
            {"describe": True},
            "listen EADDRINUSE: address already in use :::80",
        ),
        (("connect", "/x"), {}, "connect EADDRINUSE /x"),
        (
            ("connect", "::1", 80),
            {"local": ":::0"},
            "connect EADDRINUSE ::1:80 - Local (:::0)",
        ),
    ],
)
def test_a_system_error_tells_where(
    arguments: tuple[Any, ...], options: dict[str, Any], text: str
) -> None:
    """In Node's form."""
    assert str(system_error(errno.EADDRINUSE, *arguments, **options)) == text


def test_system_errors_of_one_errno_share_a_class() -> None:
    """A class for each would fill the memory of a server that is scanned."""
    assert type(system_error(errno.EPIPE, "write")) is type(system_error(errno.EPIPE, "read"))


def test_an_unknown_errno_has_a_code_all_the_same() -> None:
    """Whatever the kernel thinks up."""
    assert "12345" in getattr(system_error(12345, "read"), "code", "")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (socket.EAI_NONAME, "ENOTFOUND"),
        (socket.EAI_NODATA, "ENOTFOUND"),
        (socket.EAI_AGAIN, "EAI_AGAIN"),
        (-12345, "EAI_-12345"),
    ],
)
def test_an_error_of_the_resolver_has_nodes_code(number: int, code: str) -> None:
    """And is Python's ``gaierror``."""
    error: Any = dns_error(number, "somewhere")
    assert issubclass(type(error), socket.gaierror)
    assert (error.code, error.syscall, error.hostname) == (code, "getaddrinfo", "somewhere")
    assert str(error) == error.message == f"getaddrinfo {code} somewhere"


# ---------------------------------------------------------------- abort, aggregate


def test_an_abort_error_carries_its_reason() -> None:
    """As ``cause``; an exception shows in tracebacks as well."""
    reason = ValueError("made up")
    error = AbortError(reason)
    assert (error.code, str(error)) == ("ABORT_ERR", "The operation was aborted")
    assert error.cause is error.__cause__ is reason
    assert AbortError("enough").cause == "enough"


def refused(port: int) -> Exception:
    """An error of one attempt to connect."""
    return system_error(errno.ECONNREFUSED, "connect", "::1", port)


def test_an_aggregate_error_has_all_of_them() -> None:
    """The first one's code; and no message, as in Node, though ``str`` tells them."""
    errors = [refused(1), refused(2)]
    error = AggregateError(errors)
    assert (error.errors, error.code, error.message) == (errors, "ECONNREFUSED", "")
    assert "::1:1" in str(error)
    assert "::1:2" in str(error)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python has groups since 3.11")
def test_an_aggregate_error_is_a_group() -> None:
    """``except*`` and ``split`` keep what it is."""
    error = AggregateError([refused(1), ValueError("made up")])
    assert isinstance(error, ExceptionGroup)  # noqa: F821  # guarded by the version
    matching, rest = error.split(ConnectionRefusedError)
    assert isinstance(matching, AggregateError)
    assert isinstance(rest, AggregateError)
    assert [type(one) for one in rest.errors] == [ValueError]


# ---------------------------------------------------------------- copies

COPIED = {
    "GnetError": node_error("ERR_SERVER_NOT_RUNNING"),
    "GnetTypeError": node_error("ERR_STREAM_NULL_VALUES"),
    "GnetRangeError": node_error("ERR_SOCKET_BAD_PORT", "port", -1),
    "AbortError": AbortError("enough"),
    "AggregateError": AggregateError([node_error("ERR_SOCKET_CLOSED")]),
    "system error": system_error(errno.ECONNREFUSED, "connect", "::1", 80),
    "generic system error": system_error(errno.EADDRINUSE, "listen", "::1", 80),
    "dns error": dns_error(socket.EAI_NONAME, "somewhere"),
}


def pickled(error: BaseException) -> object:
    """The error as another process would get it."""
    return pickle.loads(pickle.dumps(error))


@pytest.mark.parametrize("error", COPIED.values(), ids=COPIED.keys())
@pytest.mark.parametrize("way", [pickled, copy.copy])
def test_an_error_survives_being_copied(error: Any, way: Any) -> None:
    """Process pools and load generators send their errors from one process to another."""
    again = way(error)
    assert type(again) is type(error)
    assert (str(again), again.code, again.message) == (str(error), error.code, error.message)
    for name in ("errno", "syscall", "address", "port", "hostname", "cause"):
        assert getattr(again, name, None) == getattr(error, name, None)


def test_the_listeners_warning_is_a_warning() -> None:
    """It can be filtered with ``warnings``, and tells where it comes from."""
    emitter = EventEmitter()
    warning = MaxListenersExceededWarning("text", emitter, "x", 11)
    assert isinstance(warning, RuntimeWarning)
    assert (str(warning), warning.emitter, warning.type, warning.count) == (
        "text",
        emitter,
        "x",
        11,
    )
