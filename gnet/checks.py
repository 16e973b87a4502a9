"""Checks of arguments: each raises the error with Node's code, or lets the value pass."""

from __future__ import annotations

import math
import re
from typing import Any

from gnet.errors import node_error

__all__ = ["check_function", "check_msecs", "check_number", "check_port", "to_number"]


def check_function(value: object, name: str) -> None:
    """Raise ``ERR_INVALID_ARG_TYPE`` unless ``value`` can be called."""
    if not callable(value):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "function", value)


def check_number(value: object, name: str, least: float | None = None) -> None:
    """Raise unless ``value`` is a number, and not below ``least`` where that is given."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "number", value)
    if least is not None and not value >= least:
        raise node_error("ERR_OUT_OF_RANGE", name, f">= {least}", value)


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
    text = value.strip()
    if not text:
        return 0
    try:
        if re.fullmatch(r"0[xob][0-9a-f]+", text, re.IGNORECASE):
            return int(text, 0)
        return None if "_" in text or "n" in text.lower() else float(text)
    except ValueError:
        return None


def check_port(value: Any, name: str) -> int:
    """A port as Node takes it, a whole number or the text of one, from 0 to 65535.

    Raises:
        ValueError: ``ERR_SOCKET_BAD_PORT``.
    """
    number = None if isinstance(value, bool) or value is None else to_number(value)
    blank = isinstance(value, str) and not value.strip()
    if number is None or blank or not 0 <= number <= 65535 or number != int(number):
        raise node_error("ERR_SOCKET_BAD_PORT", name, value)
    return int(number)
