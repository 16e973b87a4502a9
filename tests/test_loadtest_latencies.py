"""Latencies that Locust rounds away, kept and added up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from locust_unpatched import Environment

from gnet.loadtest.latencies import Latencies, LatencySummary, new_histogram

CONNECT = ("TCP", "connect")


@pytest.fixture
def environment() -> Environment:
    """Locust's, with nothing running in it."""
    return Environment()


def tell(environment: Environment, *msecs: float | None, name: str = "connect") -> None:
    """Fire a request event for each of these response times."""
    for response_time in msecs:
        environment.events.request.fire(
            request_type="TCP", name=name, response_time=response_time, response_length=0
        )


def reported(environment: Environment) -> dict[str, Any]:
    """What a worker would send to its master now."""
    data: dict[str, Any] = {}
    environment.events.report_to_master.fire(client_id="worker", data=data)
    return data


def test_a_latency_is_kept_to_the_microsecond(environment: Environment) -> None:
    """Where Locust's own statistics say 0 or 1 ms."""
    latencies = Latencies(environment)
    tell(environment, 0.0321, 0.25, 0.9999)
    summary = latencies.summaries()[CONNECT]
    assert (summary.count, summary.min_us, summary.p50_us, summary.max_us) == (3, 32, 250, 1000)


def test_each_kind_of_request_has_its_own(environment: Environment) -> None:
    """By type and name."""
    latencies = Latencies(environment)
    tell(environment, 1)
    tell(environment, 2, 2, name="request")
    counts = {key: summary.count for key, summary in latencies.summaries().items()}
    assert counts == {CONNECT: 1, ("TCP", "request"): 2}


def test_what_has_no_duration_is_not_counted(environment: Environment) -> None:
    """Locust allows None for it."""
    latencies = Latencies(environment)
    tell(environment, None)
    assert latencies.summaries() == {}


@settings(max_examples=25)  # reading a histogram costs a loop over all it could hold
@given(st.lists(st.floats(0, 10_000_000), min_size=1, max_size=50))
def test_any_latency_is_counted_to_three_digits(msecs: list[float]) -> None:
    """From a microsecond to an hour; what is outside counts as the nearer of the two."""
    environment = Environment()
    latencies = Latencies(environment)
    tell(environment, *msecs)
    summary = latencies.summaries()[CONNECT]
    assert summary.count == len(msecs)
    for seen, expected in ((summary.min_us, min(msecs)), (summary.max_us, max(msecs))):
        inside = min(max(expected * 1000, 1), 3_600_000_000)
        assert seen == pytest.approx(inside, rel=0.001, abs=0.5)


def test_a_long_run_of_different_latencies_loses_none(environment: Environment) -> None:
    """They go into the histogram by thousands, long before they are asked for."""
    latencies = Latencies(environment)
    tell(environment, *(number / 1000 for number in range(1, 10_001)))
    summary = latencies.summaries()[CONNECT]
    assert summary.count == 10_000
    assert summary.p50_us == pytest.approx(5_000, rel=0.001)
    assert summary.p99_us == pytest.approx(9_900, rel=0.001)


def test_the_whole_histogram_can_be_saved_and_read_again(environment: Environment) -> None:
    """In HdrHistogram's own encoding."""
    latencies = Latencies(environment)
    tell(environment, 1, 2, 2)
    again = new_histogram()
    again.decode_and_add(latencies.summaries()[CONNECT].hdr)
    assert again.get_total_count() == 3
    assert again.get_value_at_percentile(100) == pytest.approx(2000, rel=0.001)


@pytest.mark.parametrize("event", ["test_start", "reset_stats"])
def test_each_run_begins_anew(environment: Environment, event: str) -> None:
    """And so does what is counted after the statistics were reset."""
    latencies = Latencies(environment)
    tell(environment, 1)
    assert latencies.summaries()
    tell(environment, 2)
    getattr(environment.events, event).fire(environment=environment)
    assert latencies.summaries() == {}


@pytest.mark.parametrize(("reset_stats", "count"), [(True, 0), (False, 1)])
def test_the_option_reset_stats_forgets_the_ramp_up(reset_stats: bool, count: int) -> None:
    """As Locust forgets it: when all users have been started."""
    environment = Environment(reset_stats=reset_stats)
    latencies = Latencies(environment)
    tell(environment, 1)
    environment.events.spawning_complete.fire(user_count=1)
    assert len(latencies.summaries()) == count


def test_a_master_adds_up_what_its_workers_report() -> None:
    """However often each of them does."""
    master, workers = Environment(), [Environment(), Environment()]
    total = Latencies(master)
    for worker in workers:
        Latencies(worker)
    for number, worker in enumerate([*workers, *workers], 1):
        tell(worker, number)
        master.events.worker_report.fire(client_id="worker", data=reported(worker))
    summary = total.summaries()[CONNECT]
    assert (summary.count, summary.min_us) == (4, 1000)
    assert summary.max_us == pytest.approx(4000, rel=0.001)


def test_a_worker_reports_nothing_twice(environment: Environment) -> None:
    """And nothing at all if nothing happened."""
    Latencies(environment)
    tell(environment, 1)
    assert reported(environment)
    assert reported(environment) == {}


def test_a_worker_without_latencies_reports_none(environment: Environment) -> None:
    """Its locustfile may be another one."""
    latencies = Latencies(environment)
    environment.events.worker_report.fire(client_id="worker", data={"stats": []})
    assert latencies.summaries() == {}


def test_a_summary_is_a_value(environment: Environment) -> None:
    """Two of the same counts are equal."""
    latencies = Latencies(environment)
    tell(environment, 1)
    assert latencies.summaries() == latencies.summaries()
    assert isinstance(latencies.summaries()[CONNECT], LatencySummary)
