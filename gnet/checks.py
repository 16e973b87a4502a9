"""Checks of arguments: each raises the error with Node's code, or lets the value pass."""

from __future__ import annotations

import functools
import inspect
import math
import re
from typing import Any, TypeGuard

from gnet.errors import GnetTypeError, node_error, received

__all__ = [
    "check_boolean",
    "check_function",
    "check_high_water_mark",
    "check_integer",
    "check_listener",
    "check_msecs",
    "check_number",
    "check_port",
    "check_string",
    "is_number",
    "is_truthy",
    "parse_int",
    "to_int32",
    "to_number",
]


#: What JavaScript trims off a text before it reads a number, and the numbers it reads.
_JS_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_JS_PREFIXED = re.compile(r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+")
_JS_DECIMAL = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")

_COROUTINE = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def check_listener(listener: Any) -> None:
    """Raise ``ERR_INVALID_ARG_TYPE`` unless ``listener`` is a callable that is no coroutine."""
    try:
        is_coroutine = listener.__code__.co_flags & _COROUTINE  # bound methods pass it on
    except AttributeError:
        check_function(listener, "listener")
        called = listener
        while isinstance(called, functools.partial):
            called = called.func
        if not hasattr(called, "__code__"):
            called = type(called).__call__  # an object's own method
        code = getattr(called, "__code__", None)
        is_coroutine = code is not None and code.co_flags & _COROUTINE
    if is_coroutine:
        raise GnetTypeError(
            "ERR_INVALID_ARG_TYPE",
            f'The "listener" argument must be a plain function. Received {received(listener)}, '
            "a coroutine function, which nothing here would await. Listeners run in greenlets and "
            "may block: write it with def, and wrap it in gnet.spawned() if emit shall not wait",
        )


def check_function(value: object, name: str) -> None:
    """Raise ``ERR_INVALID_ARG_TYPE`` unless ``value`` can be called."""
    if not callable(value):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "function", value)


def check_string(value: object, name: str) -> None:
    """Raise ``ERR_INVALID_ARG_TYPE`` unless ``value`` is a string."""
    if not isinstance(value, str):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "string", value)


def check_boolean(value: object, name: str) -> None:
    """Raise ``ERR_INVALID_ARG_TYPE`` unless ``value`` is True or False."""
    if not isinstance(value, bool):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "boolean", value)


def is_number(value: object) -> TypeGuard[float]:
    """Whether JavaScript would call it a number: a truth value is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_number(value: object, name: str, least: float | None = None) -> None:
    """Raise unless ``value`` is a number, and not below ``least`` where that is given."""
    if not is_number(value):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "number", value)
    if least is not None and not value >= least:
        raise node_error("ERR_OUT_OF_RANGE", name, f">= {least}", value)


def check_integer(value: Any, name: str, least: int, most: int) -> int:
    """``value`` as an int; raise unless it is a whole number from ``least`` to ``most``."""
    check_number(value, name)
    if not math.isfinite(value) or value != int(value):
        raise node_error("ERR_OUT_OF_RANGE", name, "an integer", value)
    if not least <= value <= most:
        raise node_error("ERR_OUT_OF_RANGE", name, f">= {least} && <= {most}", value)
    return int(value)


def check_high_water_mark(value: Any, name: str) -> int:
    """``value`` as an int; raise ``ERR_INVALID_ARG_VALUE`` unless it is whole and not negative."""
    if not is_number(value) or not value >= 0 or value % 1 != 0:  # of infinity that is NaN
        raise node_error("ERR_INVALID_ARG_VALUE", name, value)
    return int(value)


def check_msecs(value: Any, name: str = "msecs") -> None:
    """Raise unless ``value`` is a period in milliseconds: a number, finite and not negative."""
    check_number(value, name)
    if not (math.isfinite(value) and value >= 0):
        raise node_error("ERR_OUT_OF_RANGE", name, "a non-negative finite number", value)


def to_number(value: Any) -> float | None:
    """JavaScript's ``Number(value)`` for what can stand for a port; None for NaN."""
    if value is None:
        return 0
    if isinstance(value, (int, float)):
        return None if math.isnan(value) else value
    if not isinstance(value, str):
        return None
    text = value.strip(_JS_SPACE)
    if not text:
        return 0
    if _JS_PREFIXED.fullmatch(text):
        return int(text, 0)
    return float(text) if _JS_DECIMAL.fullmatch(text) else None


def is_truthy(value: Any) -> bool:
    """Whether JavaScript takes it for true: an empty list is, NaN is not."""
    if isinstance(value, (bool, int, float)):
        return value == value and bool(value)
    return value is not None and value != ""


def parse_int(value: Any) -> int | None:
    """What JavaScript's ``parseInt`` makes of a value; None for what is no number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) else None
    if isinstance(value, int):
        return value
    digits = re.match(r"\s*([+-]?[0-9]+)", value) if isinstance(value, str) else None
    return int(digits[1]) if digits else None


def to_int32(value: Any) -> int:
    """JavaScript's ``~~value``: the whole number's lowest 32 bits, signed."""
    number = to_number(value)
    if number is None or number in (math.inf, -math.inf):
        return 0
    return (int(number) + 2**31) % 2**32 - 2**31


def check_port(value: Any, name: str) -> int:
    """A port as Node takes it, a whole number or the text of one, from 0 to 65535.

    Raises:
        ValueError: ``ERR_SOCKET_BAD_PORT``.
    """
    number = None if isinstance(value, bool) or value is None else to_number(value)
    blank = isinstance(value, str) and not value.strip()
    if number is None or blank or not (0 <= number <= 65535 and number == int(number)):
        raise node_error("ERR_SOCKET_BAD_PORT", name, value)
    return int(number)
