"""The locustfiles of ``loadtests/``, run for real in one process: verdicts, results, exit codes."""

from __future__ import annotations

import contextlib
import functools
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from locust_process import (
    ALL_SPAWNED,
    LOCUST_GUARD_S,
    Locust,
    broken_lines,
    check_passed,
    found,
    listening_port,
    locust,
    results_of,
)
from support import GUARD_S, LoadServer, load_server

from loadtests.agreement import GREETING, Statistics
from loadtests.statistics_client import StatisticsClient

pytestmark = pytest.mark.timeout(60)

#: The shortest run of each test that meets its expectations.
SMALL = {
    "accept": ("--first-users", "2", "--users-per-step", "2", "--steps", "2", "--step-seconds=1"),
    "backlog": ("--backlog", "3", "--pause", "1.5", "--spread", "0.2", "--extra-users", "2"),
    "max_connections": ["--limit", "5", "--hold", "0.5", "-u", "40", "-r", "40", "-t", "4s"],
}
#: As short, and with only one step.
BRIEF = ("--first-users", "2", "--steps", "1", "--step-seconds", "1")
#: Longer than any test waits.
ENDLESS = ("--limit", "5", "-u", "10", "-r", "10", "-t", "600s")
#: The options that its results tell: those of the test.
OPTIONS: dict[str, dict[str, object]] = {
    "accept": {"first_users": 2, "users_per_step": 2, "steps": 2, "step_seconds": 1},
    "backlog": {"backlog": 3, "pause": 1.5, "spread": 0.2, "extra_users": 2},
    "max_connections": {"limit": 5, "hold": 0.5},
}
REQUESTS = {
    "accept": {"TCP close", "TCP connect", "TCP first byte"},
    "backlog": {"TCP close", "TCP connect", "TCP request"},
    "max_connections": {"TCP close", "TCP connect", "TCP connect [refused]", "TCP echo"},
}
#: What a sample has of the statistics, besides its time and the number of users.
SAMPLED = {
    "accept_queue",
    "accepted",
    "connections",
    "cpu_seconds",
    "dropped",
    "listen_drops",
    "listen_overflows",
    "socket_drops",
    "paused",
    "peak_connections",
}


@contextlib.contextmanager
def external(*arguments: str) -> Iterator[tuple[LoadServer, tuple[str, ...]]]:
    """A server that somebody else has started, and the options that name it."""
    with load_server("gnet", *arguments) as server:
        ready = server.ready
        host = f"tcp://{ready.host}:{ready.port}"
        yield (
            server,
            ("--server", "external", "--host", host, "--statistics", ready.statistics),
        )


def until(server: LoadServer, condition: Callable[[Statistics], bool]) -> None:
    """Wait until a server's statistics are as they should be."""
    with StatisticsClient(server.ready.statistics) as client:
        found(lambda: condition(client.read()), "statistics")


def server_of(program: Locust) -> list[psutil.Process]:
    """The server that a run has started."""
    return found(program.children, "a server")


def ended(program: Locust, times: int) -> bool:
    """Whether the backlog was judged so often."""
    return program.output.count("\nbacklog: ") == times


# ---------------------------------------------------------------- what goes well


@pytest.mark.parametrize("test", SMALL)
def test_a_small_run_meets_its_expectations(test: str, tmp_path: Path) -> None:
    """It says so, ends with 0, and its results are complete and agree with each other."""
    path = tmp_path / "results.json"
    began = time.time()
    with locust(tmp_path, test, "--headless", "--results", str(path), *SMALL[test]) as program:
        code, output = program.end()
    check_passed(test, code, output)
    results = results_of(path)
    assert (results["test"], results["passed"], results["errors"]) == (test, code == 0, [])
    held = {each["holds"] for each in results["expectations"]}
    assert held == ({True} if results["passed"] else {True, False})
    assert set(results["requests"]) == set(results["latencies"]) == REQUESTS[test]
    assert 0 < results["seconds"] < time.time() - began
    assert Statistics.from_dict(results["statistics"]).server == "gnet"
    assert results["options"] == OPTIONS[test] | {"server": "gnet", "statistics": ""}
    check_samples(results)
    check_latencies(results)


def check_samples(results: Any) -> None:
    """They are in order, have all fields, and end with the statistics of the end."""
    samples = results["samples"]
    assert all(set(each) >= SAMPLED | {"t", "users"} for each in samples)
    times = [each["t"] for each in samples]
    assert times == sorted(times)
    assert times[-1] <= results["seconds"]
    last = samples[-1]
    for name in ("accepted", "dropped", "peak_connections", "connections"):
        assert last[name] == results["statistics"][name]
    assert max(each["users"] for each in samples) > 0


def check_latencies(results: Any) -> None:
    """As many in each histogram as there were requests, with their percentiles in order."""
    for name, latency in results["latencies"].items():
        assert latency["count"] == results["requests"][name]["count"] > 0
        values = [latency[f"{each}_us"] for each in ("min", "p50", "p90", "p99", "max")]
        assert values == sorted(values)


def test_a_server_of_somebody_else_is_judged_by_what_it_did_meanwhile(tmp_path: Path) -> None:
    """Not by what it had counted before; and it is not ended."""
    with external() as (server, named):
        with socket.create_connection((server.ready.host, server.ready.port)) as earlier:
            assert earlier.recv(len(GREETING)) == GREETING
        until(server, lambda now: (now.accepted, now.connections) == (1, 0))
        with locust(tmp_path, "accept", "--headless", *named, *BRIEF) as program:
            _, output = program.end()
        assert server.process.poll() is None
    assert not any("counted as" in line for line in broken_lines(output)), output


def test_a_second_run_from_the_web_ui_is_as_good_as_the_first(tmp_path: Path) -> None:
    """Nothing of the first is left, neither its end nor its counts."""
    where = ("--web-host", "127.0.0.1", "--web-port", "0")
    with locust(tmp_path, "backlog", *where, *SMALL["backlog"]) as program:
        url = f"http://127.0.0.1:{listening_port(program)}/swarm"

        def started(times: int) -> bool:
            """Ask again while Locust is still at the run before."""
            assert requests.post(url, data={}, timeout=GUARD_S).ok
            return program.output.count("Shape test starting") == times

        for times in (1, 2):
            found(functools.partial(started, times), "a start")
            found(functools.partial(ended, program, times), "a verdict")
        program.process.terminate()
        code, output = program.end()
    assert broken_lines(output) == [], output
    assert code == 0


# ---------------------------------------------------------------- what does not hold


def test_a_server_that_stalls_instead_of_refusing_fails(tmp_path: Path) -> None:
    """With 1, and in the verdict the reason: nobody was refused."""
    path = tmp_path / "results.json"
    arguments = ("--headless", "--server", "streamserver", "--results", str(path))
    with locust(tmp_path, "max_connections", *arguments, *SMALL["max_connections"]) as program:
        code, output = program.end()
    assert code == 1
    assert any("some had to be refused" in line for line in broken_lines(output)), output
    assert "max_connections: FAILED" in output
    results = results_of(path)
    assert not results["passed"]
    assert {"name": "some had to be refused", "expected": "> 0", "seen": "0", "holds": False} in (
        results["expectations"]
    )


def test_results_that_cannot_be_written_fail(tmp_path: Path) -> None:
    """After the run, whose verdict is said all the same."""
    path = tmp_path / "missing" / "results.json"
    arguments = ("--headless", "--results", str(path), *BRIEF)
    with locust(tmp_path, "accept", *arguments) as program:
        code, output = program.end()
    assert code == 1
    assert "ok  " in output
    line = broken_lines(output)[-1]
    assert f"No such file or directory: '{path}'" in line


# ---------------------------------------------------------------- what cannot begin


def test_a_server_that_does_not_start_ends_the_run_with_its_words(tmp_path: Path) -> None:
    """Here a backlog that the server refuses."""
    with locust(tmp_path, "backlog", "--headless", "--backlog", str(2**31)) as program:
        code, output = program.end()
    assert code == 1
    assert "argument --backlog: must be a whole number from 1" in output
    assert any("the server ended with 2" in line for line in broken_lines(output))
    assert "Traceback" not in output


def test_a_pause_that_ends_before_all_users_came_is_refused(tmp_path: Path) -> None:
    """It could not show what the queue holds."""
    with locust(tmp_path, "backlog", "--headless", "--pause", "1") as program:
        code, output = program.end()
    assert code == 1
    assert "--pause must be longer than --spread by 1 s at least" in output


def test_a_pause_that_the_server_refuses_ends_the_run_and_the_server(tmp_path: Path) -> None:
    """It has started by then."""
    with locust(tmp_path, "backlog", "--headless", "--pause", "4000") as program:
        code, output = program.end()
    assert code == 1
    (line,) = broken_lines(output)
    assert "msecs must be a number of milliseconds from 0 to 3600000, not '4000000.0'" in line
    assert "Traceback" not in output


def test_an_external_server_must_be_named(tmp_path: Path) -> None:
    """By two options, which are named in turn."""
    with locust(tmp_path, "accept", "--headless", "--server", "external") as program:
        code, output = program.end()
    assert code == 1
    (line,) = broken_lines(output)
    assert "--server external needs --host and --statistics" in line


def test_an_external_server_must_be_there(tmp_path: Path) -> None:
    """Nobody listens on port 1 of a loopback address that is not used."""
    where = ("--host", "tcp://127.0.0.7:1", "--statistics", "http://127.0.0.7:1/")
    with locust(tmp_path, "accept", "--headless", "--server", "external", *where) as program:
        code, output = program.end()
    assert code == 1
    (line,) = broken_lines(output)
    assert "no statistics from http://127.0.0.7:1/" in line
    assert "Connection refused; does the server still run?" in line


def test_an_external_server_without_a_limit_cannot_be_tested_at_it(tmp_path: Path) -> None:
    """Its limit is its own affair; the option of the test does not set it."""
    with (
        external() as (_, named),
        locust(tmp_path, "max_connections", "--headless", *named, *ENDLESS) as program,
    ):
        code, output = program.end()
    assert code == 1
    (line,) = broken_lines(output)
    assert "the server has no limit; start it with --max-connections N" in line


# ---------------------------------------------------------------- what ends in the middle


@pytest.mark.parametrize(
    ("test", "arguments"),
    [
        ("max_connections", ["--hold", "0.1", "-u", "10", "-r", "10", "-t", "2s"]),
        ("backlog", ("--pause", "600", "--extra-users", "1")),
    ],
)
def test_a_server_that_dies_fails_the_run(
    test: str, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    """At the time when it would have ended, with the reason."""
    with (
        external("--max-connections", "5", "--backlog", "2") as (server, named),
        locust(tmp_path, test, "--headless", *named, *arguments) as program,
    ):
        program.wait_for(ALL_SPAWNED)
        server.process.kill()
        code, output = program.end()
    assert code == 1
    assert any("does the server still run?" in line for line in broken_lines(output)), output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("test", "number", "arguments", "code"),
    [
        ("accept", signal.SIGTERM, ("--first-users", "2", "--step-seconds", "600"), None),
        ("backlog", signal.SIGINT, ("--backlog", "3", "--pause", "1.5", "--spread", "0.2"), None),
        ("max_connections", signal.SIGINT, ("--server", "streamserver"), 1),
    ],
)
def test_a_signal_ends_a_run_with_its_verdict(
    test: str, number: signal.Signals, arguments: tuple[str, ...], code: int | None, tmp_path: Path
) -> None:
    """Results, exit code and all, and no server is left behind; Ctrl-C is sent to both."""
    path = tmp_path / "results.json"
    common = ("--headless", "--results", str(path))
    users = ENDLESS if test == "max_connections" else ()
    with locust(tmp_path, test, *common, *arguments, *users) as program:
        program.wait_for(ALL_SPAWNED)
        children = server_of(program)
        program.send_to_all(number) if number == signal.SIGINT else program.process.terminate()
        seen, output = program.end()
        assert psutil.wait_procs(children, LOCUST_GUARD_S)[1] == []
    assert "does the server still run?" not in output
    results = results_of(path)
    assert f"{test}: {'passed' if results['passed'] else 'FAILED'}" in output
    assert seen == (0 if results["passed"] else 1)
    assert code in (seen, None), output


def test_a_signal_while_the_users_end_does_not_cost_the_verdict(tmp_path: Path) -> None:
    """A server that is stopped holds up the last users when Ctrl-C comes."""
    users = ("-u", "3", "-r", "3", "-t", "2s")
    with (
        external("--max-connections", "2") as (server, named),
        locust(tmp_path, "max_connections", "--headless", *named, *users) as program,
    ):
        program.wait_for(ALL_SPAWNED)
        until(server, lambda now: now.accepted > 0)
        server.process.send_signal(signal.SIGSTOP)
        try:
            program.wait_for("--run-time limit reached")
            program.process.send_signal(signal.SIGINT)
        finally:
            server.process.send_signal(signal.SIGCONT)
        code, output = program.end()
    assert output.count("max_connections: FAILED") == 1, output
    assert code == 1


def test_a_server_does_not_outlive_a_locust_that_is_killed(tmp_path: Path) -> None:
    """Its standard input has ended then."""
    with locust(tmp_path, "max_connections", "--headless", *ENDLESS) as program:
        program.wait_for(ALL_SPAWNED)
        children = server_of(program)
        program.process.kill()
        program.process.wait()
        assert psutil.wait_procs(children, LOCUST_GUARD_S)[1] == []


#: A locustfile that cannot judge what it saw.
BROKEN_JUDGE = """
import loadtests.accept
from loadtests.accept import Steps, Visitor

def judge(self, run):
    raise KeyError("no such count")

loadtests.accept.AcceptTest.judge = judge
"""


def test_a_run_that_cannot_be_judged_has_not_passed(tmp_path: Path) -> None:
    """Whatever goes wrong in the middle of that, the exit code is no success."""
    path = tmp_path / "locustfile.py"
    path.write_text(BROKEN_JUDGE)
    with locust(tmp_path, path, "--headless", *BRIEF) as program:
        code, output = program.end()
    assert code == 1
    [line] = broken_lines(output)
    assert "the run can be judged" in line
    assert "no such count" in line


def test_a_run_without_a_verdict_has_not_passed(tmp_path: Path) -> None:
    """Here it is told to have no step, by a locustfile."""
    path = tmp_path / "locustfile.py"
    path.write_text("from loadtests.accept import Steps, Visitor\nSteps.tick = lambda self: None\n")
    with locust(tmp_path, path, "--headless") as program:
        code, output = program.end()
    assert code == 1, output
    [line] = broken_lines(output)
    assert "the test has run" in line


def test_too_few_users_are_told_before_they_come(tmp_path: Path) -> None:
    """They could not show what becomes of those beyond the limit."""
    options = ("--headless", "-u", "3", "-t", "30s", "--limit", "5")
    with locust(tmp_path, "max_connections", *options) as program:
        code, output = program.end()
    assert code == 1
    assert "3 users can't exceed a limit of 5" in output
    assert "TCP connect" not in output
