"""``python -m loadtests``, with a program in Locust's place that does what it is told."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent.hub import get_hub
from loadtest_results import expectation, open_fonts, whole
from support import GUARD_S, ROOT, guarded

from loadtests.__main__ import main
from loadtests.execution import execute
from loadtests.plan import Run, plan
from loadtests.progress import Progress

FAKE = [sys.executable, str(ROOT / "tests" / "fake_locust.py")]
#: The tests of which most tests here run a report.
ONE = ("--test", "max_connections")

Tell = Callable[..., dict[str, Any]]
NONE: dict[str, str] = {}


@pytest.fixture(scope="module", autouse=True)
def _fonts() -> None:
    """Matplotlib keeps them open; no test is charged for it."""
    open_fonts()


@pytest.fixture(autouse=True)
def _small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large ones take half a second each."""
    monkeypatch.setattr("loadtests.plots.DPI", 30)


@pytest.fixture
def tell(tmp_path: Path) -> Tell:
    """Tell the program in Locust's place what to do; returns the documents it writes."""

    def told(misdeeds: dict[str, str] = NONE) -> dict[str, Any]:
        documents = whole()
        write(tmp_path, documents, misdeeds)
        return documents

    return told


def write(folder: Path, documents: dict[str, Any], misdeeds: dict[str, str]) -> None:
    """Write what the program is told."""
    told = {"documents": documents, "misdeeds": misdeeds}
    (folder / "fake_locust.json").write_text(json.dumps(told))


def report(folder: Path, *arguments: str) -> int:
    """Run the command; the exit status."""
    return main(["--output", str(folder), *arguments], locust=FAKE)


def page(folder: Path) -> str:
    """The page that was written."""
    return (folder / "index.html").read_text(encoding="utf-8")


def the_run() -> Run:
    """The run that ``ONE`` leaves."""
    [run] = plan(["max_connections"])
    return run


def test_a_whole_report_is_written(
    tmp_path: Path, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page, a picture of each kind, and three files of each run; the status is 0."""
    tell()
    assert report(tmp_path) == 0
    names = {path.name for path in tmp_path.iterdir()} - {"fake_locust.json"}
    runs = {f"{run.name}.{kind}" for run in plan() for kind in ("json", "html", "log")}
    plots = ("connect-latency", "accept-queue", "max-connections", "accept-rate", "latency")
    assert names == {"index.html", *runs, *(f"{plot}.png" for plot in plots)}
    output, _ = capsys.readouterr()
    assert "8 of 8 runs passed: 16 of 16 expectations hold." in output
    assert output.splitlines()[-1] == str(tmp_path / "index.html")


def test_a_line_is_shown_for_each_finished_run(
    tmp_path: Path, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where standard error is no terminal, there is nothing else on it."""
    tell()
    report(tmp_path, "--quick", "--test", "backlog")
    assert capsys.readouterr().err.splitlines() == [
        "1/2 backlog 16: passed, 2 of 2 expectations hold",
        "2/2 backlog 511: passed, 2 of 2 expectations hold",
    ]


def test_a_broken_expectation_makes_the_status_1(
    tmp_path: Path, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table names it."""
    documents = tell()
    documents["max_connections"]["expectations"].append(expectation("nobody waits", 0, 7))
    documents["max_connections"]["passed"] = False
    write(tmp_path, documents, {"max_connections": "exit"})
    assert report(tmp_path, *ONE) == 1
    output, _ = capsys.readouterr()
    assert "FAILED, 2 of 3 expectations hold" in output
    assert "nobody waits: expected 0, seen 7" in output


def test_a_run_that_crashes_shows_the_end_of_its_log(
    tmp_path: Path, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error and on the page; the status is 1."""
    tell({"max_connections": "crash"})
    assert report(tmp_path, *ONE) == 1
    errors = capsys.readouterr().err
    assert "did not come to its end: exit status 3" in errors
    assert "Traceback: it broke" in errors
    assert "Traceback: it broke" in page(tmp_path)


def test_the_others_run_although_one_crashes(
    tmp_path: Path, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing Node does not cost the rest of the report."""
    tell({"accept-node": "crash"})
    assert report(tmp_path, "--test", "accept", *ONE) == 1
    assert "3 of 4 runs passed" in capsys.readouterr().out


def test_a_status_that_contradicts_good_results_is_a_failure(tmp_path: Path, tell: Tell) -> None:
    """Something went wrong after they were written."""
    tell({"max_connections": "exit"})
    assert report(tmp_path, *ONE) == 1
    assert "did not end well: exit status 1" in page(tmp_path)


def test_results_of_an_earlier_report_are_not_shown(tmp_path: Path, tell: Tell) -> None:
    """Neither in place of those of a run that crashed, nor beside the page."""
    tell()
    report(tmp_path, "--test", "backlog", *ONE)
    tell({"max_connections": "crash"})
    assert report(tmp_path, *ONE) == 1
    assert not (tmp_path / "max-connections.png").exists()
    assert not (tmp_path / "backlog-16.json").exists()


def test_other_files_in_the_folder_stay(tmp_path: Path, tell: Tell) -> None:
    """It may be anybody's."""
    tell()
    (tmp_path / "notes.html").write_text("mine")
    report(tmp_path, *ONE)
    assert (tmp_path / "notes.html").read_text() == "mine"


@pytest.mark.parametrize("misdeed", ["hang", "deaf"])
def test_a_run_that_hangs_is_ended(
    tmp_path: Path, tell: Tell, misdeed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told to end, and killed if it does not listen."""
    monkeypatch.setattr("loadtests.execution.ENDING_S", 0.1)
    tell({"max_connections": misdeed})
    outcome = execute(the_run(), tmp_path, lambda _: None, locust=FAKE, bound_s=1.0)
    assert outcome.verdict == "did not end within 1 s"
    assert outcome.log in ("max_connections begins", "")  # it may not have come so far


def test_results_of_a_run_that_hung_do_not_pass(tmp_path: Path, tell: Tell) -> None:
    """It wrote good results when told to end, but had to be told."""
    tell({"max_connections": "partial"})
    waiting = tmp_path / "max_connections.waiting"

    def wait_for_it(_elapsed_s: float) -> None:
        while not waiting.exists():
            gevent.sleep(0.002)

    outcome = execute(the_run(), tmp_path, wait_for_it, locust=FAKE, bound_s=1.0)
    assert outcome.results is not None
    assert not outcome.passed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_report_ends_its_child_and_writes_the_page(
    tmp_path: Path, number: int
) -> None:
    """With what is there: a run that passed, one that was stopped, and those not run."""
    write(tmp_path, whole(), {"backlog-16": "partial"})
    program = (
        "import runpy, sys; import loadtests.plan as plan; plan.LOCUST = tuple(sys.argv[1:3]);"
        "sys.argv[:] = ['loadtests', *sys.argv[3:]];"
        "runpy.run_module('loadtests', run_name='__main__', alter_sys=True)"
    )
    arguments = ["--output", str(tmp_path), "--test", "backlog"]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *FAKE, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with guarded("the second run"):
            while not (tmp_path / "backlog-16.waiting").exists() and process.poll() is None:
                gevent.sleep(0.005)
        process.send_signal(number)
        output, errors = get_hub().threadpool.apply(process.communicate, kwds={"timeout": GUARD_S})
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130, errors
    assert errors.splitlines()[-1] == "interrupted"
    assert [line[len("backlog 128  ") :] for line in output.splitlines()[:4]] == [
        "passed, 2 of 2 expectations hold",
        "interrupted",
        "not run",
        "not run",
    ]
    assert "backlog 16: <span" in page(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything runs."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as raised:
        report(tmp_path / "file" / "report")
    assert raised.value.code == 2
    assert "--output must be a folder" in capsys.readouterr().err


def test_nothing_here_imports_locust_or_gevent() -> None:
    """The one would patch the process with the other."""
    program = "import sys, loadtests.__main__; print({'locust', 'gevent'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=True,
    )
    assert done.stdout.strip() == "set()"


# ---------------------------------------------------------------- progress


class Terminal(io.StringIO):
    """A terminal of sixty columns that keeps what is written to it."""

    def isatty(self) -> bool:
        """It is one."""
        return True

    def fileno(self) -> int:
        """Of no use but for asking the size, which is replaced too."""
        return 2


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal in standard error's place."""
    size = os.terminal_size((60, 24))
    monkeypatch.setattr("loadtests.progress.os.get_terminal_size", lambda _fileno: size)
    return Terminal()


def shown(terminal: Terminal) -> str:
    """What stands in the last line."""
    return terminal.getvalue().rpartition("\x1b[K")[2]


def test_the_bar_tells_what_runs_and_how_long_it_takes(terminal: Terminal) -> None:
    """Half of the time has passed in the first of two runs."""
    progress = Progress(terminal, [60.0, 20.0])
    progress.show("backlog 16", 40.0)
    assert shown(terminal) == "█" * 12 + "░" * 12 + " 1/2 backlog 16, 0:40 left"


def test_a_run_that_takes_too_long_does_not_move_the_bar_into_the_next(
    terminal: Terminal,
) -> None:
    """It stands still at the run's end."""
    progress = Progress(terminal, [60.0, 20.0])
    progress.show("backlog 16", 500.0)
    assert shown(terminal).endswith(" 1/2 backlog 16, 0:20 left")


def test_a_finished_run_leaves_a_line_and_the_bar_goes_on(terminal: Terminal) -> None:
    """Below it."""
    progress = Progress(terminal, [60.0, 20.0])
    progress.finish("backlog 16: passed")
    progress.show("backlog 511", 0.0)
    assert "1/2 backlog 16: passed\n" in terminal.getvalue()
    assert shown(terminal) == "█" * 18 + "░" * 6 + " 2/2 backlog 511, 0:20 left"


def test_the_bar_fits_the_terminal(terminal: Terminal) -> None:
    """A line that wraps could not be replaced."""
    Progress(terminal, [60.0]).show("a long title " * 10, 0.0)
    assert len(shown(terminal)) < 60


def test_a_terminal_that_does_not_know_its_size_gets_the_whole_line(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says that it has no columns."""
    size = os.terminal_size((0, 0))
    monkeypatch.setattr("loadtests.progress.os.get_terminal_size", lambda _fileno: size)
    Progress(terminal, [60.0]).show("backlog 16", 0.0)
    assert shown(terminal).endswith("1/1 backlog 16, 1:00 left")
