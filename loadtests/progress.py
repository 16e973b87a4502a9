"""Progress on standard error: a bar on a terminal, a line per finished run anywhere else.

It only writes. What runs, and for how long, it is told.
"""

import os
from typing import TextIO

__all__ = ["Progress"]

_BAR_WIDTH = 24
_COLUMNS = 80


class Progress:
    """How far a sequence of runs has come.

    Args:
        stream: Where it is shown; the bar only if this is a terminal.
        planned_s: How many seconds each run is expected to take.
    """

    def __init__(self, stream: TextIO, planned_s: list[float]) -> None:
        self._stream = stream
        self._planned_s = planned_s
        self._finished = 0
        self._is_terminal = stream.isatty()

    def show(self, title: str, elapsed_s: float) -> None:
        """Show what runs now and since when; only on a terminal."""
        if not self._is_terminal:
            return
        total_s = sum(self._planned_s)
        # A run that takes longer than planned stands still at its end.
        within_s = min(elapsed_s, self._planned_s[self._finished])
        done_s = sum(self._planned_s[: self._finished]) + within_s
        filled = int(_BAR_WIDTH * done_s / total_s)
        bar = "█" * filled + "░" * (_BAR_WIDTH - filled)
        number = f"{self._finished + 1}/{len(self._planned_s)}"
        left = f"{bar} {number} {title}, {_minutes(total_s - done_s)} left"
        # Some terminals do not know their size, and say 0.
        columns = os.get_terminal_size(self._stream.fileno()).columns or _COLUMNS
        self._replace_line(left[: columns - 1])

    def finish(self, line: str) -> None:
        """Note that a run has come to its end, and keep a line about it."""
        self._finished += 1
        self.clear()
        number = f"{self._finished}/{len(self._planned_s)}"
        self._stream.write(f"{number} {line}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Take the bar away."""
        if self._is_terminal:
            self._replace_line("")

    def _replace_line(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text}")
        self._stream.flush()


def _minutes(seconds: float) -> str:
    """Return minutes and seconds, as on a clock."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
