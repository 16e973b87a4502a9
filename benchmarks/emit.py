"""What ``EventEmitter.emit`` costs beside pyee's and, as a rough neighbour, Node's.

``python -m benchmarks.emit``, from the root of the repository; ``python -m benchmarks`` shows the
same. The method is that of the servers: a fresh process for each emitter in each round, short
turns in an order that rotates, CPU time read from outside.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from benchmarks.machine import choose_cores, pinned
from benchmarks.measured import Measured
from benchmarks.meters import cpu_seconds
from benchmarks.peers import ROOT, UnavailableError, node_executable
from benchmarks.report import matrix, table
from benchmarks.rounds import Outcome, Sample
from benchmarks.workloads import Plan, Slice

__all__ = ["EMITS", "EMITTERS", "Emit", "Emitter", "run_emit"]

#: Seconds of a turn, and of the first one, which counts for nothing: Node compiles meanwhile.
SLICE_S = 0.05
WARM_UP_S = 0.2

#: Turns in a round, and in a quick round.
SLICES = (5, 2)


@dataclass(frozen=True)
class Emit:
    """An event is emitted with one argument, to so many listeners that do nothing with it."""

    listeners: int

    @property
    def name(self) -> str:
        """Name on the command line and in the report."""
        return f"emit-{self.listeners}"

    def measured(self, outcomes: Mapping[str, Outcome]) -> Measured:
        """Return what was measured of it."""
        listeners = {0: "no listener", 1: "one listener"}.get(
            self.listeners, f"{self.listeners} listeners"
        )
        title = f"an event with one argument, {listeners}"
        return Measured(self.name, title, "ns/emit", 1, False, outcomes)


@dataclass(frozen=True)
class Emitter:
    """One emitter to compare.

    Attributes:
        name: Name on the command line and in the report.
        command: Returns the command that starts it, up to the number of listeners, or raises
            ``UnavailableError``.
        directory: Where it is started, and so which ``gnet`` it finds; see ``peers.Peer``.
    """

    name: str
    command: Callable[[], list[str]]
    directory: Path = ROOT


def _python(module: str) -> Callable[[], list[str]]:
    return lambda: [sys.executable, "-m", f"benchmarks.emitters.{module}"]


def _node() -> list[str]:
    return [node_executable(), str(ROOT / "benchmarks" / "emitters" / "node_emit.js")]


#: What is measured, and of which emitters, by name.
EMITS = {emit.name: emit for emit in (Emit(0), Emit(1), Emit(10))}
EMITTERS = {
    emitter.name: emitter
    for emitter in (
        Emitter("gnet", _python("gnet_emit")),
        Emitter("pyee", _python("pyee_emit")),
        Emitter("node", _node),
    )
}


class EmitterProcess:
    """A running emitter: started on entering the block, ended on leaving it.

    Args:
        emitter: Which one.
        listeners: How many listeners it has.
        core: The core it is pinned to, or ``None``.
    """

    def __init__(self, emitter: Emitter, listeners: int, core: int | None) -> None:
        self._emitter = emitter
        self._listeners = listeners
        self._core = core

    def __enter__(self) -> "EmitterProcess":
        command = [*self._emitter.command(), str(self._listeners)]
        with pinned(self._core):
            self._process = subprocess.Popen(
                command,
                cwd=self._emitter.directory,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def emit_for(self, seconds: float) -> Slice:
        """Emit for about that long, and return the nanoseconds of CPU time it took.

        Raises:
            UnavailableError: The emitter has ended; the text is what it said last.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        before = cpu_seconds(self._process.pid)
        try:
            stdin.write(f"{seconds}\n")
            stdin.flush()
        except BrokenPipeError:
            pass  # It has ended, and so has its output.
        answer = stdout.readline()
        if not answer:
            raise UnavailableError(self._last_words())
        used_s = cpu_seconds(self._process.pid) - before
        return Slice(used_s * 1e9, int(answer))

    def _last_words(self) -> str:
        """Return the last line that the emitter wrote to standard error, or how it ended."""
        stderr = self._process.stderr
        assert stderr is not None
        lines = stderr.read().strip().splitlines()
        return lines[-1] if lines else f"no message, exit status {self._process.wait()}"


def run_emit(
    emit: Emit,
    emitters: Sequence[Emitter],
    plan: Plan,
    on_progress: Callable[[int, str], None],
) -> Measured:
    """Measure one workload and return the outcome of each emitter.

    Args:
        emit: What to emit.
        emitters: Which emitters.
        plan: How to go about it, and how often.
        on_progress: Called with the round, from 1, and what happens in it now.
    """
    outcomes = {emitter.name: Outcome() for emitter in emitters}
    for number in range(1, plan.rounds + 1):
        with ExitStack() as stack:
            turns: list[_Turn] = []
            for emitter in emitters:
                on_progress(number, f"start and warm-up of {emitter.name}")
                outcome = outcomes[emitter.name]
                if not outcome.problem:
                    with _blaming(outcome):
                        process = EmitterProcess(emitter, emit.listeners, plan.cores.server)
                        stack.enter_context(process).emit_for(WARM_UP_S)
                        turns.append(_Turn(outcome, process, []))
            on_progress(number, "measuring")
            for turn_number in range(SLICES[1 if plan.quick else 0]):
                first = (number + turn_number) % len(emitters)
                for turn in turns[first:] + turns[:first]:
                    if not turn.outcome.problem:
                        with _blaming(turn.outcome):
                            turn.slices.append(turn.process.emit_for(SLICE_S))
            for turn in turns:
                if not turn.outcome.problem:
                    turn.outcome.samples.append(Sample(tuple(turn.slices)))
    return emit.measured(outcomes)


@dataclass(frozen=True)
class _Turn:
    """An emitter that takes part in the present round, and what it has been measured at."""

    outcome: Outcome
    process: EmitterProcess
    slices: list[Slice]


@contextmanager
def _blaming(outcome: Outcome) -> Iterator[None]:
    """Keep what goes wrong with an emitter as its problem; the others go on."""
    try:
        yield
    except UnavailableError as error:
        outcome.problem = f"missing: {error}"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.emit", description="CPU time of an emit, beside pyee and Node."
    )
    parser.add_argument("--rounds", type=int, default=6, help="turns of each (default 6)")
    plan = Plan(parser.parse_args().rounds, False, choose_cores())
    measured = []
    for emit in EMITS.values():
        measured.append(run_emit(emit, list(EMITTERS.values()), plan, lambda _number, _what: None))
        print(f"{table(measured[-1])}\n", flush=True)
    print(matrix("gnet's cost / the other's, least of the rounds", measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
