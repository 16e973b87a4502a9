"""What a serving process says: one line for each record, as text or as JSON, on standard error."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

__all__ = [
    "FORMATS",
    "LEVELS",
    "JsonFormatter",
    "TextFormatter",
    "configure",
    "formatter",
    "log_unhandled",
]

FORMATS = ("text", "json")
LEVELS = ("debug", "info", "warning", "error", "critical")


def _time(record: logging.LogRecord) -> str:
    """UTC, to the millisecond: RFC 3339."""
    moment = datetime.fromtimestamp(record.created, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class TextFormatter(logging.Formatter):
    """``2026-01-01T12:00:00.000Z [17] info gnet.serve: listening on …``; a traceback follows.

    All lines but the first are indented: whatever somebody has sent, and was logged, none of it
    looks like a record.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write it as text."""
        head = f"{_time(record)} [{record.process}] {record.levelname.lower()} {record.name}: "
        text = head + record.getMessage()
        if record.exc_info:
            text += f"\n{self.formatException(record.exc_info)}"
        if record.stack_info:
            text += f"\n{record.stack_info}"
        return "\n  ".join(text.splitlines())


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, pid, level, logger, message, exception, stack, and its fields.

    A record's fields are what it was logged with as ``extra={'fields': {…}}``; they do not replace
    the others.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write it as JSON."""
        entry: dict[str, Any] = {
            "time": _time(record),
            "pid": record.process,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            entry["stack"] = record.stack_info
        fields = getattr(record, "fields", None)
        if isinstance(fields, Mapping):  # else it is something of the application's own
            entry = {**entry, **fields, **entry}  # in this order
        return json.dumps(entry, default=str, skipkeys=True)


def formatter(style: str) -> logging.Formatter:
    """That of a format's name: ``text`` or ``json``."""
    return JsonFormatter() if style == "json" else TextFormatter()


def configure(level: str, style: str) -> None:
    """Have everything that is logged in this process written to standard error.

    Args:
        level: The least level, one of `LEVELS`.
        style: One of `FORMATS`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(style))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)


def log_unhandled(hub: Any) -> None:
    """Log what nobody has caught in a greenlet or a thread, instead of its being printed.

    What the network does to a socket without an ``'error'`` listener has no traceback: a warning,
    in one line. What a listener has raised has one.
    """
    log = logging.getLogger("gnet.unhandled")

    def print_exception(context: object, kind: Any, error: Any, trace: Any) -> None:
        where = "" if context is None else f" in {context!r}"
        level = logging.WARNING if trace is None else logging.ERROR
        exc_info = None if trace is None else (kind, error, trace)
        log.log(level, "%s: %s%s", kind.__name__, error, where, exc_info=exc_info)

    def log_of_thread(end: threading.ExceptHookArgs) -> None:
        if end.exc_type is not SystemExit:  # which ends a thread without a word
            print_exception(end.thread, end.exc_type, end.exc_value, end.exc_traceback)

    hub.print_exception = print_exception
    threading.excepthook = log_of_thread
