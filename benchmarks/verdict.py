"""Faster, slower, or no difference seen: a verdict from ratios of rounds.

A process has good or bad luck with its memory layout for as long as it lives, and all slices of a
round share that luck. So a round counts as one observation, however many slices it had. The
interval needs no assumption on how ratios are distributed: it reaches from one observed ratio to
another, chosen so that the true median lies between them with 95 % probability, as a coin tossed
once per round would have it.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.rounds import Outcome

__all__ = ["LEAST_ROUNDS", "Comparison", "Estimate", "estimate", "ratios_of_rounds"]

CONFIDENCE = 0.95

#: With fewer rounds not even the widest interval is sure enough.
LEAST_ROUNDS = 6


@dataclass(frozen=True)
class Estimate:
    """A ratio, and between which two it lies; the ends are ``None`` if there are too few rounds."""

    ratio: float
    low: float | None
    high: float | None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return "too few rounds"
        return f"{self.low:.3f} to {self.high:.3f}"


def ratios_of_rounds(one: Outcome, other: Outcome) -> list[float]:
    """Return one ratio of costs per round: the median over its turns, each of which is a pair.

    A pair in which nothing was used (memory may not grow) has no ratio.
    """
    rounds = (
        [
            mine.cost / its.cost
            for mine, its in zip(a.slices, b.slices, strict=True)
            if mine.used > 0 and its.used > 0
        ]
        for a, b in zip(one.samples, other.samples, strict=True)
    )
    return [statistics.median(ratios) for ratios in rounds if ratios]


def estimate(ratios: Sequence[float]) -> Estimate:
    """Return the median of the ratios, and its interval.

    Raises:
        ValueError: There are no ratios.
    """
    if not ratios:
        raise ValueError("no ratios")
    ordered = sorted(ratios)
    ratio = statistics.median(ordered)
    left_out = _left_out(len(ordered))
    if left_out is None:
        return Estimate(ratio, None, None)
    return Estimate(ratio, ordered[left_out], ordered[-1 - left_out])


def _left_out(count: int) -> int | None:
    """Return how many ratios at either end lie outside the interval; ``None``: too few for one."""
    # The interval misses the median if all but so many tosses of a fair coin fall on one side.
    allowed = (1 - CONFIDENCE) / 2 * 2**count
    missed, left_out = 0, None
    for number in range(count // 2):
        missed += math.comb(count, number)
        if missed > allowed:
            break
        left_out = number
    return left_out


@dataclass(frozen=True)
class Comparison:
    """What came of one workload.

    Attributes:
        change: Cost here as a share of the cost at the base.
        noise: Cost of the base as a share of the cost of the very same base: what a difference
            must exceed to be one.
    """

    change: Estimate
    noise: Estimate

    @property
    def verdict(self) -> str:
        """``"slower"`` or ``"faster"`` if the interval lies beyond 1 and beyond the noise."""
        change, noise = self.change, self.noise
        if change.low is None or change.high is None or noise.low is None or noise.high is None:
            return f"{LEAST_ROUNDS} rounds are needed to tell"
        if change.low > max(1, noise.high):
            return "slower"
        if change.high < min(1, noise.low):
            return "faster"
        return "no difference seen"

    def is_slower_by(self, share: float) -> bool:
        """Tell whether it is slower beyond noise, and by more than a share of the base's cost."""
        return self.verdict == "slower" and self.change.ratio > 1 + share
