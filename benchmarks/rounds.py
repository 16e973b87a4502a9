"""Rounds and slices: the order in which servers take their turns.

In each round every server starts afresh, so that a process with an unlucky memory layout is gone
after that round. Within the round the servers run side by side and are asked one at a time, a
tenth of a second each, again and again, while the others have nothing to do. A disturbance of the
machine (a busy neighbour, heat) that lasts a second then meets all of them alike. The order
rotates, so that none always comes first. Only where the client could not hold the connections of
all servers do they run one after the other.
"""

import gc
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from benchmarks.load import LoadError
from benchmarks.machine import pinned
from benchmarks.peers import Peer, ServerProcess, UnavailableError
from benchmarks.workloads import Plan, Slice, Task, Workload

__all__ = ["Outcome", "Sample", "run_rounds"]

#: Slices in a round in which round trips are timed.
TIMED_SLICES = 2

_T = TypeVar("_T")


@dataclass(frozen=True)
class Sample:
    """What one round of one server measured: its slices, added up.

    Attributes:
        slices: Each with what the server used.
        p50_us: Median round trip in microseconds; ``None`` where there are no round trips.
        p99_us: The round trip that one in a hundred exceeds; ``None`` as above.
    """

    slices: tuple[Slice, ...]
    p50_us: float | None = None
    p99_us: float | None = None

    @property
    def cost(self) -> float:
        """What an operation used, in the unit of the workload."""
        return sum(part.used for part in self.slices) / self.operations

    @property
    def operations(self) -> int:
        """How many operations were measured."""
        return sum(part.operations for part in self.slices)

    @property
    def wall_us(self) -> float:
        """Microseconds of wall time; 0 where nothing is repeated."""
        return sum(part.wall_us for part in self.slices)


@dataclass
class Outcome:
    """The samples of one peer in one workload, and why there are no more, if so."""

    samples: list[Sample] = field(default_factory=list)
    #: Why the peer could not be measured to the end; empty if it was.
    problem: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether the figures may be shown: all rounds were measured."""
        return bool(self.samples) and not self.problem

    @property
    def slices(self) -> list[Slice]:
        """All slices of all rounds, in their order in time."""
        return [part for sample in self.samples for part in sample.slices]

    @property
    def least(self) -> float:
        """The least cost of all rounds: the one that the machine disturbed least."""
        return min(sample.cost for sample in self.samples)

    @property
    def median(self) -> float:
        """The median cost of the rounds."""
        return statistics.median(sample.cost for sample in self.samples)

    @property
    def spread(self) -> float | None:
        """The distance from least to greatest cost as a share of the median."""
        costs = [sample.cost for sample in self.samples]
        return (max(costs) - min(costs)) / self.median if self.median > 0 else None

    @property
    def per_second(self) -> float | None:
        """Operations per second of wall time; ``None`` where nothing is repeated."""
        return self._median_rate(lambda sample: sample.operations * 1e6)

    @property
    def busy(self) -> float | None:
        """Share of the wall time that the server used its core; ``None`` as above."""
        return self._median_rate(lambda sample: sample.cost * sample.operations)

    @property
    def p50_us(self) -> float | None:
        """Median over the rounds of the median round trip in microseconds; ``None`` without any."""
        return self._median_of(sample.p50_us for sample in self.samples)

    @property
    def p99_us(self) -> float | None:
        """The same of the round trip that one in a hundred exceeds."""
        return self._median_of(sample.p99_us for sample in self.samples)

    def _median_rate(self, amount: Callable[[Sample], float]) -> float | None:
        """Return the median over the rounds of an amount per microsecond of wall time."""
        return self._median_of(
            amount(sample) / sample.wall_us if sample.wall_us else None for sample in self.samples
        )

    @staticmethod
    def _median_of(figures: Iterable[float | None]) -> float | None:
        """Return the median of those figures that there are."""
        known = [figure for figure in figures if figure is not None]
        return statistics.median(known) if known else None


def run_rounds(
    workload: Workload,
    peers: Sequence[Peer],
    plan: Plan,
    on_progress: Callable[[int, str], None],
) -> dict[str, Outcome]:
    """Measure one workload and return the outcome of each peer by name.

    Args:
        workload: What to ask of the servers.
        peers: Which servers.
        plan: How to go about it, and how often.
        on_progress: Called with the round, from 1, and what happens in it now.
    """
    outcomes = {peer.name: Outcome() for peer in peers}
    for number in range(1, plan.rounds + 1):
        turning = _rotated(peers, number)
        for group in [turning] if workload.is_side_by_side else [[peer] for peer in turning]:
            _measure_group(workload, group, plan, outcomes, partial(on_progress, number))
    return outcomes


def _measure_group(
    workload: Workload,
    peers: Sequence[Peer],
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    on_progress: Callable[[str], None],
) -> None:
    """Start servers, measure them in turn, add a sample to the outcome of each; stop them."""
    with ExitStack() as stack, pinned(plan.cores.client), _no_garbage_collection():
        turns = []
        for peer in peers:
            on_progress(f"start and warm-up of {peer.name}")
            turn = _Turn(peer, plan.cores.server, outcomes[peer.name], stack)
            if not turn.outcome.problem:
                with turn.blamed():
                    turn.task = stack.enter_context(workload.prepare(turn.start, plan))
                    turn.task.warm_up()
                turns.append(turn)
        on_progress("measuring")
        _measure(turns, workload.slices[1 if plan.quick else 0])


@dataclass
class _Turn:
    """A server that takes part in the present round, and what it has been measured at."""

    peer: Peer
    core: int | None
    outcome: Outcome
    stack: ExitStack
    server: ServerProcess | None = None
    task: Task | None = None
    slices: list[Slice] = field(default_factory=list)
    latencies_us: list[float] = field(default_factory=list)

    def start(self, role: str, *arguments: object) -> ServerProcess:
        """Start the server, to be stopped at the end of the round."""
        process = ServerProcess(self.peer, self.core, role, *arguments)
        self.server = self.stack.enter_context(process)
        return self.server

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Keep what goes wrong with the server as its problem; the others go on."""
        try:
            yield
        except UnavailableError as error:
            self.outcome.problem = f"missing: {error}"
        except (LoadError, OSError) as error:
            words = f" (server: {self.server.last_words()})" if self.server else ""
            self.outcome.problem = f"failed: {error}{words}"

    def sample(self) -> Sample:
        """Return what was measured."""
        if not self.latencies_us:
            return Sample(tuple(self.slices))
        ordered = sorted(self.latencies_us)
        p50_us, p99_us = (ordered[len(ordered) * percent // 100] for percent in (50, 99))
        return Sample(tuple(self.slices), p50_us, p99_us)


def _measure(turns: Sequence[_Turn], count: int) -> None:
    """Measure so many slices of each server in turn, and add a sample to each outcome.

    Round trips are timed in slices of their own, since reading the clock for each of them slows
    the client down.
    """
    for number in range(count):
        for turn, task in _still_going(_rotated(turns, number)):
            with turn.blamed():
                turn.slices.append(task.measure())
    for number in range(TIMED_SLICES):
        for turn, task in _still_going(_rotated(turns, number)):
            if task.time is not None:
                with turn.blamed():
                    turn.latencies_us.extend(task.time())
    for turn, _ in _still_going(turns):
        turn.outcome.samples.append(turn.sample())


def _still_going(turns: Iterable[_Turn]) -> Iterator[tuple[_Turn, Task]]:
    """Yield those turns in which nothing has gone wrong until now, with their tasks."""
    for turn in turns:
        if turn.task is not None and not turn.outcome.problem:
            yield turn, turn.task


def _rotated(things: Sequence[_T], by: int) -> list[_T]:
    """Return the sequence, started at another place and wrapped around."""
    shift = by % len(things) if things else 0
    return [*things[shift:], *things[:shift]]


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Keep the client from pausing in the middle of a measurement."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
