"""The end of the demonstration: ten seconds of each load test, and a table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from loadtest_results import accept, backlog, expectation, max_connections
from support import ROOT

from loadtests.demo import show
from loadtests.plan import TESTS, demo_plan

FAKE = [sys.executable, str(ROOT / "tests" / "fake_locust.py")]


def told(folder: Path, misdeeds: dict[str, str], **changed: dict[str, Any]) -> None:
    """Tell the program in Locust's place what to write and do."""
    documents = {
        "accept": accept("gnet"),
        "backlog": backlog(16),
        "max_connections": max_connections(),
        **changed,
    }
    text = json.dumps({"documents": documents, "misdeeds": misdeeds})
    (folder / "fake_locust.json").write_text(text)


def test_each_test_has_ten_seconds() -> None:
    """One after the other."""
    assert [(run.test, run.seconds) for run in demo_plan()] == [(test, 10.0) for test in TESTS]


def test_the_verdicts_are_shown_in_one_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for each; the status is 0."""
    told(tmp_path, {})
    assert show(tmp_path, FAKE) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0].partition(" ")[0] for line in lines] == list(TESTS)
    assert all("passed, 2 of 2 expectations hold" in line for line in lines)


def test_a_broken_expectation_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Below its test; the status is 1."""
    wrong = backlog(16) | {"expectations": [expectation("nobody waits", 0, 7)], "passed": False}
    told(tmp_path, {"backlog": "exit"}, backlog=wrong)
    assert show(tmp_path, FAKE) == 1
    output = capsys.readouterr().out
    assert "FAILED, 0 of 1 expectations hold" in output
    assert "nobody waits: expected 0, seen 7" in output
