"""The locustfiles with a master and workers: what is merged is the sum of what each counted."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from locust_process import (
    ALL_SPAWNED,
    LOCUST_GUARD_S,
    Locust,
    check_passed,
    found,
    listening_port,
    locust,
    results_of,
)

pytestmark = pytest.mark.timeout(60)

#: Options of each test, whose run takes a few seconds.
SMALL = {
    "accept": ("--first-users", "4", "--users-per-step", "4", "--steps", "2", "--step-seconds=1"),
    "backlog": ("--backlog", "6", "--pause", "3.5", "--extra-users", "4"),
    "max_connections": ("--limit", "60", "-u", "300", "-r", "300", "-t", "4s"),
}

#: A locustfile for a worker: the test's own, and a file of what this worker has counted itself.
#: Only ``request`` is listened to, which neither Locust's nor gnet's reports have gone through.
COUNTING = """
import collections
import json

from locust import events

from loadtests.{test} import *

counted = collections.Counter()


@events.request.add_listener
def count(request_type, name, **_):
    counted[request_type + " " + name] += 1


@events.quitting.add_listener
def write(**_):
    with open({path!r}, "w") as file:
        json.dump(counted, file)
"""


@contextlib.contextmanager
def fleet(test: str, tmp_path: Path, *arguments: str) -> Iterator[tuple[Locust, list[Locust]]]:
    """A master without a web UI, and two workers that count."""
    with contextlib.ExitStack() as stack:
        master = stack.enter_context(
            locust(
                tmp_path,
                test,
                *("--master", "--headless", "--expect-workers", "2"),
                *("--master-bind-host", "127.0.0.1", "--master-bind-port", "0"),
                *arguments,
                name="master",
            )
        )
        where = ("--master-host", "127.0.0.1", "--master-port", str(listening_port(master)))
        workers = []
        for name in ("worker_1", "worker_2"):
            path = tmp_path / f"{name}.py"
            path.write_text(COUNTING.format(test=test, path=str(tmp_path / f"{name}.json")))
            worker = locust(tmp_path, path, "--worker", *where, name=name)
            workers.append(stack.enter_context(worker))
        yield master, workers


def counted(tmp_path: Path) -> list[Counter[str]]:
    """What each worker has counted."""
    return [
        Counter(json.loads(path.read_text())) for path in sorted(tmp_path.glob("worker_*.json"))
    ]


def run(test: str, tmp_path: Path) -> tuple[Any, list[Counter[str]]]:
    """The results of a run that passes, and what each worker counted, which ends with 0."""
    path = tmp_path / "results.json"
    with fleet(test, tmp_path, "--results", str(path), *SMALL[test]) as (master, workers):
        code, output = master.end()
        check_passed(test, code, output)
        for worker in workers:
            code, output = worker.end()
            assert code == 0, output
            assert "Traceback" not in output
    return results_of(path), counted(tmp_path)


@pytest.mark.parametrize("test", SMALL)
def test_what_a_master_tells_is_what_its_workers_counted(test: str, tmp_path: Path) -> None:
    """Its requests, and the latencies in its histograms; the server has counted as many."""
    results, each = run(test, tmp_path)
    assert len(each) == 2
    assert all(counts["TCP connect"] > 0 for counts in each)
    counts = {name: entry["count"] for name, entry in results["requests"].items()}
    assert counts == each[0] + each[1]
    assert {name: entry["count"] for name, entry in results["latencies"].items()} == counts
    last = results["statistics"]
    assert last["accepted"] == counts["TCP connect"]
    assert last["dropped"] == counts.get("TCP connect [refused]", 0)
    if test == "max_connections":
        assert last["dropped"] > 0
        assert last["peak_connections"] == 60


def test_several_processes_of_one_command_are_such_a_fleet(tmp_path: Path) -> None:
    """``--processes`` is a master with as many workers, which know its port beforehand."""
    path = tmp_path / "results.json"
    # A port that the system chooses for nobody, on an address that is this process's alone.
    number = os.getpid()
    host = f"127.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    port = str(20_000 + number % 10_000)
    bound = ("--master-bind-host", host, "--master-bind-port", port)
    where = ("--master-host", host, "--master-port", port)
    arguments = ("--headless", "--processes", "2", *bound, *where, "--results", str(path))
    with locust(tmp_path, "accept", *arguments, *SMALL["accept"]) as program:
        code, output = program.end()
    check_passed("accept", code, output)
    assert "2 workers connected" in output
    results = results_of(path)
    assert results["requests"]["TCP connect"]["count"] == results["statistics"]["accepted"] > 0


def test_ctrl_c_ends_a_fleet_with_its_verdict(tmp_path: Path) -> None:
    """Sent to the master, it ends the workers and the server as well."""
    path = tmp_path / "results.json"
    arguments = ("--results", str(path), "--first-users", "4", "--step-seconds", "600")
    with fleet("accept", tmp_path, *arguments) as (master, workers):
        master.wait_for(ALL_SPAWNED)
        servers = found(master.children, "a server")
        master.process.send_signal(signal.SIGINT)
        code, output = master.end()
        assert psutil.wait_procs(servers, LOCUST_GUARD_S)[1] == []
        assert [worker.end()[0] for worker in workers] == [0, 0]
    check_passed("accept", code, output)
    each = counted(tmp_path)
    connections = results_of(path)["statistics"]["accepted"]
    assert connections == each[0]["TCP connect"] + each[1]["TCP connect"] > 0


def test_a_worker_that_dies_fails_the_run(tmp_path: Path) -> None:
    """What it had counted is lost; the master ends all the same, and says what is missing."""
    users = ("--limit", "5", "-u", "20", "-r", "20", "-t", "3s")
    with fleet("max_connections", tmp_path, *users) as (master, workers):
        master.wait_for(ALL_SPAWNED)
        workers[0].process.kill()
        code, output = master.end()
        assert workers[1].end()[0] == 0
    assert code == 1
    assert "BROKEN" in output
    assert "Traceback" not in output
