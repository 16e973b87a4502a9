"""Latencies to the microsecond, where Locust's statistics round to whole milliseconds.

They are kept in HDR histograms (three significant digits from 1 µs to an hour, a few KB each
however long the run), one for each type and name of request. A worker sends what it has counted
to the master with its regular reports, and the master adds up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hdrh.histogram import HdrHistogram
from locust.env import Environment

__all__ = ["Latencies", "LatencySummary", "new_histogram"]

#: The name under which workers send theirs.
_REPORTED = "gnet_latencies"

#: How many different values are counted in a dict before they go into the histogram, whose own
#: code costs several times as much per value.
_MOST_PENDING = 4096

_LONGEST_US = 3_600_000_000

Key = tuple[str, str]


def new_histogram() -> HdrHistogram:
    """An empty histogram: microseconds, up to an hour, three significant digits."""
    return HdrHistogram(1, _LONGEST_US, 3)


@dataclass(frozen=True)
class LatencySummary:
    """What a histogram says, in microseconds; ``hdr`` is all of it, in HdrHistogram's encoding."""

    count: int
    min_us: int
    p50_us: int
    p90_us: int
    p99_us: int
    max_us: int
    hdr: str


def _summary(histogram: HdrHistogram) -> LatencySummary:
    """Return what can be shown or saved of a histogram with something in it."""
    p50, p90, p99 = (histogram.get_value_at_percentile(percent) for percent in (50, 90, 99))
    return LatencySummary(
        histogram.get_total_count(),
        histogram.get_min_value(),
        p50,
        p90,
        p99,
        histogram.get_max_value(),
        histogram.encode().decode(),
    )


class Latencies:
    """Listens to a Locust environment, and keeps a histogram of each kind of request.

    Args:
        environment: A master's has the sum of its workers'.

    Failed requests count, as in Locust's own statistics. All begins anew with each run, and when
    Locust resets its statistics: by hand, or with ``--reset-stats`` when all users are there.

    Example:
        @events.init.add_listener
        def on_init(environment, **kwargs):
            environment.latencies = Latencies(environment)
    """

    def __init__(self, environment: Environment) -> None:
        self._pending: dict[Key, dict[int, int]] = {}
        self._histograms: dict[Key, HdrHistogram] = {}
        self._environment = environment
        events = environment.events
        events.request.add_listener(self._on_request)
        events.report_to_master.add_listener(self._on_report_to_master)
        events.worker_report.add_listener(self._on_worker_report)
        events.test_start.add_listener(self._on_reset)
        events.reset_stats.add_listener(self._on_reset)
        events.spawning_complete.add_listener(self._on_spawning_complete)

    def histograms(self) -> dict[Key, HdrHistogram]:
        """Return the histogram of each (type, name); they are the live ones: don't change them."""
        for key in self._pending:
            self._fold(key)
        return self._histograms

    def summaries(self) -> dict[Key, LatencySummary]:
        """Return what can be shown or saved of each (type, name)."""
        return {key: _summary(histogram) for key, histogram in self.histograms().items()}

    def _on_request(
        self, request_type: str, name: str, response_time: float | None, **_: Any
    ) -> None:
        if response_time is None:  # Locust allows it for what has no duration
            return
        key = request_type, name
        counts = self._pending.get(key)
        if counts is None:
            counts = self._pending[key] = {}
        value = int(response_time * 1000 + 0.5)
        counts[value] = counts.get(value, 0) + 1
        if len(counts) > _MOST_PENDING:
            self._fold(key)

    def _fold(self, key: Key) -> None:
        """Move what was counted in the dict into the histogram."""
        counts = self._pending[key]
        if not counts:
            return
        if key not in self._histograms:
            self._histograms[key] = new_histogram()
        record = self._histograms[key].record_value
        for value, count in counts.items():
            record(min(max(value, 1), _LONGEST_US), count)
        counts.clear()

    def _on_report_to_master(self, client_id: str, data: dict[str, Any]) -> None:
        encoded = [
            (*key, histogram.encode().decode()) for key, histogram in self.histograms().items()
        ]
        self._on_reset()
        if encoded:
            data[_REPORTED] = encoded

    def _on_worker_report(self, client_id: str, data: dict[str, Any]) -> None:
        for request_type, name, encoded in data.get(_REPORTED, ()):
            key = request_type, name
            if key not in self._histograms:
                self._histograms[key] = new_histogram()
            self._histograms[key].decode_and_add(encoded)

    def _on_spawning_complete(self, **_: Any) -> None:
        if self._environment.reset_stats:
            self._on_reset()

    def _on_reset(self, **_: Any) -> None:
        self._pending.clear()
        self._histograms.clear()
