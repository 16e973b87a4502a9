"""Executing one run: Locust as a child, its end by itself or by force, and the verdict.

A run counts as passed when its results say so and Locust left with status 0. Everything else is
told apart here, so that the page and the command line need only show it.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtests.plan import LOCUST, Run
from loadtests.runs import Results, ResultsError, read

__all__ = ["Outcome", "execute", "forget", "interrupted"]

ROOT = Path(__file__).resolve().parent.parent

#: Seconds between two looks at the child, which are also those between two steps of the bar.
_LOOK_S = 0.2
#: Seconds that Locust has to end when told to; then it is killed, its servers with it.
ENDING_S = 10.0
#: How much of the log of a run that went wrong is shown.
_LOG_LINES = 12


@dataclass(frozen=True)
class Outcome:
    """What became of a run.

    Attributes:
        run: Which run.
        results: What it wrote; ``None`` if it did not come so far.
        problem: Why it did not come to its end; empty if it did.
        log: Its last lines of output, if it did not come to its end.
    """

    run: Run
    results: Results | None
    problem: str = ""
    log: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether the run came to its end and left results."""
        return self.results is not None and not self.problem

    @property
    def passed(self) -> bool:
        """Whether it came to its end and found all it expected."""
        return self.is_complete and self.results is not None and self.results.passed

    @property
    def verdict(self) -> str:
        """What there is to say in a line."""
        if self.problem or self.results is None:
            return self.problem
        expectations = self.results.expectations
        holding = sum(expectation.holds for expectation in expectations)
        word = "passed" if self.results.passed else "FAILED"
        return f"{word}, {holding} of {len(expectations)} expectations hold"


def interrupted(run: Run, folder: Path) -> Outcome:
    """Return the outcome of a run that was stopped on its way, or not even begun."""
    if not run.log(folder).exists():
        return Outcome(run, None, "not run")
    try:
        return Outcome(run, read(run.results(folder)), "interrupted")
    except ResultsError:
        return Outcome(run, None, "interrupted")


def forget(run: Run, folder: Path) -> None:
    """Remove what an earlier run of this name has left, which could pass for this one's."""
    for path in (run.results(folder), run.html(folder), run.log(folder)):
        path.unlink(missing_ok=True)


def execute(
    run: Run,
    folder: Path,
    on_progress: Callable[[float], object],
    *,
    locust: Sequence[str] = LOCUST,
    bound_s: float | None = None,
) -> Outcome:
    """Run Locust to its end and read what it wrote.

    Args:
        run: What to run.
        folder: Where its files go.
        on_progress: Called with the seconds since its start, again and again.
        locust: How Locust is started.
        bound_s: Seconds after which it is ended; by default the run's own bound.
    Raises:
        KeyboardInterrupt: It was interrupted. Locust and its servers have been ended.
    """
    bound_s = run.bound_s if bound_s is None else bound_s
    forget(run, folder)
    begin = time.monotonic()
    with run.log(folder).open("wb") as log:
        # In a session of its own, Ctrl-C on the terminal reaches this process alone, which then
        # ends Locust in order; and what Locust has started can be ended with it.
        process = subprocess.Popen(
            run.command(folder, locust),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while (elapsed_s := time.monotonic() - begin) < bound_s:
                on_progress(elapsed_s)
                try:
                    process.wait(min(_LOOK_S, bound_s))
                    break
                except subprocess.TimeoutExpired:
                    continue
            hung = process.poll() is None
        finally:
            _end(process)
    problem = f"did not end within {bound_s:.0f} s" if hung else ""
    return _outcome(run, folder, process.returncode, problem)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Tell a child that still runs to end; kill what is left of its session after a while.

    A second Ctrl-C does not wait so long.
    """
    try:
        if process.poll() is None:
            process.terminate()
            process.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        pass  # it had its time, and is killed now
    finally:
        with contextlib.suppress(ProcessLookupError):  # nothing is left, as it should be
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _outcome(run: Run, folder: Path, status: int, problem: str) -> Outcome:
    """Judge a run that has ended by its results and its exit status."""
    results: Results | None = None
    try:
        results = read(run.results(folder))
    except ResultsError as error:
        problem = problem or f"did not come to its end: {_ending(status)}, and {error}"
    if results is not None and results.passed and status != 0:
        problem = problem or f"did not end well: {_ending(status)}"
    return Outcome(run, results, problem, _last_lines(run.log(folder)) if problem else "")


def _ending(status: int) -> str:
    """Say how a process ended."""
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    return f"exit status {status}"


def _last_lines(path: Path) -> str:
    """Return the end of a log."""
    lines = path.read_text(errors="replace").rstrip().splitlines()
    return "\n".join(lines[-_LOG_LINES:])
