"""The agreement's loop, for emitters written in Python."""

import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["take_turns"]

#: Emits between two looks at the clock.
BATCH = 2000


class Emitter(Protocol):
    """What the emitters have in common."""

    def on(self, event: str, f: Callable[[str], None], /) -> object:
        """Add a listener."""

    def emit(self, event: str, /, *args: Any) -> bool:
        """Call the listeners of an event."""


def take_turns(emitter: Emitter) -> None:
    """Emit an event with one argument, as often and for as long as it is asked for."""
    for _ in range(int(sys.argv[1])):
        emitter.on("data", _listener())
    emit, clock = emitter.emit, time.perf_counter
    for line in sys.stdin:
        deadline = clock() + float(line)
        count = 0
        while clock() < deadline:
            for _ in range(BATCH):
                emit("data", "chunk")
            count += BATCH
        print(count, flush=True)


def _listener() -> Callable[[str], None]:
    """Return a listener of its own: an emitter may keep the same one once only."""

    def listen(_chunk: str) -> None:
        pass

    return listen
