"""The report of the benchmarks: tables, the summary, the JSON file, the command line."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmark_results import measured, outcome
from support import ROOT

from benchmarks.__main__ import parse, summary
from benchmarks.measured import Measured, Results, read_json, write_json
from benchmarks.progress import Progress
from benchmarks.report import matrix, table
from benchmarks.rounds import Outcome

#: gnet's cost is half of Node's in the least round, and less than half in the middle one.
ECHO = measured(
    "echo",
    {
        "gnet": outcome(5, 6, 8, round_trips_us=(400, 900), wall_us=10_000),
        "node": outcome(10, 14, 17, round_trips_us=(810.4, 1234.5), wall_us=20_000),
    },
)


def cells(found: Measured, peer: str) -> list[str]:
    """The row of a peer in the table of a workload."""
    [row] = [line for line in table(found).splitlines() if line.startswith(peer)]
    return row.split()


def test_a_row_tells_cost_rate_latency_and_ratios() -> None:
    """Least, median, spread, rate, p50, p99, busy, ratio of the least, paired ratio."""
    assert cells(ECHO, "node") == [
        *("node", "10.00", "14.00", "50%", "50000", "810", "1234", "70%"),
        *("0.50", "0.47"),
    ]


def test_what_makes_no_sense_is_left_out() -> None:
    """Memory has neither rate nor round trips, and is nobody's share of the time."""
    found = measured("idle", {"gnet": [1700, 1700], "node": [3400, 3400]}, unit="bytes/conn")
    assert cells(found, "gnet")[1:8] == ["1700.00", "1700.00", "0%", "-", "-", "-", "-"]


def test_a_table_fits_in_100_columns() -> None:
    """With figures as large as they get: the least and the greatest peers there are."""
    large = outcome(123456.78, 234567.89, round_trips_us=(1234567, 9876543), wall_us=1.3e8)
    broken = Outcome(problem="failed: " + "a long reason " * 12)
    found = measured("long-name " * 9, {"uvloop-streams": large, "gnet": large, "node": broken})
    assert max(len(line) for line in table(found).splitlines()) <= 100


def test_the_heads_stand_over_their_columns() -> None:
    """Each row is as long as the rule under the heads."""
    lines = table(ECHO).splitlines()
    assert len({len(line) for line in lines[1:]}) == 1


def test_a_peer_without_figures_says_why() -> None:
    """The others have theirs; nobody is compared with it."""
    broken = outcome(7)
    broken.problem = "failed: nothing came back for 5 s"
    found = measured("echo", {"gnet": [5], "uvloop": broken})
    assert " ".join(cells(found, "uvloop")) == "uvloop failed: nothing came back for 5 s"
    assert found.ratios("uvloop") is None
    assert cells(found, "gnet")[1] == "5.00"


def test_without_gnet_there_are_no_ratios() -> None:
    """The figures are shown all the same."""
    found = measured("echo", {"node": [7.0]})
    assert cells(found, "node")[1] == "7.00"
    assert cells(found, "node")[-2:] == ["-", "-"]


def test_notes_of_slices_are_told_once() -> None:
    """Whichever peers and rounds they come from."""
    noted = outcome(5, 5, note="500 of 8000 connections")
    lines = table(measured("idle", {"gnet": noted, "node": noted})).splitlines()
    assert [line for line in lines if "note" in line] == ["note: 500 of 8000 connections"]


def test_the_summary_is_a_matrix_of_least_ratios() -> None:
    """A row per workload, a column per peer; a dash where there is no ratio."""
    found = matrix(
        "gnet's cost",
        [ECHO, measured("bulk", {"gnet": [4], "uvloop": [5], "node": Outcome(problem="no")})],
    )
    assert [line.split() for line in found.splitlines() if "--" not in line] == [
        ["gnet's", "cost"],
        ["workload", "uvloop", "node"],
        ["echo", "-", "0.50"],
        ["bulk", "0.80", "-"],
    ]


def test_the_summary_has_all_that_was_measured() -> None:
    """A workload that is no headline, too; and emits in a matrix of their own."""
    found = [
        measured(name, {"gnet": [4], "node": [5]}, is_headline=False)
        for name in ("bulk-in", "emit-1")
    ]
    assert [line.split()[0] for line in summary(found).splitlines() if "0.80" in line] == [
        "bulk-in",
        "emit-1",
    ]
    assert summary(found).count("as a share") == 2


def test_results_come_back_from_their_file(tmp_path: Path) -> None:
    """Every sample, each peer's problem, in the same order."""
    path = tmp_path / "results.json"
    missing = Outcome(problem="missing: no node")
    written = Results(
        {"kernel": "Linux", "node": None},
        {"rounds": 3},
        [ECHO, measured("emit-1", {"gnet": [5.5], "node": missing}, is_headline=False)],
    )
    write_json(path, written)
    assert read_json(path) == written
    assert list(read_json(path).measured[1].outcomes) == ["gnet", "node"]


def test_the_file_holds_the_figures_too(tmp_path: Path) -> None:
    """For programs that want no samples."""
    path = tmp_path / "results.json"
    write_json(path, Results({}, {}, [ECHO]))
    found = json.loads(path.read_text())["workloads"]["echo"]["peers"]["node"]
    assert (found["least"], found["median"], found["p50_us"]) == (10, 14, 810.4)
    assert found["ratios"]["least"] == 0.5


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "file"])
def test_progress_is_shown_on_a_terminal_only(stream: io.StringIO) -> None:
    """The second round of the second of two workloads, of two rounds each, begins at 75 %."""
    with Progress(["echo", "idle"], 2, stream) as progress:
        progress.of("idle")(2, "measuring")
        shown = stream.getvalue()
    assert (" 75% " in shown) == stream.isatty()
    assert ("idle: round 2, measuring" in shown) == stream.isatty()
    assert stream.isatty() or not shown


def test_a_quick_run_has_fewer_rounds_unless_told() -> None:
    """Two instead of six."""
    arguments: list[list[str]] = [[], ["--quick"], ["--quick", "--rounds", "4"]]
    assert [parse(found).rounds for found in arguments] == [6, 2, 4]


@pytest.mark.parametrize(
    "arguments", [["--rounds", "0"], ["--workload", "none"], ["--all", "--workload", "emit-1"]]
)
def test_senseless_arguments_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """With the line that argparse writes."""
    with pytest.raises(SystemExit) as refused:
        parse(arguments)
    assert refused.value.code == 2
    assert "error: argument" in capsys.readouterr().err


def test_a_run_writes_tables_results_and_charts(tmp_path: Path) -> None:
    """The smallest one there is, with standard error to a pipe: nothing comes there."""
    folder = tmp_path / "made" / "here"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--rounds", "1"]
    command += ["--workload", "emit-1", "--peer", "gnet", "--peer", "pyee", "--output", str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert "\nemit-1: an event with one argument, one listener\n" in run.stdout
    [found] = read_json(folder / "results.json").measured
    assert list(found.complete) == ["gnet", "pyee"]
    assert {path.name for path in folder.iterdir()} == {"results.json", "costs.svg"}


def test_a_run_that_measures_nothing_says_so_and_writes_nothing(tmp_path: Path) -> None:
    """An emitter is no server; older results stay."""
    command = [sys.executable, "-m", "benchmarks", "--workload", "idle", "--peer", "pyee"]
    command += ["--output", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (2, "none of these peers has such a workload\n")
    assert not list(tmp_path.iterdir())
