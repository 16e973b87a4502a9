"""The state machines: which moves there are, and that there are no others."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest
from support import ROOT

from gnet import states
from gnet.states import State, after

#: Every legal move: state, move, next state.
MOVES = [
    ("READ_OPEN", "eof", "READ_EOF"),
    ("READ_EOF", "end", "READ_ENDED"),
    ("WRITE_OPEN", "end", "WRITE_ENDING"),
    ("WRITE_ENDING", "flushed", "WRITE_SHUTTING"),
    ("WRITE_SHUTTING", "finish", "WRITE_FINISHED"),
    ("LIVE", "destroy", "DESTROYED"),
    ("DESTROYED", "silence", "SILENT"),
    ("SILENT", "close", "CLOSED"),
    ("UNLINKED", "connect", "CONNECTING"),
    ("CONNECTING", "connected", "LINKED"),
    ("NOT_LISTENING", "resolve", "RESOLVING"),
    ("NOT_LISTENING", "bound", "LISTENING"),
    ("NOT_LISTENING", "failed", "NOT_LISTENING"),
    ("NOT_LISTENING", "close", "NOT_LISTENING"),
    ("RESOLVING", "resolve", "RESOLVING"),
    ("RESOLVING", "bound", "LISTENING"),
    ("RESOLVING", "failed", "NOT_LISTENING"),
    ("RESOLVING", "close", "NOT_LISTENING"),
    ("LISTENING", "pause", "NOT_ACCEPTING"),
    ("LISTENING", "close", "NOT_LISTENING"),
    ("NOT_ACCEPTING", "pause", "NOT_ACCEPTING"),
    ("NOT_ACCEPTING", "resume", "LISTENING"),
    ("NOT_ACCEPTING", "close", "NOT_LISTENING"),
]
#: The machines and all their states, the first one first.
MACHINES = {
    "Flow": ["FLOW_UNSET", "FLOWING", "PAUSED"],
    "Reading": ["READING_OFF", "READING_ON", "READING_HELD"],
    "Notice": ["NOTICE_IDLE", "NOTICE_WANTED", "NOTICE_DUE"],
    "ReadSide": ["READ_OPEN", "READ_EOF", "READ_ENDED"],
    "WriteSide": ["WRITE_OPEN", "WRITE_ENDING", "WRITE_SHUTTING", "WRITE_FINISHED"],
    "Life": ["LIVE", "DESTROYED", "SILENT", "CLOSED"],
    "Link": ["UNLINKED", "CONNECTING", "LINKED"],
    "Listening": ["NOT_LISTENING", "RESOLVING", "LISTENING", "NOT_ACCEPTING"],
}
STATES = [name for names in MACHINES.values() for name in names]
ILLEGAL = sorted(
    set(itertools.product(STATES, {move for _, move, _ in MOVES}))
    - {(state, move) for state, move, _ in MOVES}
)


def state(name: str) -> State:
    """The state of that name."""
    found: State = getattr(states, name)
    return found


@pytest.mark.parametrize(("before", "move", "then"), MOVES)
def test_a_legal_move_leads_to_the_next_state(before: str, move: str, then: str) -> None:
    """Of the same machine."""
    assert after(state(before), move) is state(then)
    assert type(state(before)) is type(state(then))


def test_any_other_move_is_refused_by_name() -> None:
    """The error tells the state and the move: it is a bug of gnet's, and somebody must find it."""
    for before, move in ILLEGAL:
        with pytest.raises(AssertionError) as caught:
            after(state(before), move)
        assert repr(move) in str(caught.value)
        assert repr(state(before)) in str(caught.value)


@pytest.mark.parametrize(("machine", "names"), MACHINES.items())
def test_each_state_belongs_to_its_machine_and_shows_it(machine: str, names: list[str]) -> None:
    """In reprs and messages; no two look the same."""
    assert {type(state(name)) for name in names} == {getattr(states, machine)}
    shown = {repr(state(name)) for name in names}
    assert len(shown) == len(names)
    assert all(machine in text for text in shown)


def test_a_state_equals_only_itself() -> None:
    """An open writable side says nothing about the readable one."""
    all_states = [state(name) for name in STATES]
    assert len(set(all_states)) == len(STATES)


@pytest.mark.parametrize("machine", ["ReadSide", "WriteSide", "Life"])
def test_a_life_runs_from_the_first_state_to_the_last(machine: str) -> None:
    """Each state follows from the one before; nothing leads out of the last."""
    names = MACHINES[machine]
    moves = [(before, then) for before, _, then in MOVES if before in names]
    assert moves == list(itertools.pairwise(names))


def test_every_state_is_covered_here() -> None:
    """A new one gets its rows."""
    found = {name for name, value in vars(states).items() if isinstance(value, State)}
    assert found == set(STATES)


@pytest.mark.parametrize("module", ["states", "errors", "address"])
def test_a_pure_room_loads_without_gevent(module: str) -> None:
    """Its code needs no loop: it is loaded by its path, since the package itself has gevent."""
    program = f"""if True:
        import importlib.util, sys, types
        package = types.ModuleType('gnet')
        package.__path__ = [{str(ROOT / "gnet")!r}]
        sys.modules['gnet'] = package
        importlib.import_module('gnet.{module}')
        assert 'gevent' not in sys.modules
    """
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
