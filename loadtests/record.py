"""The results of one run, as a JSON file that the report reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from loadtests.agreement import Statistics
from loadtests.verdict import Expectation, broken

__all__ = ["Record", "sample"]

#: What of the statistics changes during a run.
_CHANGING = ("connections", "peak_connections", "accepted", "dropped", "paused", "accept_queue")

#: What is told since the run's start.
_COUNTING = ("socket_drops", "listen_overflows", "listen_drops", "cpu_seconds")


def sample(seconds: float, users: int, statistics: Statistics, start: Statistics) -> dict[str, Any]:
    """Return what a run looked like at one moment, as the results have it.

    Args:
        seconds: Since the run's start.
        users: How many there were.
        statistics: The server's, of that moment.
        start: The server's, of the run's start.
    """
    now, before = statistics.to_dict(), start.to_dict()
    found: dict[str, Any] = {"t": round(seconds, 3), "users": users}
    found |= {name: now[name] for name in _CHANGING}
    found |= {name: now[name] - before[name] for name in _COUNTING}
    return found


@dataclass
class Record:
    """What is known of a run in its end."""

    test: str
    started: str
    seconds: float
    options: Mapping[str, Any]
    statistics: Mapping[str, Any]
    samples: Sequence[Mapping[str, Any]]
    latencies: Mapping[str, Mapping[str, Any]]
    requests: Mapping[str, Mapping[str, int]]
    errors: Sequence[Mapping[str, Any]]
    expectations: Sequence[Expectation]
    #: Seconds after the first SYN at which this machine sends one again.
    retry_times: Sequence[float] = field(default_factory=tuple)

    @property
    def passed(self) -> bool:
        """Whether every expectation holds."""
        return not broken(self.expectations)

    def write(self, path: Path) -> None:
        """Write them as JSON."""
        found = {**asdict(self), "passed": self.passed}
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
