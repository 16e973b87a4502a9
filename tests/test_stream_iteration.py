"""Loops over a stream: every byte once, and nothing left when they are left, killed, timed out."""

from __future__ import annotations

import itertools
from typing import Any

import gevent
import pytest
from gevent.event import Event
from hypothesis import given, settings
from hypothesis import strategies as st
from support import (
    Attempt,
    Memory,
    guarded,
    in_thread,
    listeners_of,
    must_call,
    must_not_call,
    passed,
    run_in_hub,
    settle,
)

import gnet
from gnet import AbortError

Uncaught = list[tuple[Any, type[BaseException], BaseException]]


def code(error: object) -> Any:
    """The code of an error, which it must be."""
    assert isinstance(error, BaseException), error
    return getattr(error, "code", None)


# ---------------------------------------------------------------- properties

_CHUNKS = st.lists(st.binary(min_size=1, max_size=12), max_size=12)


@settings(deadline=None)
@given(
    _CHUNKS,
    st.lists(st.sampled_from(["feed", "feed", "loop", "settle"]), max_size=30),
    st.lists(st.integers(1, 3), max_size=6),
    st.integers(1, 40),
)
def test_loops_one_after_the_other_get_every_byte_once(
    chunks: list[bytes], moves: list[str], steps: list[int], mark: int
) -> None:
    """Each takes a few chunks and leaves the stream alive; the last takes the rest."""
    stream = Memory(high_water_mark=mark)
    ended = must_call()
    stream.on("end", ended)
    before = listeners_of(stream)
    waiting = list(reversed(chunks))
    got = bytearray()

    def loop(most: int) -> None:
        for chunk in itertools.islice(stream.iterator(destroy_on_return=False), most):
            assert chunk
            got.extend(chunk)

    loops: list[Attempt] = []
    for move in moves:
        if move == "feed" and waiting:
            stream.feed(waiting.pop())
        elif move == "settle":
            settle()
        elif move == "loop" and steps and not (loops and loops[-1].is_waiting):
            loops.append(Attempt(loop, steps.pop()))
    if loops and loops[-1].is_waiting:
        settle(2)
        loops[-1].kill()
    assert listeners_of(stream) == before
    stream.feed(*reversed(waiting), None)
    last = Attempt(lambda: got.extend(b"".join(stream)))
    assert last.outcome() is None
    assert got == b"".join(chunks)
    ended.wait()
    settle(2)
    assert stream.closed


# ---------------------------------------------------------------- steps


def test_each_step_gives_all_that_is_buffered() -> None:
    """In one piece."""
    stream = Memory()
    stream._read_more()
    stream.feed(b"1", b"2")
    settle()
    steps = iter(stream)
    with guarded("a step"):
        assert next(steps) == b"12"
    stream.destroy()
    with guarded("the last step"), pytest.raises(gnet.GnetError) as caught:
        next(steps)
    assert code(caught.value) == "ERR_STREAM_PREMATURE_CLOSE"


def test_text_comes_as_text() -> None:
    """After ``set_encoding``."""
    stream = Memory(encoding="utf8").feed("é".encode(), None)
    with guarded("the loop"):
        assert list(stream) == ["é"]


def test_a_loop_raises_what_the_stream_died_of() -> None:
    """Nobody else hears it."""
    stream = Memory()
    error = OSError("broken")
    attempt = Attempt(list, stream)
    settle()
    stream.destroy(error)
    assert attempt.outcome() is error
    settle()


def test_what_is_buffered_when_the_stream_dies_is_lost() -> None:
    """As in Node."""
    stream = Memory()
    steps = iter(stream)
    stream.feed(b"1")
    with guarded("a step"):
        next(steps)
    stream.feed(b"2")
    settle()
    error = OSError("broken")
    stream.destroy(error)
    with guarded("a step"), pytest.raises(OSError, match="broken") as caught:
        next(steps)
    assert caught.value is error


def test_a_loop_that_blocks_keeps_the_next_chunk_waiting() -> None:
    """The buffer fills up to its mark, and the source stops."""
    stream = Memory(high_water_mark=2)
    gate, entered = Event(), Event()

    def read() -> bytes:
        got = b""
        for chunk in stream:
            got += chunk
            entered.set()
            gate.wait()
        return got

    attempt = Attempt(read)
    settle()
    stream.feed(b"1")
    passed(entered)
    stream.feed(b"2", b"3", b"4", b"5", None)
    settle(2)
    assert stream.readable_length == 2
    assert list(stream.source) == [b"4", b"5", None]
    gate.set()
    assert attempt.outcome() == b"12345"


def test_two_loops_at_once_share_the_chunks() -> None:
    """Whoever is awake first takes; none is lost and both end."""
    stream = Memory()
    attempts = [Attempt(list, stream) for _ in range(2)]
    settle(2)
    for number in range(4):
        stream.feed(b"%d" % number)
        settle(2)
    stream.feed(None)
    got = [chunk for attempt in attempts for chunk in attempt.outcome()]
    assert sorted(got) == [b"0", b"1", b"2", b"3"]


# ---------------------------------------------------------------- leaving


def test_leaving_a_loop_destroys_the_stream_unless_it_shall_not() -> None:
    """By the option ``destroyOnReturn``, or the keyword."""
    for options, keywords, lives in (
        (None, {}, False),
        ({}, {}, False),
        ({"destroyOnReturn": True}, {}, False),
        ({"destroyOnReturn": False}, {}, True),
        (None, {"destroy_on_return": False}, True),
    ):
        stream = Memory().feed(b"x")
        before = listeners_of(stream)
        with guarded("a step"):
            for _ in stream.iterator(options, **keywords):
                break
        assert stream.destroyed is not lives
        assert not lives or listeners_of(stream) == before
        assert lives or isinstance(stream.errored, AbortError)
        stream.destroy()
        settle()


def test_a_loop_that_reaches_the_end_destroys_the_stream_unless_it_shall_not() -> None:
    """Half-open streams can be written to then."""
    for lives in (False, True):
        stream = Memory(allow_half_open=True).feed(b"x", None)
        with guarded("the loop"):
            assert list(stream.iterator(destroy_on_return=not lives)) == [b"x"]
        settle(3)
        # A half-open stream that can still be written to is left to its writer.
        assert stream.writable
        stream.end()
        settle(2)
        assert stream.closed


def test_a_loop_without_half_open_leaves_a_closed_stream() -> None:
    """When what was written is out."""
    stream = Memory().feed(b"x", None)
    stream.holds = True
    stream.write(b"answer")
    finish = must_call()
    stream.on("finish", finish)
    with guarded("the loop"):
        assert list(stream) == [b"x"]
    settle(3)
    assert not stream.destroyed
    stream.release()
    finish.wait()
    settle()
    assert stream.closed
    assert stream.sink == b"answer"


@pytest.mark.parametrize("reason", [gevent.GreenletExit, gevent.Timeout(1)])
@pytest.mark.parametrize("lives", [False, True])
def test_who_stops_waiting_leaves_the_loop(reason: Any, lives: bool, uncaught: Uncaught) -> None:
    """Which destroys the stream or not; what arrives then wakes nobody."""
    stream = Memory()
    before = listeners_of(stream)
    attempt = Attempt(lambda: list(stream.iterator(destroy_on_return=not lives)))
    settle()
    assert stream.listener_count("readable") == 1
    outcome = attempt.kill(reason)
    assert outcome is reason or isinstance(outcome, gevent.GreenletExit)
    assert stream.destroyed is not lives
    if lives:
        assert listeners_of(stream) == before
        stream.feed(b"later")
        settle(2)
        assert stream.read() == b"later"
    settle(2)
    assert uncaught == []
    stream.destroy()


def test_an_iterator_that_is_never_used_leaves_nothing() -> None:
    """It begins with its first step."""
    stream = Memory()
    before = listeners_of(stream)
    steps = iter(stream)
    assert listeners_of(stream) == before
    del steps
    assert not stream.destroyed
    stream.destroy()


def test_what_a_data_listener_raises_ends_the_loop() -> None:
    """It is called by the loop's own ``read``; the stream goes, too."""
    stream = Memory()
    error = KeyError("mine")

    def on_data(_: bytes) -> None:
        raise error

    steps = stream.iterator(destroy_on_return=False)
    attempt = Attempt(next, steps)
    settle()
    stream.on("data", on_data)
    stream.feed(b"x")
    assert attempt.outcome() is error
    assert isinstance(stream.errored, AbortError)
    settle()


# ---------------------------------------------------------------- where it cannot wait


@pytest.mark.parametrize("event", ["data", "readable", "end"])
def test_a_listener_of_the_read_lane_cannot_begin_a_loop(event: str) -> None:
    """``ERR_READ_LANE_WAIT``."""
    stream = Memory(allow_half_open=True)
    codes: list[Any] = []

    def listener(*_: object) -> None:
        with pytest.raises(gnet.GnetError) as caught:
            iter(stream)
        codes.append(code(caught.value))

    stream.once(event, listener)
    stream.feed(b"x", None)
    if event == "end":
        stream.resume()
    settle(2)
    assert codes == ["ERR_READ_LANE_WAIT"]
    stream.destroy()


def test_a_listener_of_the_read_lane_cannot_go_on_with_a_loop() -> None:
    """One that was begun elsewhere."""
    stream = Memory()
    stream.on("error", lambda _: None)
    steps = iter(stream)
    stream.feed(b"1")
    with guarded("a step"):
        next(steps)
    codes: list[Any] = []

    def listener() -> None:
        stream.read()
        with pytest.raises(gnet.GnetError) as caught:
            next(steps)
        codes.append(code(caught.value))

    stream.once("readable", listener)
    stream.feed(b"2")
    settle(2)
    assert codes == ["ERR_READ_LANE_WAIT"]
    settle()


def test_the_hub_can_neither_begin_a_loop_nor_go_on() -> None:
    """``ERR_HUB_CANNOT_WAIT``."""
    stream = Memory()
    steps = iter(stream)
    for function in (lambda: iter(stream), lambda: next(steps)):
        with pytest.raises(gnet.GnetError) as caught:
            run_in_hub(function)
        assert code(caught.value) == "ERR_HUB_CANNOT_WAIT"
    settle()
    assert stream.destroyed


def test_another_thread_cannot_loop() -> None:
    """``ERR_FOREIGN_THREAD``."""
    stream = Memory()
    with pytest.raises(gnet.GnetError) as caught:
        in_thread(lambda: iter(stream))
    assert code(caught.value) == "ERR_FOREIGN_THREAD"
    stream.destroy()


@pytest.mark.parametrize("options", [1, "text", []])
def test_options_must_be_a_mapping(options: Any) -> None:
    """``ERR_INVALID_ARG_TYPE``."""
    stream = Memory()
    stream.on("error", must_not_call())
    with pytest.raises(TypeError) as caught:
        stream.iterator(options)
    assert code(caught.value) == "ERR_INVALID_ARG_TYPE"
    stream.destroy()
