"""The machine: which cores the two sides run on, and how many files may be open."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cores", "choose_cores", "pinned", "raise_file_limit"]


@dataclass(frozen=True)
class Cores:
    """Numbers of the cores the two sides are pinned to; both ``None`` where pinning is off."""

    server: int | None
    client: int | None

    def __str__(self) -> str:
        if self.server is None:
            return "pinning is off: server and client share the one core that may be used"
        return f"servers pinned to core {self.server}, client to core {self.client}"


def choose_cores() -> Cores:
    """Pick one core for the servers and one for the client.

    Two hardware threads of one physical core slow each other down, so a true second core is
    preferred where the machine tells which those are.
    """
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) == 1:
        return Cores(None, None)
    # The last one, as the first usually serves the interrupts.
    server = usable.pop()
    siblings = _siblings(server)
    return Cores(server, min(usable, key=lambda core: (core in siblings, core)))


def _siblings(core: int) -> set[int]:
    """Return the hardware threads of the physical core that this one belongs to."""
    path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    try:
        text = path.read_text()
    except OSError:  # Containers may hide it; then every core counts as a true one.
        return {core}
    siblings: set[int] = set()
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        siblings.update(range(int(first), int(last or first) + 1))
    return siblings


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Keep this process, and what it starts, on one core during a block; ``None``: anywhere."""
    allowed = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def raise_file_limit() -> None:
    """Raise the limit of open files to the hard limit; servers started from here inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
