"""``python -m loadtests.demo``: ten seconds of each load test, and one table of their verdicts.

It keeps nothing; ``python -m loadtests`` runs more of them and writes a report.
"""

import contextlib
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from loadtests.plan import LOCUST, demo_plan
from loadtests.series import run_all, table

__all__ = ["main", "show"]


def show(folder: Path, locust: Sequence[str] = LOCUST) -> int:
    """Run each test, with its files in a folder, and print the table; return the exit status."""
    outcomes, was_interrupted = run_all(demo_plan(), folder, locust)
    print(table(outcomes), flush=True)
    if was_interrupted:
        return 130
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def main() -> int:
    """Run it where nothing of it is kept."""
    with tempfile.TemporaryDirectory() as folder:
        return show(Path(folder))


if __name__ == "__main__":
    # Told to end in another way than by Ctrl-C, it ends its child in order as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
