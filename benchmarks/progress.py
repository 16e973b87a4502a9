"""How far a run has come: a bar on standard error if that is a terminal, else nothing."""

import shutil
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TextIO

from tqdm import tqdm

__all__ = ["Progress"]

# No thread of the library's that wakes up in the middle of a measurement.
tqdm.monitor_interval = 0


class Progress:
    """The bar, for the length of a block.

    Args:
        names: What is going to be measured, in this order.
        rounds: Rounds of each.
        stream: Where it is shown; standard error unless given.
    """

    def __init__(self, names: Sequence[str], rounds: int, stream: TextIO | None = None) -> None:
        self._names = names
        self._rounds = rounds
        # 80 by 24 for a terminal that does not know its size, where tqdm would show nothing.
        columns, lines = shutil.get_terminal_size()
        self._bar = tqdm(
            total=len(names) * rounds,
            # Off where the stream is no terminal.
            disable=None,
            leave=False,
            file=stream or sys.stderr,
            ncols=columns,
            nrows=lines,
            bar_format="{percentage:3.0f}% |{bar:20}| {remaining} left  {desc}",
        )

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()

    def of(self, name: str) -> Callable[[int, str], None]:
        """Return what is to be called while that is measured: with the round, and what begins."""
        before = self._names.index(name) * self._rounds

        def begin(number: int, what: str) -> None:
            # The round that goes on is not done yet.
            self._bar.n = before + number - 1
            self._bar.set_description_str(f"{name}: round {number}, {what}")

        return begin

    def clear(self) -> None:
        """Take the bar away until something begins, so that something can be printed."""
        self._bar.clear()
