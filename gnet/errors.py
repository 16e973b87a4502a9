"""Error codes, messages and classes: what can go wrong, said in one place.

Every error that gnet raises or emits carries a stable ``code``; match that, not the text.

* Misuse has a Node code (``ERR_INVALID_ARG_TYPE``) and the class that Node's class stands for
  here: ``GnetTypeError`` (a ``TypeError``) for its ``TypeError``, ``GnetRangeError`` (a
  ``ValueError``) for its ``RangeError``, ``GnetError`` for a plain ``Error``.
* What the system reports has the errno's name as its code (``ECONNRESET``) and is the ``OSError``
  subclass that Python has for it, so ``except ConnectionResetError`` works. It also carries
  ``errno``, ``syscall`` and, where they apply, ``address``, ``port`` and ``hostname``.

The texts follow Node's, which is why a ``str`` is called a string in them: a program that shows
or logs them behaves the same after a port. Node: errors, "Node.js error codes".
"""

from __future__ import annotations

import errno as _errno
import math
import os
import re
import socket as _socket
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from gnet.symbols import ABSENT

__all__ = [
    "AbortError",
    "AggregateError",
    "GnetError",
    "GnetRangeError",
    "GnetTypeError",
    "KeepAliveWarning",
    "MaxListenersExceededWarning",
    "TimeoutOverflowWarning",
    "dns_error",
    "errno_name",
    "inspected",
    "node_error",
    "received",
    "system_error",
]


class GnetError(Exception):
    """An error of gnet's own, with a stable ``code`` and the text as ``message``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __repr__(self) -> str:
        return f"{type(self).__name__} [{self.code}]: {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, self.message), self.__dict__


class GnetTypeError(GnetError, TypeError):
    """An argument of the wrong type or form: Node's ``TypeError``."""


class GnetRangeError(GnetError, ValueError):
    """An argument outside what is allowed: Node's ``RangeError``."""


class AbortError(GnetError):
    """An operation was given up because its ``AbortSignal`` fired.

    ``cause`` is the reason that was given to ``abort()``.
    """

    def __init__(self, cause: object = None) -> None:
        super().__init__("ABORT_ERR", "The operation was aborted")
        self.cause = cause
        if isinstance(cause, BaseException):
            self.__cause__ = cause

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.cause,)


def _told(errors: Sequence[BaseException]) -> str:
    return "; ".join(str(error) for error in errors)


if sys.version_info >= (3, 11):

    class AggregateError(ExceptionGroup[Exception]):  # noqa: F821  # new in 3.11
        """Every attempt failed: ``errors`` has them all, ``code`` is the first one's.

        An ``ExceptionGroup`` where Python has that. Node: errors, "Class: AggregateError".
        """

        code: str | None
        message = ""  # as in Node; str() tells more

        def __new__(cls, errors: Sequence[Exception]) -> AggregateError:
            """Make the group; a group's text and members are set before ``__init__``."""
            self = super().__new__(cls, _told(errors), errors)
            self.code = getattr(errors[0], "code", None)
            return self

        def __init__(self, errors: Sequence[Exception]) -> None:
            super().__init__(_told(errors), errors)

        def __reduce__(self) -> tuple[Any, ...]:
            return type(self), (list(self.exceptions),)

        def derive(self, errors: Sequence[Any], /) -> AggregateError:  # type: ignore[override]
            """Make a group of the same kind, for ``except*`` and ``split``."""
            return AggregateError(errors)

        @property
        def errors(self) -> list[Exception]:
            """The error of each attempt, in their order."""
            return list(self.exceptions)

else:

    class AggregateError(Exception):
        """Every attempt failed: ``errors`` has them all, ``code`` is the first one's."""

        message = ""

        def __init__(self, errors: Sequence[Exception]) -> None:
            super().__init__(_told(errors))
            self.errors = list(errors)
            self.code = getattr(errors[0], "code", None)

        def __reduce__(self) -> tuple[Any, ...]:
            return type(self), (self.errors,)


class MaxListenersExceededWarning(RuntimeWarning):
    """More listeners for one event than ``max_listeners``: perhaps a leak.

    ``emitter``, ``type`` (the event's name) and ``count`` say where. Node: events,
    "emitter.setMaxListeners(n)".
    """

    def __init__(self, message: str, emitter: object, type: object, count: int) -> None:
        super().__init__(message)
        self.emitter = emitter
        self.type = type
        self.count = count


class KeepAliveWarning(RuntimeWarning):
    """A keep-alive period under a second was cut to none. Node: net, "socket.setKeepAlive"."""


class TimeoutOverflowWarning(RuntimeWarning):
    """A timeout above 2**31 - 1 ms was cut to that. Node: timers, "setTimeout"."""


def received(value: object) -> str:
    """Say what was passed, in Node's words: ``type string ('x')``, ``an instance of Foo``."""
    if value is None:
        return "null"
    if value is ABSENT:
        return "undefined"
    if isinstance(value, bool):
        return f"type boolean ({str(value).lower()})"
    if isinstance(value, (int, float)):
        return f"type number ({_number(value)})"
    if isinstance(value, str):
        shown = value if len(value) <= 28 else value[:25] + "..."
        quote = '"' if "'" in shown else "'"
        return f"type string ({quote}{shown}{quote})"
    if callable(value):
        return f"function {getattr(value, '__name__', '')}"
    return f"an instance of {type(value).__name__}"


def inspected(value: object, *, quote: bool = True, most: int = 128) -> str:
    """The value as a reader sees it in a message, at most so many characters of it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, str) and not quote:
        return value
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key}: {inspected(item)}" for key, item in value.items())
        shown = f"{{ {inside} }}" if inside else "{}"
    else:
        shown = repr(value)
    return shown if len(shown) <= most else shown[:most] + "..."


def _number(value: float) -> str:
    """The number as JavaScript writes it: exponents only from 1e21 and below 1e-6."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**21 else _number(float(value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    if 1e-6 <= abs(value) < 1e21:
        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return re.sub(r"(?:\.0)?e([+-])0*", r"e\1", repr(value))


def _one_of(names: list[str], last: str) -> str:
    if len(names) < 3:
        return f" {last} ".join(names)
    return f"{', '.join(names[:-1])}, {last} {names[-1]}"


#: Names that Node counts as primitive types in "must be of type"; others are classes.
_PRIMITIVES = {"string", "function", "number", "object", "boolean", "bigint", "symbol"}


def _invalid_arg_type(name: str, expected: str | list[str], value: object) -> str:
    names = [expected] if isinstance(expected, str) else expected
    types = [n.lower() for n in names if n.lower() in _PRIMITIVES]
    classes = [n for n in names if n.lower() not in _PRIMITIVES and n.isidentifier()]
    kinds = []
    if types:
        kinds.append(f"{'one of type' if len(types) > 1 else 'of type'} {_one_of(types, 'or')}")
    if classes:
        kinds.append(f"an instance of {_one_of(classes, 'or')}")
    others = [n for n in names if not n.isidentifier()]
    kinds += [n if n.islower() else f"an {n}" for n in others]  # string[], an net.BlockList
    label = "property" if "." in name else "argument"
    return f'The "{name}" {label} must be {" or ".join(kinds)}. Received {received(value)}'


def _invalid_arg_value(name: str, value: object, reason: str = "is invalid") -> str:
    label = "property" if "." in name else "argument"
    return f"The {label} '{name}' {reason}. Received {inspected(value)}"


def _invalid_return_value(expected: str, name: str, value: object) -> str:
    return (
        f'Expected {expected} to be returned from the "{name}" function but got {received(value)}.'
    )


def _out_of_range(name: str, allowed: str, value: object) -> str:
    shown = inspected(value)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and shown.lstrip("-").isdigit() and abs(int(shown)) > 2**32:
        shown = f"{int(shown):_}"
    return f'The value of "{name}" is out of range. It must be {allowed}. Received {shown}'


def _bad_port(name: str, value: object) -> str:
    return f"{name} should be >= 0 and < 65536. Received {received(value)}."


def _missing_args(*names: str) -> str:
    quoted = [f'"{name}"' for name in names]
    return f"The {' or '.join(quoted)} argument must be specified"


def _unhandled(value: object) -> str:
    return f"Unhandled error. ({inspected(value, most=sys.maxsize)})"


_E, _T, _R = GnetError, GnetTypeError, GnetRangeError

#: code -> (class, text, or a function of the call's arguments that makes it)
_CODES: dict[str, tuple[type[GnetError], str | Callable[..., str]]] = {
    "ERR_ALREADY_CONNECTED": (_E, "Already connected: call close() first"),
    "ERR_CLIENT_BUSY": (
        _E,
        "Another greenlet waits for this client: give each greenlet a NetClient of its own",
    ),
    "ERR_CONNECTION_ENDED": (_E, "The server ended the connection before {}"),
    "ERR_FOREIGN_THREAD": (
        _E,
        "{} belongs to another thread. Each thread has a hub and objects of its own: "
        "use it there, or hand the work over with hub.loop.run_callback_threadsafe()",
    ),
    "ERR_HUB_CANNOT_WAIT": (
        _E,
        "{} waits, and the hub must not: call it from a greenlet, such as gevent.spawn() makes",
    ),
    "ERR_INVALID_ADDRESS": (_E, "Invalid socket address"),
    "ERR_INVALID_ARG_TYPE": (_T, _invalid_arg_type),
    "ERR_INVALID_ARG_VALUE": (_T, _invalid_arg_value),
    "ERR_INVALID_ADDRESS_FAMILY": (_R, "Invalid address family: {} {}:{}"),
    "ERR_INVALID_FD_TYPE": (_T, "Unsupported fd type: {}"),
    "ERR_INVALID_HANDLE_TYPE": (_T, "This handle type cannot be sent"),
    "ERR_INVALID_IP_ADDRESS": (_T, "Invalid IP address: {}"),
    "ERR_IP_BLOCKED": (_E, "IP({}) is blocked by net.BlockList"),
    "ERR_INVALID_RETURN_VALUE": (_T, _invalid_return_value),
    "ERR_INVALID_URL": (_T, "Invalid URL: {}. Expected {}"),
    "ERR_MISSING_ARGS": (_T, _missing_args),
    "ERR_NOT_CONNECTED": (_E, "Not connected: call connect() first"),
    "ERR_OUT_OF_RANGE": (_R, _out_of_range),
    "ERR_READ_LANE_WAIT": (
        _E,
        "Waiting for '{}' in a listener that delivers this socket's data can never end: nothing "
        "more is read from the socket until that listener returns. Wait in another greenlet",
    ),
    "ERR_REPLY_SURPLUS": (_E, "The server sent more than {}"),
    "ERR_REPLY_TOO_LONG": (_E, "The reply has no end within {} bytes"),
    "ERR_SERVER_ALREADY_LISTEN": (
        _E,
        "Listen method has been called more than once without closing.",
    ),
    "ERR_SERVER_NOT_RUNNING": (_E, "Server is not running."),
    "ERR_SOCKET_BAD_PORT": (_R, _bad_port),
    "ERR_SOCKET_CLOSED": (_E, "Socket is closed"),
    "ERR_SOCKET_CLOSED_BEFORE_CONNECTION": (
        _E,
        "Socket closed before the connection was established",
    ),
    "ERR_SOCKET_HANDLE_ADOPTED": (
        _E,
        "The bound socket has already been adopted by a server or socket",
    ),
    "ERR_STREAM_ALREADY_FINISHED": (_E, "Cannot call {} after a stream was finished"),
    "ERR_STREAM_DESTROYED": (_E, "Cannot call {} after a stream was destroyed"),
    "ERR_STREAM_NULL_VALUES": (_T, "May not write null values to stream"),
    "ERR_STREAM_PREMATURE_CLOSE": (_E, "Premature close"),
    "ERR_STREAM_PUSH_AFTER_EOF": (_E, "stream.push() after EOF"),
    "ERR_STREAM_UNABLE_TO_PIPE": (_E, "Cannot pipe to a closed or destroyed stream"),
    "ERR_STREAM_UNSHIFT_AFTER_END_EVENT": (_E, "stream.unshift() after end event"),
    "ERR_STREAM_WRITE_AFTER_END": (_E, "write after end"),
    "ERR_UNHANDLED_ERROR": (_E, _unhandled),
    "ERR_UNKNOWN_ENCODING": (_T, "Unknown encoding: {}"),
}


def node_error(code: str, *args: Any) -> GnetError:
    """Make the error with this ``code``; ``args`` are what its text is made of."""
    cls, text = _CODES[code]
    return cls(code, text(*args) if callable(text) else text.format(*args))


# ---------------------------------------------------------------- errors of the system


class _SystemError(OSError):
    """What gnet's system errors share: Node's text as ``str(error)``, and its attributes."""

    code: str
    message: str

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (isinstance(self, _socket.gaierror), self.args, self.__dict__)


def _restored(is_dns: bool, args: tuple[Any, ...], attributes: dict[str, Any]) -> OSError:
    """Make a system error again that was pickled or copied."""
    error = (_DNS if is_dns else _class_for(args[0]))(*args)
    error.__dict__.update(attributes)
    return error


def _coded(base: type[OSError]) -> type[OSError]:
    """A subclass of ``base`` under the same name that carries a code and Node's text."""
    return type(base.__name__, (_SystemError, base), {"__module__": base.__module__})


_GENERIC = _coded(OSError)
_BY_ERRNO: dict[int, type[OSError]] = {}
_NO_SUCH_NAME = {_socket.EAI_NONAME, getattr(_socket, "EAI_NODATA", _socket.EAI_NONAME)}
_DNS = _coded(_socket.gaierror)


def errno_name(number: int) -> str:
    """The errno's symbolic name, ``'ECONNRESET'``; ``'EAGAIN'`` for both of its names."""
    return _errno.errorcode.get(number, f"Unknown system error {number}")


def _class_for(number: int) -> type[OSError]:
    cls = _BY_ERRNO.get(number)
    if cls is None:
        base = type(OSError(number, ""))
        cls = _GENERIC if base is OSError else _coded(base)
        _BY_ERRNO[number] = cls
    return cls


#: Where the C library's wording differs from the one Node's users know.
_DESCRIPTIONS: Mapping[int, str] = {
    _errno.EADDRINUSE: "address already in use",
    _errno.EADDRNOTAVAIL: "address not available",
    _errno.EACCES: "permission denied",
    _errno.EINVAL: "invalid argument",
    _errno.ENOENT: "no such file or directory",
    _errno.EMFILE: "too many open files",
    _errno.ENOTSOCK: "socket operation on non-socket",
}


def system_error(
    number: int,
    syscall: str,
    address: str | None = None,
    port: float | None = None,
    *,
    describe: bool | str = False,
    local: str = "",
) -> OSError:
    """Make the error for an errno that ``syscall`` gave.

    Args:
        number: The errno.
        syscall: ``'read'``, ``'write'``, ``'connect'``, ``'listen'``, …
        address: Address or path that it was about, for the text and as attribute.
        port: TCP port; -1 for a Unix socket, which the text leaves out.
        describe: Add what the errno means to the text, as Node does for ``listen``; or this.
        local: The local end, for the text.
    """
    code = errno_name(number)
    text = f"{syscall} {code}"
    if isinstance(describe, str):
        text += f": {describe}"
    elif describe:
        text += f": {_DESCRIPTIONS.get(number) or os.strerror(number).lower()}"
    if port is not None and port > 0:
        text += f" {address}:{_number(port)}"
    elif address:
        text += f" {address}"
    if local:
        text += f" - Local ({local})"
    error: Any = _class_for(number)(number, text)
    error.code, error.message, error.syscall = code, text, syscall
    if address is not None:
        error.address = address
    if port:
        error.port = port
    return error  # type: ignore[no-any-return]  # an OSError with attributes of its own


#: The codes of getaddrinfo(3) under Node's names where they differ.
_DNS_CODES = {
    getattr(_socket, name): name for name in dir(_socket) if name.startswith("EAI_")
} | dict.fromkeys(_NO_SUCH_NAME, "ENOTFOUND")


def dns_error(number: int, hostname: str) -> OSError:
    """Make the error for a name that could not be resolved (``getaddrinfo``)."""
    code = _DNS_CODES.get(number, f"EAI_{number}")
    text = f"getaddrinfo {code} {hostname}"
    error: Any = _DNS(number, text)
    error.code, error.message, error.syscall, error.hostname = code, text, "getaddrinfo", hostname
    return error  # type: ignore[no-any-return]  # an OSError with attributes of its own
