"""The plan: which runs of the load tests a report is made of, and the command of each.

Nothing here starts anything, and nothing imports Locust, which would patch the process.
"""

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LOCUST", "TESTS", "Run", "demo_plan", "plan"]

#: The locustfiles, in the order of the report.
TESTS = ("accept", "backlog", "max_connections")
#: How Locust is started.
LOCUST = (sys.executable, "-m", "locust")

_HERE = Path(__file__).resolve().parent
_SERVERS = ("gnet", "streamserver", "node")
#: From one place in the queue to Node's default.
_BACKLOGS = (1, 16, 128, 511)
_QUICK_BACKLOGS = (16, 511)

#: Seconds between the start of Locust and its first user, and from the last one to its end.
_AROUND_S = 3.0
#: A run that takes so many times as long as planned, and so many seconds more, hangs.
_PATIENCE = 2.0
_PATIENCE_S = 20.0


@dataclass(frozen=True)
class Run:
    """One start of Locust.

    Attributes:
        name: Unique in a plan; the stem of the run's files.
        test: The locustfile, one of ``TESTS``.
        title: What the report calls it.
        options: The locustfile's and Locust's own options.
        seconds: How long it is expected to take, start and end of Locust included.
    """

    name: str
    test: str
    title: str
    options: tuple[str, ...]
    seconds: float

    @property
    def bound_s(self) -> float:
        """Seconds after which it is taken to hang."""
        return _PATIENCE * self.seconds + _PATIENCE_S

    def results(self, folder: Path) -> Path:
        """Return the file its results are written to."""
        return folder / f"{self.name}.json"

    def html(self, folder: Path) -> Path:
        """Return the file of Locust's own report."""
        return folder / f"{self.name}.html"

    def log(self, folder: Path) -> Path:
        """Return the file that takes what Locust prints."""
        return folder / f"{self.name}.log"

    def command(self, folder: Path, locust: Sequence[str] = LOCUST) -> list[str]:
        """Return the command that runs it.

        Requests that fail are what some of the tests are about, so they alone do not make
        Locust's exit status; broken expectations do, which the locustfile decides.
        """
        return [
            *locust,
            "-f",
            str(_HERE / f"{self.test}.py"),
            "--headless",
            "--only-summary",
            "--exit-code-on-error",
            "0",
            "--results",
            str(self.results(folder)),
            "--html",
            str(self.html(folder)),
            *self.options,
        ]


def plan(tests: Collection[str] = TESTS, *, quick: bool = False) -> list[Run]:
    """Return the runs of some tests, in the order of the report.

    Args:
        tests: Which tests, of ``TESTS``.
        quick: Fewer and shorter runs, for a first look.
    """
    runs = [*_accept_runs(quick), *_backlog_runs(quick), _max_connections_run(quick)]
    return [run for run in runs if run.test in tests]


def _accept_runs(quick: bool) -> list[Run]:
    """More and more users connect as fast as they can, to each server in turn."""
    steps, step_s = (2, 2.0) if quick else (4, 3.0)
    load = ("--first-users", "10", "--users-per-step", "20")
    steps_options = ("--steps", str(steps), "--step-seconds", f"{step_s:g}")
    return [
        Run(
            name=f"accept-{server}",
            test="accept",
            title=f"accept, {server}",
            options=("--server", server, *load, *steps_options),
            seconds=steps * step_s + _AROUND_S,
        )
        for server in _SERVERS
    ]


def _backlog_runs(quick: bool) -> list[Run]:
    """Users connect to a server that pauses, so that the kernel's queue fills and overflows."""
    return [
        Run(
            name=f"backlog-{backlog}",
            test="backlog",
            title=f"backlog {backlog}",
            options=(
                *("--server", "gnet", "--backlog", str(backlog)),
                *("--pause", "2.5", "--extra-users", "20"),
            ),
            seconds=5 + _AROUND_S,
        )
        for backlog in (_QUICK_BACKLOGS if quick else _BACKLOGS)
    ]


def _max_connections_run(quick: bool) -> Run:
    """Many more users than the server takes connect at once."""
    seconds = 5 if quick else 15
    return Run(
        name="max_connections",
        test="max_connections",
        title="max_connections 200",
        options=(
            *("--server", "gnet", "--limit", "200"),
            *("-u", "1000", "-r", "1000", "-t", f"{seconds}s"),
        ),
        seconds=seconds + _AROUND_S,
    )


def demo_plan() -> list[Run]:
    """Return a run of about ten seconds of each test."""
    accept = ("--first-users", "10", "--users-per-step", "20", "--steps", "3")
    return [
        Run(
            name="accept",
            test="accept",
            title="accept: 10, 30, 50 users connect as fast as they can",
            options=(*accept, "--step-seconds", "3"),
            seconds=10.0,
        ),
        Run(
            name="backlog",
            test="backlog",
            title="backlog 16: 37 users connect to a server that pauses",
            options=("--backlog", "16", "--pause", "6"),
            seconds=10.0,
        ),
        Run(
            name="max_connections",
            test="max_connections",
            title="max_connections 200: 1,000 users",
            options=("--limit", "200", "-u", "1000", "-r", "1000", "-t", "8s"),
            seconds=10.0,
        ),
    ]
