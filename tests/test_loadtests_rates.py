"""Rates and costs of load tests, from samples whose figures are known."""

from __future__ import annotations

from pathlib import Path

import pytest
from loadtest_results import accept, results, sample

from loadtests.rates import RateStep, accept_rates, cpu_cost


def test_a_rate_is_what_was_accepted_in_the_time_of_a_step(tmp_path: Path) -> None:
    """Users that are being started are no step."""
    made = accept()
    made["samples"] = [
        sample(0.0, 10, accepted=5),
        sample(1.0, 10, accepted=105),
        sample(1.125, 15, accepted=115),
        sample(1.25, 15, accepted=125),
        sample(1.5, 20, accepted=145),
        sample(2.5, 20, accepted=345),
        sample(2.625, 0, accepted=350),
        sample(9.5, 0, accepted=350),
    ]
    found = accept_rates(results(made, tmp_path))
    assert found == [RateStep(10, 100.0), RateStep(20, 200.0)]


def test_cpu_time_is_told_by_connection_and_by_time(tmp_path: Path) -> None:
    """A quarter of a second for a thousand connections in a second."""
    made = accept()
    made["samples"] = [
        sample(1.0, 10, accepted=500, cpu_seconds=0.5),
        sample(2.0, 10, accepted=1500, cpu_seconds=0.75),
    ]
    cost = cpu_cost(results(made, tmp_path))
    assert cost is not None
    assert (cost.us_per_connection, cost.busy) == pytest.approx((250, 0.25))


@pytest.mark.parametrize("samples", [[], [sample(0.0, 10)], [sample(0.0, 10), sample(1.0, 10)]])
def test_nothing_accepted_has_no_cost(tmp_path: Path, samples: list[dict[str, object]]) -> None:
    """There is nothing to divide by."""
    made = accept()
    made["samples"] = samples
    assert cpu_cost(results(made, tmp_path)) is None
