"""Writes the trace of a scenario: one JSON line on stdout for each call of trace().

conformance_trace.js writes the same lines from JavaScript; keep the two in step. This module
imports nothing of gnet, so that the library cannot change how it is observed.
"""

from __future__ import annotations

import enum
import json
import math
import re
import sys
from collections.abc import Iterable
from typing import Any

__all__ = ["line", "new_port", "portLabel", "port_label", "trace", "write"]

_PORT_KEYS = frozenset({"port", "localPort", "remotePort"})
_ERROR_KEYS = ("syscall", "address", "port", "hostname")
#: Python's name of a class -> the name under which JavaScript knows what it stands for.
_CLASS_NAMES = {"AsyncResult": "Promise"}

_labels: dict[int, str] = {}
_names: list[str] = []


def port_label(port: int) -> str:
    """Give a port number a name, so that traces do not depend on which port the kernel picked."""
    return _labels.get(port) or new_port(port)


def new_port(port: int) -> str:
    """Give a port a new name, even if the kernel picked a number that has had one before."""
    _names.append("PORT" if not _names else f"PORT{len(_names) + 1}")
    _labels[port] = _names[-1]
    return _names[-1]


portLabel = port_label


def _without_ports(text: str) -> str:
    def name(match: re.Match[str]) -> str:
        label = _labels.get(int(match[1]))
        return match[0] if label is None else f":{label}"

    return re.sub(r":([0-9]+)", name, text)


def _encode_number(value: float, may_be_port: bool) -> object:
    if may_be_port and value in _labels:
        return _labels[int(value)]
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return {"number": "NaN"}
    return {"number": "Infinity" if value > 0 else "-Infinity"}


def _encode_error(error: BaseException) -> object:
    code = getattr(error, "code", None)
    message = getattr(error, "message", None)
    fields: dict[str, object] = {
        "message": _without_ports(str(error) if message is None else str(message))
    }
    if code is not None:
        fields["code"] = _encode(code, False)
    if isinstance(code, str) and code.startswith("ERR_"):
        if isinstance(error, TypeError):
            fields["kind"] = "TypeError"
        elif isinstance(error, ValueError):
            fields["kind"] = "RangeError"
    for key in _ERROR_KEYS:
        value = getattr(error, key, None)
        if value is not None:
            fields[key] = _encode(value, key in _PORT_KEYS)
    return {"error": fields}


def _is_sentinel(value: object) -> bool:
    """Whether ``value`` stands where JavaScript has a symbol: it is itself and nothing more."""
    if type(value) is object or isinstance(value, enum.Enum):
        return True
    name = type(value).__name__.lower()
    return "sentinel" in name or "symbol" in name


def _encode_object(value: Any) -> object:
    name = type(value).__name__
    if name in _CLASS_NAMES:
        return {"object": _CLASS_NAMES[name]}
    if callable(value):
        return {"function": True}
    if _is_sentinel(value):
        return {"symbol": True}
    if callable(getattr(value, "keys", None)):
        return {
            str(key): _encode(value[key], key in _PORT_KEYS)
            for key in sorted(value.keys(), key=str)
        }
    return {"object": name}


def _encode(value: object, may_be_port: bool) -> object:
    """The form of one value that both languages share."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, enum.Enum):
        return _encode_number(value, may_be_port)
    if isinstance(value, str):
        return _without_ports(str(value))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": bytes(value).decode("latin-1")}
    if isinstance(value, (list, tuple)):
        return _encode_list(value)
    if isinstance(value, BaseException):
        return _encode_error(value)
    return _encode_object(value)


def _encode_list(values: Iterable[object]) -> list[object]:
    return [_encode(value, True) for value in values]


def line(label: str, *args: object) -> str:
    """What trace() would write now, while the ports have the names that they have."""
    return json.dumps({"args": _encode_list(args), "event": label})


def write(text: str) -> None:
    """Write one line, which is out when this returns, whatever the process does next."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def trace(label: str, *args: object) -> None:
    """Say what happened just now."""
    write(line(label, *args))
