"""The plan of the load tests: which runs, how they are started, how long they may take."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtests.plan import TESTS, plan


def test_the_full_plan_stays_under_three_minutes() -> None:
    """Nobody waits longer for a report; the starts and ends of Locust are counted."""
    assert sum(run.seconds for run in plan()) < 180


def test_a_quick_plan_has_every_test_and_takes_less_time() -> None:
    """A first look leaves no test out."""
    quick = plan(quick=True)
    assert {run.test for run in quick} == set(TESTS)
    assert sum(run.seconds for run in quick) < sum(run.seconds for run in plan()) * 0.6


def test_accept_runs_once_for_each_server() -> None:
    """It compares them."""
    servers = [run.options[run.options.index("--server") + 1] for run in plan(["accept"])]
    assert servers == ["gnet", "streamserver", "node"]


def test_backlog_runs_once_for_each_backlog() -> None:
    """From one place to Node's default."""
    sizes = [run.options[run.options.index("--backlog") + 1] for run in plan(["backlog"])]
    assert sizes == ["1", "16", "128", "511"]


@pytest.mark.parametrize("test", TESTS)
def test_a_plan_of_one_test_has_only_its_runs(test: str) -> None:
    """The others are left out."""
    assert {run.test for run in plan([test])} == {test}


@pytest.mark.parametrize("quick", [False, True])
def test_names_are_unique(quick: bool) -> None:
    """They name the files."""
    names = [run.name for run in plan(quick=quick)]
    assert len(set(names)) == len(names)


def test_a_command_names_the_locustfile_and_the_files_to_write(tmp_path: Path) -> None:
    """Locust runs without its page, and leaves a status of its own to broken expectations."""
    [run] = plan(["max_connections"])
    command = run.command(tmp_path, ["locust"])
    assert command[0] == "locust"
    assert Path(command[command.index("-f") + 1]).parts[-2:] == ("loadtests", "max_connections.py")
    assert command[command.index("--results") + 1] == str(tmp_path / "max_connections.json")
    assert command[command.index("--html") + 1] == str(tmp_path / "max_connections.html")
    assert command[command.index("--exit-code-on-error") + 1] == "0"
    assert "--headless" in command
    assert command[-len(run.options) :] == list(run.options)


def test_a_run_is_taken_to_hang_only_well_after_its_time() -> None:
    """A busy machine is slow, not broken."""
    assert all(run.bound_s > 2 * run.seconds for run in plan())
