"""The many ways to call ``listen``, ``connect`` and ``create_server``, each turned into one form.

A call brings positional arguments in Node's order (callback last), or one mapping in Node's
spelling or Python's, or keywords, or keywords after the others. What comes out is checked and
frozen. Unknown keys of a mapping are ignored, as in Node; an unknown keyword is a ``TypeError``
from Python itself. Node: net, "server.listen()", "socket.connect()".
"""

from __future__ import annotations

import _socket
import functools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gnet.address import is_ip
from gnet.checks import (
    check_function,
    check_high_water_mark,
    check_integer,
    check_number,
    check_port,
    is_truthy,
    to_int32,
    to_number,
)
from gnet.errors import GnetError, inspected, node_error
from gnet.events.abort import AbortSignal, check_signal
from gnet.symbols import ABSENT

__all__ = [
    "ConnectOptions",
    "ListenOptions",
    "ServerOptions",
    "connect_options",
    "listen_options",
    "server_options",
    "spelt",
]


Callback = Callable[..., object]


@dataclass(frozen=True)
class ListenOptions:
    """Where a server listens: a ``handle``, an ``fd``, a ``path``, or a ``port`` of a ``host``."""

    port: int = 0
    host: str | None = None
    path: str | None = None
    backlog: int = 0  # 0: the default
    handle: Any = None  # has fileno()
    fd: int | None = None  # -1 for a number that no descriptor can have
    ipv6_only: bool = False
    reuse_port: bool = False
    readable_all: bool = False
    writable_all: bool = False
    signal: AbortSignal | None = None


@dataclass(frozen=True)
class ConnectOptions:
    """Where a socket connects, a ``path``, or a ``port`` of a ``host``; from where, and how."""

    port: int = 0
    host: str = "localhost"
    path: str | None = None
    local_address: str | None = None
    local_port: float = 0  # as it was given: what cannot be bound is an error of the connection's
    family: Any = None  # 4 or 6; another for a resolver of the user's; None if not given
    hints: int = 0  # flags of getaddrinfo(3)
    lookup: Callback | None = None
    auto_select_family: bool | None = None  # None: the default
    attempt_timeout: int | None = None  # milliseconds, at least 10; None: the default


@dataclass(frozen=True)
class ServerOptions:
    """What a server gives its accepted sockets."""

    allow_half_open: bool = False
    pause_on_connect: bool = False
    no_delay: bool = False
    keep_alive: bool = False
    keep_alive_initial_delay: int = 0  # seconds
    high_water_mark: int | None = None  # None: a stream's default
    block_list: Any = None


@functools.lru_cache(maxsize=256)
def _snake_case(key: str) -> str:
    """Python's spelling of a Node key: ``allowHalfOpen`` → ``allow_half_open``."""
    if key == "onread":
        return "on_read"  # two words that Node writes as one
    return re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower()


def spelt(options: Mapping[str, Any]) -> dict[str, Any]:
    """An options object with its keys in Python's spelling, those left out that are absent."""
    return {_snake_case(str(key)): value for key, value in options.items() if value is not ABSENT}


def _is_path(value: object) -> bool:
    """Whether a first argument names a Unix socket: any string that is no number >= 0."""
    if not isinstance(value, str):
        return False
    number = to_number(value)
    return number is None or number < 0


def _normalized(args: tuple[Any, ...], keywords: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """The options that were given, in Python's spelling, and the callback or None."""
    options: dict[str, Any] = {}
    if args:
        first = args[0]
        if isinstance(first, Mapping):
            options = spelt(first)
        elif _is_path(first):
            options["path"] = first
        elif not callable(first):
            options["port"] = first
            if len(args) > 1 and isinstance(args[1], str):
                options["host"] = args[1]
    callback = args[-1] if args and callable(args[-1]) else None
    given = {key: value for key, value in keywords.items() if value is not ABSENT}
    callback = given.pop("callback", callback)
    if callback is not None and not callable(callback):
        raise node_error("ERR_INVALID_ARG_TYPE", "callback", "function", callback)
    return {**options, **given}, callback


def _backlog(value: Any) -> int:
    number = None if isinstance(value, bool) else to_number(value)
    # The kernel caps it anyway; listen(2) takes an int.
    return int(min(number, 2**31 - 1)) if number is not None and number >= 0 else 0


def _has_descriptor(handle: Any) -> bool:
    """Whether it is something open that has a descriptor: a socket, a server, a file."""
    if isinstance(handle, type) or not callable(getattr(handle, "fileno", None)):
        return False
    try:
        fd = handle.fileno()
        return isinstance(fd, int) and not isinstance(fd, bool) and fd >= 0
    except GnetError:
        raise  # a BoundSocket that was adopted says so
    except ValueError:  # a closed file
        return False


def _descriptor(value: Any) -> int | None:
    """A descriptor that was given as a number; None if it is none, as Node then looks further."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        return None
    return int(value) if value <= 2**31 - 1 and value == int(value) else -1


def listen_options(
    args: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[ListenOptions, Callback | None]:
    """Check the arguments of ``server.listen``.

    Raises:
        TypeError: ``ERR_INVALID_ARG_VALUE`` if they name no place to listen, or for a handle
            without a descriptor or a host with a NUL, ``ERR_INVALID_ARG_TYPE`` for a host that is
            no string or a signal that is none.
        ValueError: ``ERR_SOCKET_BAD_PORT``.
    """
    if args and hasattr(args[0], "fileno"):
        args, keywords = ({}, *args[1:]), {**keywords, "handle": args[0]}
    options, callback = _normalized(args, keywords)
    backlog = _backlog(options.get("backlog"))
    if not backlog:
        # (port, backlog), (path, backlog) or (port, host, backlog)
        backlog = next((_backlog(arg) for arg in args[1:3] if _backlog(arg)), 0)
    signal = None
    if "signal" in options:
        check_signal(options["signal"], "options.signal")
        signal = options["signal"]
    handle = options.get("handle")
    if isinstance(handle, Mapping):
        options = spelt(handle)  # Node lists {'handle': {'fd': 3}} among its forms
    elif _has_descriptor(handle):
        return ListenOptions(handle=handle, backlog=backlog, signal=signal), callback
    elif is_truthy(handle):  # what comes beside it must not be listened on in its stead
        raise node_error(
            "ERR_INVALID_ARG_VALUE", "options", options, 'must have the property "port" or "path"'
        )
    descriptor = _descriptor(options.get("fd"))
    if descriptor is not None:
        return ListenOptions(fd=descriptor, backlog=backlog, signal=signal), callback
    port = options.get("port", ABSENT)
    if port is None or (not options and (not args or callable(args[0]))):
        port = 0
    if isinstance(port, (int, float, str)) and not isinstance(port, bool):
        number = check_port(port, "options.port")
        host = options.get("host")
        host = host if is_truthy(host) else None
        if host is not None and not isinstance(host, str):
            raise node_error("ERR_INVALID_ARG_TYPE", "hostname", "string", host)
        if host is not None and "\0" in host:
            reason = "must be a string without null bytes"
            raise node_error("ERR_INVALID_ARG_VALUE", "hostname", host, reason)
        place = ListenOptions(
            port=number,
            host=host,
            backlog=backlog,
            ipv6_only=options.get("ipv6_only") is True,
            reuse_port=options.get("reuse_port") is True,
            signal=signal,
        )
        return place, callback
    path = options.get("path")
    if path and _is_path(path):
        readable, writable = options.get("readable_all"), options.get("writable_all")
        if path.startswith("\0") and (readable or writable):
            raise node_error(
                "ERR_INVALID_ARG_VALUE",
                "options",
                options,
                "can not set readableAll or writableAllt to true when path is abstract unix socket",
            )
        place = ListenOptions(
            path=path,
            backlog=backlog,
            readable_all=readable is True,
            writable_all=writable is True,
            signal=signal,
        )
        return place, callback
    if "port" not in options and "path" not in options:
        raise node_error(
            "ERR_INVALID_ARG_VALUE", "options", options, 'must have the property "port" or "path"'
        )
    raise node_error("ERR_INVALID_ARG_VALUE", "options", options)


def connect_options(
    args: tuple[Any, ...], keywords: Mapping[str, Any]
) -> tuple[ConnectOptions, dict[str, Any], Callback | None]:
    """Check the arguments of ``socket.connect``; also return all that was given, by name.

    Raises:
        TypeError: ``ERR_MISSING_ARGS`` if they name neither port nor path,
            ``ERR_INVALID_ARG_TYPE``, ``ERR_INVALID_IP_ADDRESS``, ``ERR_INVALID_ARG_VALUE`` for a
            host with a NUL, hints or a family that there are not.
        ValueError: ``ERR_SOCKET_BAD_PORT``, ``ERR_OUT_OF_RANGE``.
    """
    options, callback = _normalized(args, keywords)
    path = options.get("path")
    port = options.get("port", ABSENT)
    if port is ABSENT and path is None:
        raise node_error("ERR_MISSING_ARGS", "options", "port", "path")
    if path:
        if not isinstance(path, str):
            raise node_error("ERR_INVALID_ARG_TYPE", "options.path", "string", path)
        return ConnectOptions(path=path), options, callback
    host = options.get("host") or "localhost"
    if not isinstance(host, str):
        raise node_error("ERR_INVALID_ARG_TYPE", "options.host", "string", host)
    if "\0" in host:
        raise node_error(
            "ERR_INVALID_ARG_VALUE", "options.host", host, "must be a string without null bytes"
        )
    local_address = options.get("local_address") or None
    if local_address is not None and not is_ip(local_address):
        raise node_error("ERR_INVALID_IP_ADDRESS", inspected(local_address, quote=False))
    local_port = options.get("local_port") or 0
    check_number(local_port, "options.localPort")
    if port is ABSENT:
        port = 0
    elif isinstance(port, bool) or not isinstance(port, (int, float, str)):
        raise node_error("ERR_INVALID_ARG_TYPE", "options.port", ["number", "string"], port)
    target = ConnectOptions(
        port=check_port(port, "Port"),
        host=host,
        local_address=local_address,
        local_port=local_port,
        **_attempts(options),
        **({} if is_ip(host) else _resolving(options)),
    )
    return target, options, callback


def _attempts(options: Mapping[str, Any]) -> dict[str, Any]:
    """Check what says how several addresses are tried."""
    select = options.get("auto_select_family")
    if select is not None and not isinstance(select, bool):
        raise node_error("ERR_INVALID_ARG_TYPE", "options.autoSelectFamily", "boolean", select)
    timeout = options.get("auto_select_family_attempt_timeout")
    if timeout is not None:
        name = "options.autoSelectFamilyAttemptTimeout"
        timeout = max(10, check_integer(timeout, name, 1, 2**31 - 1))
    return {"auto_select_family": select, "attempt_timeout": timeout}


#: The flags of getaddrinfo(3) that Node lets through.
_HINTS = _socket.AI_ADDRCONFIG | _socket.AI_V4MAPPED | _socket.AI_ALL


def _resolving(options: Mapping[str, Any]) -> dict[str, Any]:
    """Check what says how a name is looked up; a resolver of the user's is told it unchecked."""
    lookup = options.get("lookup")
    if lookup is not None:
        check_function(lookup, "options.lookup")
    family, hints = options.get("family"), options.get("hints") or 0
    family = {"IPv4": 4, "IPv6": 6}.get(family, family) if isinstance(family, str) else family
    if lookup is None:
        check_number(hints, "options.hints")
        hints = int(hints) if math.isfinite(hints) else 0
        if hints & ~_HINTS:
            raise node_error("ERR_INVALID_ARG_VALUE", "hints", hints & 0xFFFFFFFF)
        if family is not None and (isinstance(family, bool) or family not in (0, 4, 6)):
            raise node_error(
                "ERR_INVALID_ARG_VALUE", "options.family", family, "must be one of: 0, 4, 6"
            )
    return {"lookup": lookup, "family": family, "hints": hints}


def server_options(
    options: Any, listener: Any, keywords: dict[str, Any]
) -> tuple[ServerOptions, Callback | None]:
    """Check the arguments of ``create_server``: an options mapping or None, a listener or None.

    Raises:
        TypeError: ``ERR_INVALID_ARG_TYPE`` if the options are neither mapping nor function, or
            what should be a number is none; ``ERR_INVALID_ARG_VALUE`` for a high-water mark that
            is no whole number.
    """
    if callable(options):
        options, listener = None, options
    if options is not None and not isinstance(options, Mapping):
        raise node_error("ERR_INVALID_ARG_TYPE", "options", "Object", options)
    given = {key: value for key, value in keywords.items() if value is not ABSENT}
    given = {**spelt(options or {}), **given}
    delay = given.get("keep_alive_initial_delay", 0)
    check_number(delay, "options.keepAliveInitialDelay")
    high_water_mark = given.get("high_water_mark", -1)
    check_number(high_water_mark, "options.highWaterMark")
    if not high_water_mark < 0:
        high_water_mark = check_high_water_mark(high_water_mark, "options.highWaterMark")
    checked = ServerOptions(
        allow_half_open=given.get("allow_half_open") or False,
        pause_on_connect=bool(given.get("pause_on_connect")),
        no_delay=bool(given.get("no_delay")),
        keep_alive=bool(given.get("keep_alive")),
        keep_alive_initial_delay=to_int32(delay / 1000) if 0 <= delay < 2**1023 else 0,
        block_list=given.get("block_list") or None,
        high_water_mark=None if high_water_mark < 0 else high_water_mark,
    )
    return checked, listener if callable(listener) else None
