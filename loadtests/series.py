"""Runs one after the other, with progress on standard error, and the table of their verdicts."""

import sys
from collections.abc import Sequence
from pathlib import Path

from loadtests.execution import Outcome, execute, interrupted
from loadtests.plan import Run
from loadtests.progress import Progress

__all__ = ["run_all", "table"]


def run_all(runs: Sequence[Run], folder: Path, locust: Sequence[str]) -> tuple[list[Outcome], bool]:
    """Execute runs one after the other.

    Returns:
        An outcome for each run, and whether they were interrupted, by Ctrl-C as a rule.
    """
    outcomes: list[Outcome] = []
    progress = Progress(sys.stderr, [run.seconds for run in runs])
    try:
        for run in runs:

            def on_progress(elapsed_s: float, title: str = run.title) -> None:
                progress.show(title, elapsed_s)

            outcome = execute(run, folder, on_progress, locust=locust)
            outcomes.append(outcome)
            progress.finish(f"{run.title}: {outcome.verdict}")
            if outcome.log:
                print(f"The end of {run.log(folder)}:\n{outcome.log}", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        progress.clear()
        return [*outcomes, *(interrupted(run, folder) for run in runs[len(outcomes) :])], True
    return outcomes, False


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each run, and one for each expectation that was broken."""
    width = max(len(outcome.run.title) for outcome in outcomes)
    lines = []
    for outcome in outcomes:
        lines.append(f"{outcome.run.title.ljust(width)}  {outcome.verdict}")
        if outcome.results is not None:
            lines += [
                f"{'':{width}}  {one.name}: expected {one.expected}, seen {one.seen}"
                for one in outcome.results.expectations
                if not one.holds
            ]
    return "\n".join(lines)
