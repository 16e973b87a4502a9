"""Made-up results of benchmarks, for the tests of what is made from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.measured import Measured
from benchmarks.rounds import Outcome, Sample
from benchmarks.workloads import Slice

__all__ = ["measured", "outcome"]

#: Operations in each slice.
OPERATIONS = 1000


def outcome(
    *costs: float,
    round_trips_us: tuple[float, float] | None = None,
    wall_us: float = 0.0,
    note: str = "",
) -> Outcome:
    """A round of two slices for each cost; ``round_trips_us`` are the p50 and p99 of all."""
    p50_us, p99_us = round_trips_us or (None, None)
    return Outcome(
        [
            Sample((Slice(cost * OPERATIONS, OPERATIONS, wall_us, note),) * 2, p50_us, p99_us)
            for cost in costs
        ]
    )


def measured(
    name: str,
    outcomes: Mapping[str, Outcome | Sequence[float]],
    *,
    unit: str = "us/op",
    is_headline: bool = True,
) -> Measured:
    """A workload of that name; for a peer, its outcome or the costs of its rounds."""
    return Measured(
        name,
        f"what {name} does",
        unit,
        2,
        is_headline,
        {
            peer: found if isinstance(found, Outcome) else outcome(*found)
            for peer, found in outcomes.items()
        },
    )
