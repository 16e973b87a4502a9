"""`loadtests.agreement`: what goes from a server under load to its clients as JSON."""

from __future__ import annotations

import dataclasses
import json

import pytest

from gnet.kernel_options import AcceptQueue
from loadtests.agreement import Address, Ready, Statistics

STATISTICS = Statistics(
    server="gnet",
    version="1.0",
    pid=7,
    address=Address("127.0.0.1", 4000),
    backlog=16,
    max_connections=None,
    connections=1,
    peak_connections=2,
    accepted=3,
    dropped=4,
    paused=False,
    accept_queue=AcceptQueue(5, 16),
    socket_drops=5,
    listen_overflows=6,
    listen_drops=8,
    somaxconn=4096,
    cpu_seconds=0.5,
    time=9.5,
)


@pytest.mark.parametrize("queue", [AcceptQueue(5, 16), None])
def test_statistics_come_back_from_json_as_they_were(queue: AcceptQueue | None) -> None:
    """With an accept queue or without."""
    statistics = dataclasses.replace(STATISTICS, accept_queue=queue)
    assert Statistics.from_dict(json.loads(json.dumps(statistics.to_dict()))) == statistics


def test_the_parts_of_statistics_are_named_in_json() -> None:
    """Whoever reads them needs no order."""
    found = STATISTICS.to_dict()
    assert found["address"] == {"host": "127.0.0.1", "port": 4000}
    assert found["accept_queue"] == {"length": 5, "maximum": 16}


def test_statistics_of_a_newer_server_can_be_read() -> None:
    """What is not known here is left out."""
    assert Statistics.from_dict({**STATISTICS.to_dict(), "mood": "good"}) == STATISTICS


@pytest.mark.parametrize("found", [{}, {**STATISTICS.to_dict(), "address": 4000}])
def test_anything_else_is_no_statistics(found: dict[str, object]) -> None:
    """Such as what another program answers."""
    with pytest.raises(ValueError, match="not the statistics of a server under load"):
        Statistics.from_dict(found)


def test_where_a_server_is_comes_back_from_its_line() -> None:
    """One line of JSON."""
    ready = Ready("::1", 4000, "http://[::1]:4001/")
    assert "\n" not in ready.to_json()
    assert Ready.from_json(ready.to_json()) == ready


@pytest.mark.parametrize("line", ["", "[]", '{"host": "::1"}', "Traceback:"])
def test_another_line_says_nothing_of_where_a_server_is(line: str) -> None:
    """Such as the empty one of a server that has ended."""
    with pytest.raises(ValueError, match=r"not where a server is|Expecting value"):
        Ready.from_json(line)
