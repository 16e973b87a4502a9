"""Names that are no strings: Node's Symbols, and the argument that was left out."""

from __future__ import annotations

from typing import Any

__all__ = ["ABSENT", "Symbol", "capture_rejection_symbol", "error_monitor"]


class Symbol:
    """A name that equals only itself, as a JavaScript Symbol does."""

    __slots__ = ("description",)

    def __init__(self, description: str) -> None:
        self.description = description

    def __repr__(self) -> str:
        return f"Symbol({self.description})"


#: Stands for an argument that was left out: Node's ``undefined``, where None is its ``null``.
ABSENT: Any = Symbol("absent")

#: Listeners of this "event" see an ``'error'`` first and do not count as handling it.
error_monitor = Symbol("events.errorMonitor")

#: Name of the method that takes a captured rejection in place of ``'error'``:
#: ``def nodejs_rejection(self, error, event, *args)``. Node: ``Symbol.for('nodejs.rejection')``.
capture_rejection_symbol = "nodejs_rejection"
