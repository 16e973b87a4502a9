"""`loadtests.record`: samples of a run, and the file that the report reads."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from gnet.kernel_options import AcceptQueue
from loadtests.agreement import Address, Statistics
from loadtests.record import Record, sample
from loadtests.verdict import equal

START = Statistics(
    server="gnet",
    version="1.0",
    pid=7,
    address=Address("127.0.0.1", 4000),
    backlog=511,
    max_connections=None,
    connections=1,
    peak_connections=4,
    accepted=10,
    dropped=2,
    paused=False,
    accept_queue=AcceptQueue(0, 511),
    socket_drops=0,
    listen_overflows=100,
    listen_drops=120,
    somaxconn=4096,
    cpu_seconds=1.5,
    time=1000.0,
)
NOW = dataclasses.replace(
    START, accepted=25, listen_overflows=103, listen_drops=124, cpu_seconds=2.0, paused=True
)
RECORD = Record(
    test="accept",
    started="2026-01-02T03:04:05+00:00",
    seconds=1.25,
    options={"steps": 4},
    statistics=NOW.to_dict(),
    samples=[sample(0.5, 20, NOW, START)],
    latencies={},
    requests={"TCP connect": {"count": 15, "failures": 0}},
    errors=[],
    expectations=[equal("as many", 15, 15)],
)


def test_a_sample_counts_the_kernel_s_part_and_the_cpu_from_the_start() -> None:
    """Those counters began long before; the server's own are told as they are."""
    found = sample(0.12345, 20, NOW, START)
    assert (found["t"], found["users"], found["paused"]) == (0.123, 20, True)
    assert (found["listen_overflows"], found["listen_drops"]) == (3, 4)
    assert found["cpu_seconds"] == pytest.approx(0.5)
    assert (found["accepted"], found["dropped"], found["connections"]) == (25, 2, 1)
    assert found["accept_queue"] == {"length": 0, "maximum": 511}


def test_a_sample_without_an_accept_queue_says_so() -> None:
    """Where the kernel does not tell."""
    assert sample(0, 0, dataclasses.replace(NOW, accept_queue=None), START)["accept_queue"] is None


def test_results_are_written_as_json(tmp_path: Path) -> None:
    """With the verdict, and what the server told as it can be read again."""
    path = tmp_path / "results.json"
    RECORD.write(path)
    found = json.loads(path.read_text())
    assert found["passed"] is True
    assert found["expectations"] == [
        {"name": "as many", "expected": "15", "seen": "15", "holds": True}
    ]
    assert Statistics.from_dict(found["statistics"]) == NOW
    assert found["requests"] == {"TCP connect": {"count": 15, "failures": 0}}


def test_results_passed_if_nothing_is_broken() -> None:
    """One expectation that does not hold is enough."""
    assert RECORD.passed
    mixed = [*RECORD.expectations, equal("as many", 15, 14)]
    assert not dataclasses.replace(RECORD, expectations=mixed).passed
