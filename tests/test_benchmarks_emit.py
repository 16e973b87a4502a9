"""What an emit costs: real emitters, for as short as it goes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import emit
from benchmarks.emit import EMITS, EMITTERS, Emitter, run_emit
from benchmarks.machine import Cores
from benchmarks.peers import UnavailableError
from benchmarks.workloads import Plan

PLAN = Plan(1, True, Cores(None, None))


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns of a few milliseconds."""
    monkeypatch.setattr(emit, "SLICE_S", 0.004)
    monkeypatch.setattr(emit, "WARM_UP_S", 0.004)


def program(folder: Path, text: str) -> Emitter:
    """An emitter that is this program."""
    path = folder / "emitter.py"
    path.write_text(text)
    return Emitter("made-up", lambda: [sys.executable, str(path)])


def test_all_emitters_are_measured() -> None:
    """In nanoseconds of CPU time, two slices in a quick round; more listeners cost more."""
    one, ten = (
        run_emit(EMITS[name], list(EMITTERS.values()), PLAN, lambda *_: None)
        for name in ("emit-1", "emit-10")
    )
    assert list(one.complete) == ["gnet", "pyee", "node"]
    for name, outcome in one.complete.items():
        assert [len(sample.slices) for sample in outcome.samples] == [2]
        assert 1 < outcome.least < ten.complete[name].least < 1_000_000


def test_an_emitter_is_told_how_many_listeners_and_for_how_long(tmp_path: Path) -> None:
    """The answer is the number of emits: here, what it was told, in thousands."""
    made = program(
        tmp_path,
        "import sys\n"
        "for line in sys.stdin: print(int(float(line) * 1e6) * int(sys.argv[1]), flush=True)",
    )
    outcome = run_emit(EMITS["emit-10"], [made], PLAN, lambda *_: None).outcomes["made-up"]
    assert [part.operations for part in outcome.slices] == [40_000, 40_000]


def test_an_emitter_that_ends_is_left_out_with_its_last_words(tmp_path: Path) -> None:
    """Be it at once or in the middle of a round; the others go on."""
    made = program(tmp_path, "input(); print(1, flush=True); input(); raise SystemExit('no more')")
    found = run_emit(EMITS["emit-1"], [made, EMITTERS["gnet"]], PLAN, lambda *_: None)
    assert found.outcomes["made-up"].problem == "missing: no more"
    assert list(found.complete) == ["gnet"]


def test_an_emitter_that_is_not_installed_says_so() -> None:
    """As its command does."""

    def command() -> list[str]:
        raise UnavailableError("no node beside the Python interpreter or on PATH")

    found = run_emit(EMITS["emit-0"], [Emitter("node", command)], PLAN, lambda *_: None)
    assert found.outcomes["node"].problem.startswith("missing: no node")


def test_progress_tells_round_and_step() -> None:
    """Each start, then the measuring."""
    told: list[tuple[int, str]] = []
    run_emit(EMITS["emit-0"], [EMITTERS["gnet"]], PLAN, lambda *step: told.append(step))
    assert told == [(1, "start and warm-up of gnet"), (1, "measuring")]
