"""What a workload is: something that servers are asked to do, with a meter read around it.

A workload is split in slices, so that the servers can take turns many times within a round. Each
slice leaves its server with nothing to do. The warm-up before the first one fills caches, compiles
what gets compiled (Node) and grows pools.
"""

import resource
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from benchmarks.machine import Cores
from benchmarks.meters import cpu_seconds
from benchmarks.peers import ServerProcess, UnavailableError

__all__ = ["Plan", "Slice", "Start", "Task", "Workload", "metered", "require_files"]

#: Open files left for everything but the connections of a workload.
SPARE_FILES = 300


@dataclass(frozen=True)
class Plan:
    """How to go about the workloads.

    Attributes:
        rounds: How many rounds.
        quick: Take fewer slices, for a first look.
        cores: Where the two sides run.
    """

    rounds: int
    quick: bool
    cores: Cores

    @property
    def spin(self) -> bool:
        """Whether the client, having a core of its own, waits without sleeping."""
        return self.cores.client is not None


@dataclass(frozen=True)
class Slice:
    """What the server used for some operations.

    Attributes:
        used: Microseconds of CPU time, or bytes of memory.
        operations: How many operations, or connections.
        wall_us: Microseconds of wall time; 0 where nothing is repeated.
        note: What the reader must know about this slice, as a rule empty.
    """

    used: float
    operations: int
    wall_us: float = 0.0
    note: str = ""

    @property
    def cost(self) -> float:
        """What an operation used, in the unit of the workload."""
        return self.used / self.operations


class Start(Protocol):
    """Starts the server under test."""

    def __call__(self, role: str, *arguments: object) -> ServerProcess:
        """Return the running server; it is stopped by whoever gave this."""


@dataclass(frozen=True)
class Task:
    """A workload, ready to be run against one server.

    Attributes:
        warm_up: Runs before the first slice.
        measure: Runs one slice.
        time: Runs one slice and returns the round trips it made, in microseconds; ``None`` where
            there is none to be timed.
    """

    warm_up: Callable[[], object]
    measure: Callable[[], Slice]
    time: Callable[[], list[float]] | None = None


@dataclass(frozen=True)
class Workload:
    """One thing that servers are asked to do.

    Attributes:
        name: Name on the command line and in the report.
        title: What is done, in one line.
        unit: Unit of the figure that is compared.
        decimals: Decimals of the cost that mean something.
        slices: Slices in a round, and in a quick round.
        prepare: Starts a server in the role it wants and makes the task; what it opens itself is
            closed with the block.
        is_side_by_side: Whether all servers of a round run at the same time, to take turns. Where
            the client cannot hold that many connections, they run one after the other.
        is_headline: Whether it is one of the few that a run measures unless told otherwise.
    """

    name: str
    title: str
    unit: str
    decimals: int
    slices: tuple[int, int]
    prepare: Callable[[Start, Plan], AbstractContextManager[Task]]
    is_side_by_side: bool = True
    is_headline: bool = False


def metered(server: ServerProcess, operate: Callable[[], int]) -> Slice:
    """Run some operations, whose count is returned, and read the server's CPU time around it."""
    cpu, wall = cpu_seconds(server.pid), time.perf_counter()
    count = operate()
    cpu, wall = cpu_seconds(server.pid) - cpu, time.perf_counter() - wall
    return Slice(cpu * 1e6, count, wall * 1e6)


def require_files(connections: int) -> None:
    """Raise ``UnavailableError`` if a process may not have so many connections open."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit < connections + SPARE_FILES:
        raise UnavailableError(f"the limit of open files, {limit}, for {connections} connections")
