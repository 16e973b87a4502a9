"""The page of a report: one ``index.html`` that needs nothing from elsewhere.

It shows outcomes and pictures that others have made, and decides nothing but how they look.
"""

import importlib.metadata
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.environment import describe
from loadtests.execution import Outcome
from loadtests.plots import PLOTS, Picture
from loadtests.runs import Results

__all__ = ["machine", "summary", "write"]

_HERE = Path(__file__).resolve().parent

#: What ``describe`` tells of a benchmark's peers that take no part here.
_ABSENT_HERE = ("uvloop",)


def machine() -> dict[str, str]:
    """Return what a reader must know to compare these figures with others."""
    known = {key: value for key, value in describe().items() if key not in _ABSENT_HERE}
    known["locust"] = importlib.metadata.version("locust")
    for name in ("net.core.somaxconn", "net.ipv4.tcp_syn_linear_timeouts"):
        known[name] = _setting(name)
    return {
        key.replace("_", " ") if "." not in key else key: str(value)
        for key, value in known.items()
        if value is not None
    }


def _setting(name: str) -> str | None:
    """Return a setting of the kernel; ``None`` if this kernel does not have it."""
    try:
        return Path("/proc/sys", *name.split(".")).read_text().strip()
    except OSError:
        return None


def summary(outcomes: Sequence[Outcome]) -> str:
    """Say in a sentence how it went."""
    incomplete = sum(not outcome.is_complete for outcome in outcomes)
    expectations = [
        expectation
        for outcome in outcomes
        if outcome.results is not None
        for expectation in outcome.results.expectations
    ]
    holding = sum(expectation.holds for expectation in expectations)
    passed = sum(outcome.passed for outcome in outcomes)
    text = (
        f"{passed} of {_counted(len(outcomes), 'run')} passed: "
        f"{holding} of {_counted(len(expectations), 'expectation')} hold"
    )
    if incomplete:
        text += f", and {_counted(incomplete, 'run')} did not come to an end"
    return f"{text}."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True)
class _LatencyRow:
    """The latencies of one kind of request in one run, as the table shows them."""

    request: str
    figures: tuple[str, ...]


def _latency_rows(results: Results) -> list[_LatencyRow]:
    """Return percentiles from the histograms, the longest time, which is exact, and counts."""
    rows = []
    for request, latency in results.latencies.items():
        count, failures = results.requests.get(request, (latency.count, 0))
        times = (*latency.percentiles_ms(50, 90, 99), latency.max_ms)
        shown = tuple(f"{milliseconds:,.3f}" for milliseconds in times)
        rows.append(_LatencyRow(request, (*shown, f"{count:,}", f"{failures:,}")))
    return rows


@dataclass(frozen=True)
class _Link:
    """A file beside the page."""

    text: str
    file: str


def _links(outcome: Outcome, folder: Path) -> list[_Link]:
    """Return the files that a run has left."""
    run = outcome.run
    files = (
        ("Locust", run.html(folder)),
        ("results", run.results(folder)),
        ("log", run.log(folder)),
    )
    return [_Link(text, path.name) for text, path in files if path.exists()]


def write(
    folder: Path,
    outcomes: Sequence[Outcome],
    pictures: Mapping[str, Picture],
    about: Mapping[str, str],
) -> Path:
    """Write the page into the folder where the files of the runs are.

    Args:
        folder: Where it goes.
        outcomes: What became of each run, in the order of the page.
        pictures: By the name of the plot; what is missing, the page says.
        about: The machine, as ``machine`` describes it.

    Returns:
        The file.
    """
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("page.html.jinja")
    path = folder / "index.html"
    path.write_text(
        template.render(
            summary=summary(outcomes),
            passed=all(outcome.passed for outcome in outcomes),
            written=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
            outcomes=outcomes,
            plots=PLOTS,
            pictures=pictures,
            latencies={
                outcome.run.title: _latency_rows(outcome.results)
                for outcome in outcomes
                if outcome.results is not None and outcome.results.latencies
            },
            about=about,
            links={outcome.run.name: _links(outcome, folder) for outcome in outcomes},
        ),
        encoding="utf-8",
    )
    return path
