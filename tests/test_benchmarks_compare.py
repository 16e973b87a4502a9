"""The comparison with another commit: the verdict, and the whole way from HEAD to a line."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from benchmark_results import outcome
from support import ROOT

from benchmarks import compare
from benchmarks.peers import Peer
from benchmarks.rounds import Outcome, Sample
from benchmarks.verdict import Comparison, Estimate, estimate, ratios_of_rounds
from benchmarks.workloads import Plan, Slice, Workload

needs_git = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no git repository")

#: Twelve ratios within two per cent of 1.
STILL = [0.98, 1.01, 1.0, 0.99, 1.02, 1.0, 1.01, 0.99, 1.0, 1.02, 0.98, 1.0]


def judged(change: Sequence[float], noise: Sequence[float] = STILL) -> Comparison:
    """What is said about these ratios of rounds."""
    return Comparison(estimate(change), estimate(noise))


def times(factor: float) -> list[float]:
    """The ratios that hold still, but with another middle."""
    return [ratio * factor for ratio in STILL]


def test_an_interval_leaves_out_what_a_coin_would() -> None:
    """Of 12 tosses two or fewer are heads in 1.9 % of all cases, three or fewer in 7.3 %."""
    assert estimate([float(n) for n in range(1, 13)]) == Estimate(6.5, 3, 10)


def test_six_rounds_are_the_fewest() -> None:
    """With them the interval is all there is; with five there is none."""
    assert estimate([3, 1, 2, 6, 5, 4]) == Estimate(3.5, 1, 6)
    assert estimate([3, 1, 2, 5, 4]) == Estimate(3, None, None)


def test_slower() -> None:
    """By ten per cent, at a noise of two."""
    assert judged(times(1.1)).verdict == "slower"
    assert judged(times(1.1)).is_slower_by(0.03)


def test_faster() -> None:
    """By ten per cent, at a noise of two."""
    assert judged(times(0.9)).verdict == "faster"
    assert not judged(times(0.9)).is_slower_by(0.03)


def test_one_wild_round_changes_nothing() -> None:
    """It lies outside the interval."""
    assert judged([*times(1.1)[1:], 0.2]).verdict == "slower"


def test_noise_around_one_is_no_difference() -> None:
    """Whatever the median happens to be."""
    assert judged(STILL).verdict == "no difference seen"
    assert judged([0.7, 1.6] * 6).verdict == "no difference seen"


def test_what_the_base_does_to_itself_is_no_difference() -> None:
    """A change of five per cent is seen only where the same program differs less from itself."""
    assert judged(times(1.05)).verdict == "slower"
    assert judged(times(1.05), times(1.04)).verdict == "no difference seen"
    assert judged(times(0.95), times(0.96)).verdict == "no difference seen"


def test_a_small_slowdown_is_told_and_tolerated() -> None:
    """Two and a half per cent, beyond noise."""
    found = judged([1.025] * 12, [1.0] * 12)
    assert found.verdict == "slower"
    assert not found.is_slower_by(0.03)


def test_too_few_rounds_tell_nothing() -> None:
    """Not even of what is twice as slow."""
    found = judged([2.0] * 5, [1.0] * 5)
    assert found.verdict == "6 rounds are needed to tell"
    assert not found.is_slower_by(0.03)


def test_a_round_counts_once() -> None:
    """By the median of its pairs; one without a sensible figure is left out."""
    one = Outcome([Sample((Slice(3, 1), Slice(8, 2), Slice(900, 1))), Sample((Slice(0, 1),))])
    other = Outcome([Sample((Slice(1, 1), Slice(2, 1), Slice(1, 1))), Sample((Slice(5, 1),))])
    assert ratios_of_rounds(one, other) == [3]


def measuring(monkeypatch: pytest.MonkeyPatch, **costs: float) -> None:
    """Let each side have that cost in all rounds."""

    def fake(
        _workload: Workload,
        peers: Sequence[Peer],
        plan: Plan,
        _on_progress: Callable[[int, str], None],
    ) -> Mapping[str, Outcome]:
        return {peer.name: outcome(*[costs.get(peer.name, 10.0)] * plan.rounds) for peer in peers}

    nowhere = compare.Sides(Path("base"), Path("here"))
    monkeypatch.setattr(compare, "unpacked", lambda _ref: contextlib.nullcontext(nowhere))
    monkeypatch.setattr(compare, "run_rounds", fake)
    monkeypatch.setattr(compare, "raise_file_limit", lambda: None)


@pytest.mark.parametrize(
    ("cost", "status", "line"),
    [
        (11.0, 1, "1.100  1.100 to 1.100  1.000 to 1.000  slower"),
        (9.0, 0, "0.900  0.900 to 0.900  1.000 to 1.000  faster"),
        (10.0, 0, "1.000  1.000 to 1.000  1.000 to 1.000  no difference seen"),
        (10.2, 0, "1.020  1.020 to 1.020  1.000 to 1.000  slower"),
    ],
)
def test_the_exit_status_tells_what_is_slower(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    cost: float,
    status: int,
    line: str,
) -> None:
    """By more than three per cent."""
    measuring(monkeypatch, here=cost)
    assert compare.main(["HEAD", "--workload", "small-writes"]) == status
    assert capsys.readouterr().out.splitlines()[-1].split(maxsplit=1) == ["small-writes", line]


def test_memory_is_not_called_slow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is more."""
    measuring(monkeypatch, here=11.0)
    assert compare.main(["HEAD", "--workload", "idle"]) == 1
    assert capsys.readouterr().out.endswith("1.000 to 1.000  more memory\n")


def test_what_cannot_be_measured_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And makes the exit status 1, since nothing is known about it."""

    def fake(*_arguments: object) -> Mapping[str, Outcome]:
        names = (compare.BASE, compare.HERE, compare.BASE_AGAIN)
        return dict.fromkeys(names, Outcome(problem="failed: nothing came back"))

    measuring(monkeypatch)
    monkeypatch.setattr(compare, "run_rounds", fake)
    assert compare.main(["HEAD", "--workload", "idle"]) == 1
    assert "failed: nothing came back" in capsys.readouterr().out


@pytest.mark.parametrize(("here", "status"), [(10_400, 1), (10_200, 0), (9_000, 0)])
def test_instructions_are_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], here: float, status: int
) -> None:
    """Those of a server, and within the same three per cent."""

    def fake(_workload: Workload, peer: Peer) -> float:
        return here if peer.directory == Path("here") else 10_000

    measuring(monkeypatch)
    monkeypatch.setattr(compare, "count_instructions", fake)
    names = ["--workload", "small-writes", "--workload", "idle", "--workload", "emit-1"]
    assert compare.main(["HEAD", "--instructions", *names]) == status
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert rows[0] == ["small-writes", "10,000", f"{here:,}", f"{here / 10_000:.3f}"]
    assert [row[:2] for row in rows[1:]] == [["idle", "not"], ["emit-1", "not"]]


def test_without_valgrind_nothing_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says so."""
    measuring(monkeypatch)
    monkeypatch.setenv("PATH", "")
    assert compare.main(["HEAD", "--instructions", "--workload", "small-writes"]) == 2
    assert capsys.readouterr().err == "valgrind is not installed\n"


@needs_git
def test_a_program_finds_the_gnet_of_its_side_and_these_benchmarks() -> None:
    """If it is started in the directory of that side."""
    script = "import gnet, benchmarks; print(gnet.__file__, benchmarks.__file__)"
    with compare.unpacked("HEAD") as sides:
        for side in (sides.base, sides.here):
            # As ``python -m`` does, the interpreter looks into the working directory first.
            run = subprocess.run(
                [sys.executable, "-c", script], cwd=side, capture_output=True, text=True, check=True
            )
            found, benchmarks = (Path(name) for name in run.stdout.split())
            assert found == side / "gnet" / "__init__.py"
            assert benchmarks.resolve() == ROOT / "benchmarks" / "__init__.py"


@needs_git
def test_the_sides_are_the_commit_and_the_working_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changed since the commit, in a repository made for this."""
    source = tmp_path / "gnet" / "__init__.py"
    source.parent.mkdir()
    source.write_text("version = 1\n")
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "gnet"], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    source.write_text("version = 2\n")
    monkeypatch.setattr(compare, "ROOT", tmp_path)
    with compare.unpacked("HEAD") as sides:
        assert (sides.base / "gnet" / "__init__.py").read_text() == "version = 1\n"
        assert (sides.here / "gnet" / "__init__.py").read_text() == "version = 2\n"


@needs_git
def test_the_directories_go_when_something_fails() -> None:
    """As when it is interrupted; the repository does not know of them."""
    with pytest.raises(KeyboardInterrupt), compare.unpacked("HEAD") as sides:
        raise KeyboardInterrupt
    assert not sides.base.parent.exists()


@needs_git
@pytest.mark.parametrize("ref", ["no-such-commit", "HEAD:gnet"])
def test_a_wrong_ref_is_one_line(ref: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And exit status 2."""
    assert compare.main([ref]) == 2
    assert capsys.readouterr() == ("", f"there is no commit {ref!r}\n")


@needs_git
def test_a_commit_compares_with_itself() -> None:
    """The whole way once, on the smallest workload; a single round tells nothing."""
    command = [sys.executable, "-m", "benchmarks.compare", "HEAD", "--rounds", "1"]
    command += ["--workload", "connect-echo-close", "--workload", "emit-1"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    rows = [line.split(maxsplit=1) for line in run.stdout.splitlines()[2:]]
    assert [name for name, _ in rows] == ["connect-echo-close", "emit-1"]
    assert all(rest.endswith("6 rounds are needed to tell") for _, rest in rows)
