"""The chat of the examples: in one process, and in several that a real Redis joins."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_processes import (
    CUT_OFF,
    GOODBYE,
    IN_TOUCH,
    NOT_HEARD,
    SERVED,
    STAND_ALONE,
    Chat,
    Peer,
    chat,
)
from redis_process import redis_server
from support import GUARD_S, ROOT, fill_until_blocked

#: The chat with a bus that finds out sooner that Redis says nothing.
IMPATIENT = """
import sys
sys.path.insert(0, "examples")
import chat, chat_bus
chat_bus.RedisBus.QUIET_S = 0.1
chat.main()
"""

either_way = pytest.mark.parametrize("command", [STAND_ALONE, SERVED], ids=["script", "serve"])


# ---------------------------------------------------------------- one process


@pytest.fixture
def alone() -> Iterator[Chat]:
    """A chat of one process."""
    with chat() as one:
        yield one


def test_a_line_goes_to_everybody_in_the_room(alone: Chat) -> None:
    """To who said it, too, but not to who is elsewhere."""
    with alone.peer("ann") as ann, alone.peer("bob") as bob, alone.peer("eve") as eve:
        eve.say("/join tea")
        for peer in (ann, bob):
            peer.hears("* eve has left lobby")
        eve.hears("* eve has come into tea")
        ann.say("hello, bob", "and goodbye")
        for peer in (ann, bob):
            assert peer.hears("<ann> and goodbye") == ["<ann> hello, bob"]
        eve.say("who is here?")
        assert eve.hears("<eve> who is here?") == []


def test_lines_may_come_in_any_pieces_and_end_as_telnet_has_them(alone: Chat) -> None:
    """Several at once, one bit by bit, with a carriage return; empty ones are not said."""
    with alone.peer() as ann:
        assert ann.line() == "* what is your name?"
        for piece in (b"a", b"n", b"n\r", b"\n\n  \r\none\ntw", b"\xc3", b"\xb6\nth", b"ree\n"):
            ann.socket.sendall(piece)
        ann.hears("<ann> one")
        assert ann.hears("<ann> three") == ["<ann> twö"]


@pytest.mark.parametrize("name", ["no spaces", "x" * 21, "/join", "é"])
def test_a_wrong_name_is_asked_for_again(alone: Chat, name: str) -> None:
    """And what is a name is said."""
    with alone.peer() as peer:
        peer.say(name)
        peer.hears("* a name has up to 20 letters, digits, _ and -: what is yours?")
        peer.sign_in("ann")


def test_a_name_is_taken_until_its_owner_has_gone(alone: Chat) -> None:
    """In capitals or not."""
    with alone.peer("ann") as ann, alone.peer("bob") as bob, alone.peer() as other:
        other.say("Ann")
        other.hears("* Ann is taken: what is your name?")
        ann.say("/quit")
        assert ann.rest()[-1] == "* goodbye"
        bob.hears("* ann has left lobby")
        other.sign_in("Ann")
        bob.socket.close()
        other.hears("* bob has left lobby")
        with alone.peer("bob"):
            other.hears("* bob has come into lobby")


def test_who_is_in_no_room_hears_and_says_nothing(alone: Chat) -> None:
    """Until he joins one."""
    with alone.peer("ann") as ann, alone.peer("bob") as bob:
        ann.say("/leave")
        ann.hears("* you are in no room now")
        bob.hears("* ann has left lobby")
        bob.say("is she gone?")
        bob.hears("<bob> is she gone?")
        ann.say("hello")
        assert ann.hears("* you are in no room: /join ROOM") == []
        ann.say("/join lobby", "hello again")
        ann.hears("<ann> hello again")
        assert bob.hears("<ann> hello again") == ["* ann has come into lobby"]


@pytest.mark.parametrize("line", ["/join", "/join two words", "/join ../x", "/leaf", "/"])
def test_a_wrong_command_is_answered_with_the_right_ones(alone: Chat, line: str) -> None:
    """And is not said to the room."""
    with alone.peer("ann") as ann:
        ann.say(line, "hello")
        assert ann.hears("<ann> hello") == [
            "* /join ROOM, /leave, /quit; a room has up to 20 letters and digits"
        ]


def test_a_line_that_is_too_long_is_not_said(alone: Chat) -> None:
    """However long it is, no more is kept of it than is needed to know; the next one is said."""
    with alone.peer("ann") as ann:
        ann.say("x" * 1000, "y" * 1001, "z" * 2**20, "hello")
        too_long = "* a line may have 1000 bytes"
        assert ann.hears("<ann> hello") == [f"<ann> {'x' * 1000}", too_long, too_long]


def test_nothing_is_said_that_steers_a_terminal(alone: Chat) -> None:
    """Escapes become spaces, and what is no UTF-8 is marked."""
    with alone.peer("ann") as ann:
        ann.socket.sendall(b"a\x1b[2Jb\x07c\xff\x00d\n")
        assert ann.line() == "<ann> a [2Jb c\N{REPLACEMENT CHARACTER} d"


def test_who_does_not_read_is_reset_and_holds_up_nobody(alone: Chat) -> None:
    """Others get each line at once; what waits for him is bounded."""
    line = "x" * 1000
    with (
        alone.peer("ann") as ann,
        alone.peer("sam", receive_buffer=4096) as sam,
        alone.peer("bob") as bob,
    ):
        left = "* sam has left lobby"
        heard: list[str | None] = []
        for _ in range(1000):  # as much as no kernel holds
            ann.say(*[line] * 20)
            for peer in (ann, bob):
                heard = [peer.line() for _ in range(20)]
            if left in heard:
                break
        else:
            pytest.fail("16 MB were kept for who does not read")
        with pytest.raises(ConnectionResetError):
            sam.rest()


def test_who_talks_too_fast_is_read_more_slowly() -> None:
    """Until he cannot even send; he hears what others say all the same."""
    with chat(GNET_CHAT_PACE="3600") as slow, slow.peer("ann") as ann:
        fill_until_blocked(ann.socket, b"spam\n" * 10_000)
        with slow.peer("bob"):
            assert ann.hears("* bob has come into lobby") == []


@either_way
def test_everybody_is_told_goodbye_when_the_server_closes(command: tuple[str, ...]) -> None:
    """With a name or without one; then their connections end, and so does the process."""
    with chat(*command) as one, one.peer("ann") as ann, one.peer() as nobody:
        nobody.line()
        one.terminate()
        assert nobody.rest() == [GOODBYE]
        assert GOODBYE in ann.rest()
        said, code = one.end()
        assert ("Traceback" in said, code) == (False, 0)
        if command == SERVED:
            assert "stopped: 0 reset" in said


def test_who_lingers_can_go_on_talking_until_then() -> None:
    """Nobody new is accepted meanwhile."""
    with chat(GNET_CHAT_LINGER="3600") as one, one.peer("ann") as ann, one.peer("bob") as bob:
        one.terminate()
        for peer in (ann, bob):
            peer.hears(GOODBYE)
        with pytest.raises(ConnectionRefusedError):
            one.peer()
        ann.say("see you")
        bob.hears("<ann> see you")
        ann.say("/quit")
        bob.say("/quit")
        assert ann.rest()[-1] == bob.rest()[-1] == "* goodbye"
        assert one.end() == ("", 0)


def test_it_says_in_one_line_that_its_port_is_in_use(alone: Chat) -> None:
    """And exits with 1."""
    done = subprocess.run(
        [sys.executable, "examples/chat.py", "--port", str(alone.port)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    assert done.stderr.startswith("cannot listen: listen EADDRINUSE")
    assert (done.stderr.count("\n"), done.returncode) == (1, 1)


# ---------------------------------------------------------------- joined by Redis


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a Redis server is to listen."""
    return tmp_path / "redis.sock"


@contextlib.contextmanager
def two(path: Path, *command: str) -> Iterator[tuple[Chat, Chat]]:
    """Two processes that listen to the same Redis."""
    with (
        chat(*command, redis=f"unix://{path}") as one,
        chat(*command, redis=f"unix://{path}") as other,
    ):
        for process in (one, other):
            process.wait("listening to Redis")
        yield one, other


@contextlib.contextmanager
def both(path: Path, *command: str) -> Iterator[tuple[Chat, Chat, Peer, Peer]]:
    """A Redis server, two processes that listen to it, and a member of each."""
    with (
        redis_server(path),
        two(path, *command) as (one, other),
        one.peer("ann") as ann,
        other.peer("bob") as bob,
    ):
        ann.hears("* bob has come into lobby")
        yield one, other, ann, bob


@either_way
def test_a_room_spans_processes(path: Path, command: tuple[str, ...]) -> None:
    """All hear the same in the same order, though all talk at once."""
    with both(path, *command) as (_, _, ann, bob):
        lines = [f"{number}" for number in range(50)]
        ann.say(*lines)
        bob.say(*lines)
        heard = [[peer.line() for _ in range(100)] for peer in (ann, bob)]
        assert heard[0] == heard[1]
        for name in ("ann", "bob"):
            said = [line for line in heard[0] if line and line.startswith(f"<{name}>")]
            assert said == [f"<{name}> {line}" for line in lines]
        bob.say("/join tea")
        ann.hears("* bob has left lobby")


def test_a_name_is_taken_in_all_processes(path: Path) -> None:
    """Until its owner has gone; at a goodbye it is free before the connection has ended."""
    with both(path) as (one, other, ann, _), other.peer() as peer:
        peer.say("ANN")
        peer.hears("* ANN is taken: what is your name?")
        one.terminate()
        assert GOODBYE in ann.rest()
        peer.sign_in("ANN")
        _, code = one.end()
        assert code == 0


def test_rooms_and_names_outlive_a_restart_of_redis(path: Path) -> None:
    """Members are told, also of what nobody has heard; all goes on when it is back."""
    with contextlib.ExitStack() as stack:
        with redis_server(path):
            one, other = stack.enter_context(two(path))
            ann = stack.enter_context(one.peer("ann"))
            bob = stack.enter_context(other.peer("bob"))
            ann.hears("* bob has come into lobby")
        for peer in (ann, bob):
            peer.hears(CUT_OFF)
        new = stack.enter_context(other.peer())
        new.say("eve")
        new.hears(NOT_HEARD)
        ann.say("is anybody there?")
        assert ann.hears(NOT_HEARD) == []
        stack.enter_context(redis_server(path))
        for peer in (ann, bob):
            assert peer.hears(IN_TOUCH) == []
        ann.say("now?")
        bob.hears("<ann> now?")
        new.say("ann")
        new.hears("* ann is taken: what is your name?")
        new.sign_in("eve")
        ann.hears("* eve has come into lobby")


def test_it_starts_without_redis_and_waits_for_it(path: Path) -> None:
    """Nobody gets a name before it can be known whether it is taken."""
    with chat(redis=f"unix://{path}") as one, one.peer() as ann:
        ann.say("ann")
        ann.hears(NOT_HEARD)
        one.wait("Redis is away")
        with redis_server(path):
            one.wait("listening to Redis")
            ann.sign_in("ann")


def test_a_redis_that_says_nothing_is_away(path: Path) -> None:
    """Though its connections stand."""
    command = ("-c", IMPATIENT, *STAND_ALONE[1:])
    with (
        redis_server(path) as redis,
        two(path, *command) as (one, other),
        one.peer("ann") as ann,
        other.peer("bob") as bob,
    ):
        ann.hears("* bob has come into lobby")
        redis.send_signal(signal.SIGSTOP)
        try:
            for peer in (ann, bob):
                peer.hears(CUT_OFF)
            ann.say("hello?")
            ann.hears(NOT_HEARD)
        finally:
            redis.send_signal(signal.SIGCONT)
        for peer in (ann, bob):
            peer.hears(IN_TOUCH)
        ann.say("hello!")
        bob.hears("<ann> hello!")
