"""The workloads: what is asked of a server, and which meter is read around it.

A workload is split in slices, so that the servers can take turns many times within a round. Each
slice leaves its server with nothing to do. The warm-up before the first one fills caches, compiles
what gets compiled (Node) and grows pools.
"""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass

from benchmarks.load import ConnectLoad, EchoLoad, LoadError, end_politely, open_many, reset_all
from benchmarks.machine import Cores
from benchmarks.meters import cpu_seconds, resident_bytes
from benchmarks.peers import ServerProcess

__all__ = ["WORKLOADS", "Plan", "Slice", "Task", "Workload"]

#: Open files left for everything but the connections of the workload ``idle``.
SPARE_FILES = 400

#: Idle connections. With far fewer, the steps in which a heap grows (Node's) blur the figure.
IDLE_CONNECTIONS = 8000

#: Connections opened and closed, and as many opened again, before memory is read first.
IDLE_WARM_UP = 300

#: Pause between two readings of memory, and how often it is read at most, until two agree.
SETTLE_S = 0.05
SETTLE_READINGS = 40


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
        prepare: Makes the task for a fresh server; what it opens is closed with the block.
        is_headline: Whether it is one of the few that a run measures unless told otherwise.
    """

    name: str
    title: str
    unit: str
    decimals: int
    slices: tuple[int, int]
    prepare: Callable[[ServerProcess, Plan], AbstractContextManager[Task]]
    is_headline: bool = False


def _metered(server: ServerProcess, operate: Callable[[], int]) -> Slice:
    """Run some operations, whose count is returned, and read the server's CPU time around it."""
    cpu, wall = cpu_seconds(server.pid), time.perf_counter()
    count = operate()
    cpu, wall = cpu_seconds(server.pid) - cpu, time.perf_counter() - wall
    return Slice(cpu * 1e6, count, wall * 1e6)


@contextmanager
def _echo(server: ServerProcess, plan: Plan) -> Iterator[Task]:
    """Measure 100 lasting connections with one message of 64 bytes under way on each."""
    with closing(EchoLoad(server.port, connections=100, size=64, spin=plan.spin)) as load:
        yield Task(
            warm_up=lambda: load.run(0.5),
            measure=lambda: _metered(server, lambda: load.run(0.1)),
        )


@contextmanager
def _connect_echo_close(server: ServerProcess, plan: Plan) -> Iterator[Task]:
    """Measure short connections, 50 at a time, that make one echo of 64 bytes each."""
    # Counted, not timed: each connection stays in TIME_WAIT for a minute, and the kernel keeps
    # a limited number of those (131,072 as a rule; a full run with five peers makes 120,000).
    with closing(ConnectLoad(server.port, window=50, size=64, spin=plan.spin)) as load:
        yield Task(
            warm_up=lambda: load.run(2000),
            measure=lambda: _metered(server, lambda: load.run(400)),
        )


@contextmanager
def _idle(server: ServerProcess, _plan: Plan) -> Iterator[Task]:
    """Measure resident memory per connection that was accepted and then left alone."""
    yield Task(
        warm_up=lambda: end_politely(open_many(server.port, IDLE_WARM_UP)),
        measure=lambda: _hold(server, IDLE_CONNECTIONS),
    )


def _hold(server: ServerProcess, wanted: int) -> Slice:
    """Open idle connections and read what they add to the server's memory; then stop it."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_FILES - IDLE_WARM_UP
    count = min(wanted, allowed)
    if count < wanted // 10:
        raise LoadError(f"the limit of open files leaves {max(count, 0)} of {wanted} connections")
    # What the warm-up freed is filled again first, or it would be counted as costing nothing.
    sockets = open_many(server.port, IDLE_WARM_UP)
    try:
        before = _settled_bytes(server.pid)
        sockets += open_many(server.port, count)
        after = _settled_bytes(server.pid)
    finally:
        # In this order, since a server may take thousands of resets badly.
        server.stop()
        reset_all(sockets)
    note = "" if count == wanted else f"{count} of {wanted} connections: limit of open files"
    return Slice(after - before, count, note=note)


def _settled_bytes(pid: int) -> int:
    """Return the resident memory in bytes once it has stopped changing."""
    last = resident_bytes(pid)
    for _ in range(SETTLE_READINGS):
        time.sleep(SETTLE_S)
        now = resident_bytes(pid)
        if now == last:
            break
        last = now
    return last


_ALL = (
    Workload(
        "echo",
        "100 connections, 64 bytes, one message under way each",
        "us/op",
        decimals=2,
        slices=(10, 3),
        prepare=_echo,
    ),
    Workload(
        "connect-echo-close",
        "connect, echo 64 bytes, client ends; 50 connections at a time",
        "us/op",
        decimals=1,
        slices=(5, 3),
        prepare=_connect_echo_close,
    ),
    Workload(
        "idle",
        "resident memory of the server per connection that was accepted and left alone",
        "bytes/conn",
        decimals=0,
        slices=(1, 1),
        prepare=_idle,
    ),
)

#: All workloads by name, in the order of the report.
WORKLOADS = {workload.name: workload for workload in _ALL}
