"""The command line: ``python -m loadtests``, from the root of the repository."""

import argparse
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from loadtests import page
from loadtests.execution import Outcome, forget
from loadtests.plan import LOCUST, TESTS, plan
from loadtests.plots import PLOTS, draw_all, save
from loadtests.series import run_all, table

DEFAULT_OUTPUT = Path(__file__).resolve().parent / "report"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the settings of a report."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests",
        description="Run the load tests with Locust, one after the other, and write a report.",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=DEFAULT_OUTPUT,
        metavar="DIR",
        help="the folder of the report; made if it is missing (default: loadtests/report)",
    )
    parser.add_argument("--quick", action="store_true", help="a first look: fewer and shorter runs")
    parser.add_argument(
        "--test",
        action="append",
        choices=TESTS,
        help="run this one; may be repeated (default: all)",
    )
    options = parser.parse_args(arguments)
    options.output = options.output.resolve()
    try:
        options.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--output must be a folder that can be written to: {error}")
    return options


def write_report(folder: Path, outcomes: Sequence[Outcome]) -> Path:
    """Draw the pictures and write the page; return the page's file."""
    pictures = draw_all([outcome.results for outcome in outcomes if outcome.results is not None])
    for plot in PLOTS:
        if plot.name in pictures:
            save(pictures[plot.name], plot.file(folder))
    return page.write(folder, outcomes, pictures, page.machine())


def clear(folder: Path) -> None:
    """Remove an earlier report, of which nothing may pass for this one's; other files stay."""
    for run in plan():
        forget(run, folder)
    for plot in PLOTS:
        plot.file(folder).unlink(missing_ok=True)
    (folder / "index.html").unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None, locust: Sequence[str] = LOCUST) -> int:
    """Run the load tests and return the exit status of the program.

    Args:
        arguments: What follows the program's name on the command line.
        locust: How Locust is started.
    """
    options = parse(arguments)
    clear(options.output)
    runs = plan(options.test or TESTS, quick=options.quick)
    outcomes, was_interrupted = run_all(runs, options.output, locust)
    path = write_report(options.output, outcomes)
    print(f"{table(outcomes)}\n{page.summary(outcomes)}\n{path}", flush=True)
    if was_interrupted:
        print("interrupted", file=sys.stderr)
        return 130
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    # Told to end in another way than by Ctrl-C, it ends its child in order as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
