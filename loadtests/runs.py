"""Results of runs, as read back from the files that the locustfiles write.

It owns the shape of such a file on the reading side, and knows neither Locust nor pictures.
Latencies are whole microseconds in HdrHistograms, to three significant digits.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdrh.histogram import HdrHistogram

from loadtests.verdict import Expectation

__all__ = ["Latency", "Results", "ResultsError", "Sample", "Step", "read"]


class ResultsError(Exception):
    """A file holds no results of a load test; the text says what is wrong with it."""


@dataclass(frozen=True)
class Sample:
    """The server at one moment of a run.

    Attributes:
        t: Seconds since the start of the run.
        users: Users that Locust ran.
        connections: Connections the application had.
        accepted: Connections given to the application since the server's start.
        dropped: Connections refused at the limit since the server's start.
        paused: Whether the server did not accept.
        queue_length: Connections in the kernel's accept queue; ``None`` if it was not told.
        queue_maximum: The length past which the kernel takes no more.
        cpu_seconds: CPU time of the process that accepts, since the start of the run.
    """

    t: float
    users: int
    connections: int
    accepted: int
    dropped: int
    paused: bool
    queue_length: int | None
    queue_maximum: int | None
    cpu_seconds: float


@dataclass(frozen=True)
class Step:
    """One value of a histogram: which share of all lies below it, and which up to it."""

    milliseconds: float
    share_below: float
    share_up_to: float


@dataclass(frozen=True)
class Latency:
    """How long the requests of one name took.

    Attributes:
        count: How many there were.
        max_ms: The longest, exactly.
        encoded: The HdrHistogram of microseconds in its base64 encoding.
    """

    count: int
    max_ms: float
    encoded: str

    def percentiles_ms(self, *percents: float) -> tuple[float, ...]:
        """Return the latencies that so many percent did not exceed, in milliseconds.

        A histogram gives the upper end of a range that it does not tell apart; what is known
        exactly, the longest, bounds it.
        """
        histogram = HdrHistogram.decode(self.encoded)
        return tuple(
            min(histogram.get_value_at_percentile(percent) / 1000, self.max_ms)
            for percent in percents
        )

    def steps(self) -> list[Step]:
        """Return every value that was recorded, in order."""
        return list(self._steps())

    def _steps(self) -> Iterator[Step]:
        histogram = HdrHistogram.decode(self.encoded)
        total, below = histogram.get_total_count(), 0
        for value in histogram.get_recorded_iterator():
            up_to = value.total_count_to_this_value
            yield Step(value.value_iterated_to / 1000, below / total, up_to / total)
            below = up_to


@dataclass(frozen=True)
class Results:
    """One run.

    Attributes:
        test: Which test: ``accept``, ``backlog`` or ``max_connections``.
        started: When, as an ISO time.
        seconds: How long it took.
        options: The test's own options.
        server: The server under load: ``gnet``, ``streamserver`` or ``node``.
        version: Its version.
        backlog: The backlog it asked the kernel for.
        max_connections: Its limit; ``None`` if it had none.
        samples: In order of time.
        latencies: By request, such as ``TCP connect``.
        requests: How many requests were made, and how many failed, by request.
        errors: What failed requests said, and how often.
        expectations: What the run claims.
        passed: Whether the run found all in order.
        retry_times: Seconds after which a SYN that was dropped is sent again, where it ran.
    """

    test: str
    started: str
    seconds: float
    options: Mapping[str, Any]
    server: str
    version: str
    backlog: int
    max_connections: int | None
    samples: tuple[Sample, ...]
    latencies: Mapping[str, Latency]
    requests: Mapping[str, tuple[int, int]]
    errors: tuple[tuple[str, str, int], ...]
    expectations: tuple[Expectation, ...]
    passed: bool
    retry_times: tuple[float, ...]


def read(path: Path) -> Results:
    """Read a file of results.

    Raises:
        ResultsError: It is missing, or not what a locustfile writes.
    """
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise ResultsError(f"{path.name} was not written") from error
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path.name} cannot be read: {error}") from error
    try:
        return _results(document)
    except KeyError as error:
        raise ResultsError(f"{path.name} is no file of results: it lacks {error}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ResultsError(f"{path.name} is no file of results: {error}") from error


def _results(document: Mapping[str, Any]) -> Results:
    """Take what the report needs."""
    statistics = document["statistics"]
    return Results(
        test=document["test"],
        started=document["started"],
        seconds=float(document["seconds"]),
        options=document["options"],
        server=statistics["server"],
        version=statistics["version"],
        backlog=int(statistics["backlog"]),
        max_connections=statistics["max_connections"],
        samples=tuple(_sample(sample) for sample in document["samples"]),
        latencies={
            name: Latency(latency["count"], latency["max_us"] / 1000, latency["hdr"])
            for name, latency in document["latencies"].items()
            if latency["count"]
        },
        requests={
            name: (request["count"], request["failures"])
            for name, request in document["requests"].items()
        },
        errors=tuple(
            (error["name"], str(error["error"]), error["occurrences"])
            for error in document["errors"]
        ),
        expectations=tuple(
            Expectation(one["name"], str(one["expected"]), str(one["seen"]), bool(one["holds"]))
            for one in document["expectations"]
        ),
        passed=bool(document["passed"]),
        retry_times=tuple(map(float, document["retry_times"])),
    )


def _sample(sample: Mapping[str, Any]) -> Sample:
    """Take one moment of a run."""
    queue = sample["accept_queue"] or {}
    return Sample(
        t=float(sample["t"]),
        users=sample["users"],
        connections=sample["connections"],
        accepted=sample["accepted"],
        dropped=sample["dropped"],
        paused=sample["paused"],
        queue_length=queue.get("length"),
        queue_maximum=queue.get("maximum"),
        cpu_seconds=float(sample["cpu_seconds"]),
    )
