"""Rates and costs, reckoned from the samples of a run."""

from dataclasses import dataclass

from loadtests.runs import Results

__all__ = ["CpuCost", "RateStep", "accept_rates", "cpu_cost"]


@dataclass(frozen=True)
class RateStep:
    """How many connections per second a server accepted while so many users connected."""

    users: int
    per_second: float


def accept_rates(run: Results) -> list[RateStep]:
    """Return the rate of each number of users that lasted.

    Between two steps Locust starts users one by one; what lasted less than half as long as the
    longest step is on the way, and left out.
    """
    spent: dict[int, float] = {}
    accepted: dict[int, int] = {}
    for before, after in zip(run.samples, run.samples[1:], strict=False):
        if before.users == after.users and after.users:
            spent[after.users] = spent.get(after.users, 0.0) + after.t - before.t
            more = after.accepted - before.accepted
            accepted[after.users] = accepted.get(after.users, 0) + more
    longest = max(spent.values(), default=0.0)
    return [
        RateStep(users, accepted[users] / seconds)
        for users, seconds in sorted(spent.items())
        if seconds > 0 and seconds >= longest / 2
    ]


@dataclass(frozen=True)
class CpuCost:
    """What accepting took.

    Attributes:
        us_per_connection: CPU time of the server in microseconds per connection accepted.
        busy: CPU time by wall time.
    """

    us_per_connection: float
    busy: float


def cpu_cost(run: Results) -> CpuCost | None:
    """Return what the server's process used; ``None`` if it accepted nothing."""
    if not run.samples:
        return None
    first, last = run.samples[0], run.samples[-1]
    accepted, used = last.accepted - first.accepted, last.cpu_seconds - first.cpu_seconds
    if accepted <= 0 or last.t <= first.t:
        return None
    return CpuCost(used / accepted * 1e6, used / (last.t - first.t))
