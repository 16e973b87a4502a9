"""What a socket can be made with: the options of ``Socket`` and of `gnet.connect`, checked.

`SocketKeywords` and `ConnectKeywords` are the one list of names: type checkers see them as the
keywords of the public functions, and `check_keywords` holds callers to them at run time. In a
mapping Node's spellings mean the same, and unknown keys are ignored. Node: net,
"new net.Socket([options])", "socket.connect(options)".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from gnet.blocklist import BlockList
from gnet.bound import BoundSocket
from gnet.checks import check_high_water_mark, check_integer, check_number, is_number
from gnet.errors import node_error
from gnet.events.abort import AbortSignal, check_signal
from gnet.options import spelt
from gnet.stream.destroy import DEFAULT_HIGH_WATER_MARK
from gnet.stream.encoding import normal_name

__all__ = [
    "ConnectKeywords",
    "ConnectionKeywords",
    "OnRead",
    "SocketKeywords",
    "SocketOptions",
    "check_keywords",
    "socket_options",
    "writable_buffer",
]

Buffer = Any  # bytearray, or a memoryview that can be written to


class SocketKeywords(TypedDict, total=False):
    """Keywords of ``Socket(...)``, where they are described."""

    allow_half_open: bool
    block_list: BlockList | None
    capture_rejections: bool
    default_encoding: str | None
    encoding: str | None
    fd: int
    handle: BoundSocket | None
    high_water_mark: int | None
    keep_alive: bool
    keep_alive_initial_delay: float
    no_delay: bool
    on_read: Mapping[str, Any] | None
    readable: bool
    readable_high_water_mark: int | None
    signal: AbortSignal | None
    type_of_service: int
    writable: bool
    writable_high_water_mark: int | None


class ConnectKeywords(TypedDict, total=False):
    """Keywords of ``socket.connect(...)``, where they are described."""

    auto_select_family: bool | None
    auto_select_family_attempt_timeout: int | None
    callback: Callable[..., object] | None
    family: int | str | None
    hints: int | None
    host: str | None
    local_address: str | None
    local_port: int | None
    lookup: Callable[..., object] | None
    path: str | None
    port: int | str


class ConnectionKeywords(SocketKeywords, ConnectKeywords, total=False):
    """Keywords of `gnet.connect`: both, and the idle time-out."""

    timeout: float | None


def check_keywords(function: str, given: Mapping[str, Any], known: type) -> None:
    """Raise Python's ``TypeError`` for a keyword that the function does not have."""
    # TypedDict's own list, inherited ones included
    names: frozenset[str] = known.__optional_keys__  # type: ignore[attr-defined]
    for name in given:
        if name not in names:
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")


@dataclass(frozen=True)
class OnRead:
    """Where received data goes instead of ``'data'``."""

    callback: Callable[[int, Buffer], object]
    buffer: Buffer = None  # the one to use again and again, or None
    make_buffer: Callable[[], Buffer] | None = None  # makes the next one


@dataclass(frozen=True)
class SocketOptions:
    """What a socket is made with."""

    allow_half_open: bool = False
    block_list: BlockList | None = None
    default_encoding: str = "utf8"
    encoding: str | None = None
    fd: int | None = None
    handle: BoundSocket | None = None
    keep_alive: bool = False
    keep_alive_initial_delay: float = 0
    no_delay: bool = False
    on_read: OnRead | None = None
    readable: bool = True
    writable: bool = True
    read_high_water_mark: int = DEFAULT_HIGH_WATER_MARK
    write_high_water_mark: int = DEFAULT_HIGH_WATER_MARK
    signal: AbortSignal | None = None
    type_of_service: int | None = None


_USUAL = SocketOptions()
_NAMES = SocketKeywords.__optional_keys__ | {
    "object_mode",
    "readable_object_mode",
    "writable_object_mode",
}


def socket_options(options: Any, keywords: Mapping[str, Any]) -> SocketOptions:
    """Check what a socket shall be made with, in Node's order.

    Args:
        options: One mapping, a descriptor as Node's legacy form has it, or anything else for none.
        keywords: In Python's spelling; they win.
    Raises:
        TypeError: ``ERR_INVALID_ARG_TYPE``, ``ERR_INVALID_ARG_VALUE`` (object mode, high-water
            marks), ``ERR_UNKNOWN_ENCODING``.
        ValueError: ``ERR_OUT_OF_RANGE``.
    """
    given: Mapping[str, Any] = keywords
    if isinstance(options, Mapping):
        given = {**spelt(options), **keywords}
    elif is_number(options):
        given = {"fd": options, **keywords}
    if _NAMES.isdisjoint(given):
        return _USUAL
    _refuse_object_mode(given)
    delay = given.get("keep_alive_initial_delay", 0)
    check_number(delay, "options.keepAliveInitialDelay")
    marks = [_high_water_mark(given, side) for side in ("readable", "writable")]
    default_encoding = given.get("default_encoding")
    default_encoding = "utf8" if default_encoding is None else default_encoding
    normal_name(default_encoding)
    encoding = given.get("encoding") or None
    if encoding is not None:
        normal_name(encoding)
    signal = given.get("signal") or None
    if signal is not None:
        check_signal(signal)
    handle = given.get("handle") or None
    if handle is not None and not isinstance(handle, BoundSocket):
        raise node_error("ERR_INVALID_ARG_TYPE", "options.handle", "net.BoundSocket", handle)
    fd = None
    if handle is None and "fd" in given:
        fd = check_integer(given["fd"], "fd", 0, 2**31 - 1)
    if "type_of_service" in given:
        check_integer(given["type_of_service"], "options.typeOfService", 0, 255)
    block_list = given.get("block_list") or None
    if block_list is not None and not BlockList.is_block_list(block_list):
        raise node_error("ERR_INVALID_ARG_TYPE", "options.blockList", "net.BlockList", block_list)
    return SocketOptions(
        block_list=block_list,
        default_encoding=default_encoding,
        handle=handle,
        allow_half_open=bool(given.get("allow_half_open")),
        encoding=encoding,
        fd=fd,
        keep_alive=bool(given.get("keep_alive")),
        keep_alive_initial_delay=delay,
        no_delay=bool(given.get("no_delay")),
        on_read=_on_read(given.get("on_read")),
        readable=given.get("readable") is not False,
        writable=given.get("writable") is not False,
        read_high_water_mark=marks[0],
        write_high_water_mark=marks[1],
        signal=signal,
        type_of_service=given.get("type_of_service"),
    )


def _refuse_object_mode(given: Mapping[str, Any]) -> None:
    for name, key in (
        ("objectMode", "object_mode"),
        ("readableObjectMode", "readable_object_mode"),
        ("writableObjectMode", "writable_object_mode"),
    ):
        if given.get(key):
            raise node_error(
                "ERR_INVALID_ARG_VALUE", f"options.{name}", given[key], "is not supported"
            )


def _high_water_mark(given: Mapping[str, Any], side: str) -> int:
    mark = given.get("high_water_mark")
    if mark is None:
        mark = given.get(f"{side}_high_water_mark")
    if mark is None:
        return DEFAULT_HIGH_WATER_MARK
    return check_high_water_mark(mark, f"options.{side}HighWaterMark")


def _on_read(given: Any) -> OnRead | None:
    """The option ``on_read``; as in Node, what is none of its forms counts as not given."""
    if not isinstance(given, Mapping) or not callable(given.get("callback")):
        return None
    buffer, callback = given.get("buffer"), given["callback"]
    if callable(buffer):
        return OnRead(callback, make_buffer=buffer)
    try:
        memoryview(buffer)  # type: ignore[arg-type]  # that is the question
    except TypeError:
        return None
    return OnRead(callback, writable_buffer(buffer))


def writable_buffer(buffer: Any) -> Any:
    """The buffer; raise ``ERR_INVALID_ARG_TYPE`` unless it can be received into."""
    try:
        view = memoryview(buffer)
        usable = view.c_contiguous and not view.readonly  # Node has no others
    except (TypeError, ValueError):  # no buffer, or one that was released
        usable = False
    if not usable:
        raise node_error("ERR_INVALID_ARG_TYPE", "options.onread.buffer", "bytearray", buffer)
    return buffer
