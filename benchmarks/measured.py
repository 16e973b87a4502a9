"""The results of a run: what was measured, as ratios, and to a JSON file and back.

A file holds every sample, so that tables and charts can be made again from it, and beside them
the figures that follow from the samples, for programs that only want those.
"""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.rounds import Outcome, Sample
from benchmarks.workloads import Slice, Workload

__all__ = ["SUBJECT", "Measured", "Ratios", "Results", "measured_of", "read_json", "write_json"]

#: The peer whose ratio to each other one is reported.
SUBJECT = "gnet"


@dataclass(frozen=True)
class Ratios:
    """What gnet used, as a share of what another peer used; below 1, gnet needs less.

    Attributes:
        least: Of the least rounds: the headline.
        median: Of the median rounds.
        paired: The median over all turns of the ratio within one turn, where the two were
            measured within a fraction of a second of each other.
    """

    least: float
    median: float
    paired: float


@dataclass(frozen=True)
class Measured:
    """One thing that was measured, for each peer.

    Attributes:
        name: Name of the workload.
        title: What is done, in one line.
        unit: Unit of the cost.
        decimals: Decimals of the cost that mean something.
        is_headline: Whether it belongs into the summary.
        outcomes: What came of it, by name of the peer.
    """

    name: str
    title: str
    unit: str
    decimals: int
    is_headline: bool
    outcomes: Mapping[str, Outcome]

    @property
    def complete(self) -> dict[str, Outcome]:
        """The outcomes that have figures."""
        return {name: found for name, found in self.outcomes.items() if found.is_complete}

    def ratios(self, name: str) -> Ratios | None:
        """Return the ratios of gnet to a peer; ``None`` if either has no (sensible) figures."""
        mine, its = self.complete.get(SUBJECT), self.complete.get(name)
        if mine is None or its is None:
            return None
        pairs = list(zip(mine.slices, its.slices, strict=True))
        if any(part.used <= 0 for pair in pairs for part in pair):
            return None
        return Ratios(
            least=mine.least / its.least,
            median=mine.median / its.median,
            paired=statistics.median(part.cost / other.cost for part, other in pairs),
        )


def measured_of(workload: Workload, outcomes: Mapping[str, Outcome]) -> Measured:
    """Return what was measured of a workload."""
    return Measured(
        workload.name,
        workload.title,
        workload.unit,
        workload.decimals,
        workload.is_headline,
        outcomes,
    )


@dataclass(frozen=True)
class Results:
    """All that a run has measured.

    Attributes:
        environment: Versions and machine.
        settings: How it was measured.
        measured: What was measured, in the order of the report.
    """

    environment: Mapping[str, object]
    settings: Mapping[str, object]
    measured: Sequence[Measured]


def write_json(path: Path, results: Results) -> None:
    """Write everything that was measured, with each single sample, to a file."""
    document = {
        "environment": results.environment,
        "settings": results.settings,
        "workloads": {found.name: _encode(found) for found in results.measured},
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def _encode(measured: Measured) -> dict[str, object]:
    """Return one thing that was measured for the file."""
    return {
        "title": measured.title,
        "unit": measured.unit,
        "decimals": measured.decimals,
        "is_headline": measured.is_headline,
        "peers": {name: _encode_peer(measured, name) for name in measured.outcomes},
    }


def _encode_peer(measured: Measured, name: str) -> dict[str, object]:
    """Return the outcome of one peer for the file."""
    outcome = measured.outcomes[name]
    samples = [{"cost": sample.cost, **asdict(sample)} for sample in outcome.samples]
    if not outcome.is_complete:
        return {"problem": outcome.problem, "samples": samples}
    ratios = measured.ratios(name)
    return {
        "least": outcome.least,
        "median": outcome.median,
        "spread": outcome.spread,
        "per_second": outcome.per_second,
        "busy": outcome.busy,
        "p50_us": outcome.p50_us,
        "p99_us": outcome.p99_us,
        "ratios": None if ratios is None else asdict(ratios),
        "samples": samples,
    }


def read_json(path: Path) -> Results:
    """Read what ``write_json`` wrote; figures that follow from the samples are made from them.

    Raises:
        OSError: The file cannot be read.
        ValueError, KeyError: It holds something else.
    """
    document = json.loads(path.read_text())
    return Results(
        document["environment"],
        document["settings"],
        [_decode(name, found) for name, found in document["workloads"].items()],
    )


def _decode(name: str, found: Mapping[str, Any]) -> Measured:
    return Measured(
        name,
        found["title"],
        found["unit"],
        found["decimals"],
        found["is_headline"],
        {peer: _decode_peer(outcome) for peer, outcome in found["peers"].items()},
    )


def _decode_peer(found: Mapping[str, Any]) -> Outcome:
    samples = [
        Sample(
            tuple(Slice(**part) for part in sample["slices"]), sample["p50_us"], sample["p99_us"]
        )
        for sample in found["samples"]
    ]
    return Outcome(samples, found.get("problem", ""))
