"""``pipe``: all of it to everybody, at the pace of the slowest, and no listener left behind."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from gevent.event import Event
from hypothesis import given, settings
from hypothesis import strategies as st
from support import (
    Memory,
    Slow,
    listeners_of,
    must_call,
    must_not_call,
    passed,
    settle,
    watched,
)

from gnet.errors import system_error

Uncaught = list[tuple[Any, type[BaseException], BaseException]]

# ---------------------------------------------------------------- properties

_CHUNKS = st.lists(st.binary(min_size=1, max_size=12), max_size=12)
_DESTINATIONS = st.lists(
    st.tuples(st.lists(st.integers(0, 3), max_size=12), st.integers(1, 40)),
    min_size=1,
    max_size=3,
)


@settings(deadline=None)
@given(_CHUNKS, _DESTINATIONS, st.integers(1, 40), st.lists(st.booleans(), max_size=12))
def test_every_destination_gets_every_byte_at_its_own_pace(
    chunks: list[bytes],
    destinations: list[tuple[list[int], int]],
    mark: int,
    turns: list[bool],
) -> None:
    """Whatever the marks; none has to hold more than its mark and a chunk."""
    source = Memory(high_water_mark=mark)
    streams = [Slow(delays, high_water_mark=most) for delays, most in destinations]
    finishes = [must_call() for _ in streams]
    for stream, finish in zip(streams, finishes, strict=True):
        stream.once("finish", finish)
    before = [listeners_of(stream) for stream in streams]
    for stream in streams:
        assert source.pipe(stream) is stream
    for chunk, turn in itertools.zip_longest(chunks, turns):
        if chunk is not None:
            source.feed(chunk)
        if turn:
            settle()
    source.feed(None)
    for finish in finishes:
        finish.wait()
    settle(2)
    for stream, (_, most), had in zip(streams, destinations, before, strict=True):
        assert stream.sink == b"".join(chunks)
        assert stream.most_waiting < most + 12
        assert listeners_of(stream) == {key: n for key, n in had.items() if key != "finish"}
        stream.destroy()
    assert listeners_of(source) == {}
    assert source.closed


@settings(deadline=None)
@given(
    _CHUNKS,
    st.lists(st.sampled_from(["feed", "feed", "pipe", "unpipe", "settle"]), max_size=30),
    st.lists(st.integers(0, 3), max_size=12),
    st.integers(1, 30),
)
def test_piping_again_goes_on_where_unpiping_stopped(
    chunks: list[bytes], moves: list[str], delays: list[int], mark: int
) -> None:
    """Nothing is lost or doubled in between."""
    source, destination = Memory(), Slow(delays, high_water_mark=mark)
    finish = must_call()
    destination.on("finish", finish)
    before = listeners_of(destination)
    waiting = list(reversed(chunks))
    is_piped = False
    for move in moves:
        if move == "feed" and waiting:
            source.feed(waiting.pop())
        elif move == "pipe" and not is_piped:
            is_piped = True
            source.pipe(destination)
        elif move == "unpipe":
            is_piped = False
            source.unpipe(destination)
            assert listeners_of(source) == {}
            assert listeners_of(destination) == before
        elif move == "settle":
            settle()
    if not is_piped:
        source.pipe(destination)
    source.feed(*reversed(waiting), None)
    finish.wait()
    assert destination.sink == b"".join(chunks)
    destination.destroy()


# ---------------------------------------------------------------- joining


def test_pipe_tells_the_destination_and_returns_it() -> None:
    """'pipe' with the source, so that pipes can be chained."""
    source, destination = Memory(), Memory()
    piped = must_call()
    destination.on("pipe", piped)
    assert source.pipe(destination) is destination
    assert piped.calls == [(source,)]
    source.destroy()
    destination.destroy()


def test_end_can_be_kept_from_the_destination() -> None:
    """As an option in a mapping, or as a keyword."""
    for options, keywords in (({"end": False}, {}), (None, {"end": False})):
        source, destination = Memory().feed(b"x", None), Memory()
        destination.on("finish", must_not_call())
        source.pipe(destination, options, **keywords)
        settle(3)
        assert destination.sink == b"x"
        assert destination.writable
        assert listeners_of(destination) == {"finish": 1}
        destination.remove_all_listeners().destroy()


def test_other_values_of_end_count_as_true() -> None:
    """Only False is False, as in Node."""
    for options in ({}, {"end": None}, {"end": 0}):
        source, destination = Memory().feed(None), Memory()
        finish = must_call()
        destination.on("finish", finish)
        source.pipe(destination, options)
        finish.wait()
        destination.destroy()


def test_a_source_that_has_ended_ends_the_destination_later() -> None:
    """Or is unpiped, if it shall not."""
    source = Memory(allow_half_open=True).resume().feed(None)
    settle()
    first, second = Memory(), Memory()
    finish, unpiped = must_call(), must_call()
    source.pipe(first.on("finish", finish))
    source.pipe(second.on("unpipe", unpiped), end=False)
    assert finish.calls == unpiped.calls == []
    finish.wait()
    unpiped.wait()
    settle()
    for stream in (source, first, second):
        stream.destroy()


def test_a_full_destination_keeps_the_source_from_beginning() -> None:
    """Until it drains."""
    source, destination = Memory().feed(b"more"), Memory(high_water_mark=1)
    destination.holds = True
    destination.write(b"full, ")
    source.pipe(destination)
    settle()
    assert source.is_paused()
    assert destination.writable_length == 6
    destination.holds = False
    destination.release()
    settle(2)
    assert destination.sink == b"full, more"
    source.destroy()
    destination.destroy()


def test_the_slowest_of_several_destinations_counts() -> None:
    """One drain of two is not enough."""
    source = Memory(high_water_mark=1)
    slow = [Memory(high_water_mark=1) for _ in range(2)]
    for stream in slow:
        stream.holds = True
        source.pipe(stream)
    source.feed(b"1")
    settle()
    source.feed(b"2")
    slow[0].release()
    settle(2)
    assert source.is_paused()
    assert [bytes(stream.sink) for stream in slow] == [b"1", b""]
    slow[1].release()
    settle(2)
    assert [stream.held for stream in slow] == [[b"2"], [b"2"]]
    for stream in (source, *slow):
        stream.destroy()


def test_a_slow_destination_that_is_unpiped_is_not_waited_for() -> None:
    """The others go on."""
    source = Memory(high_water_mark=1)
    slow, quick = Memory(high_water_mark=1), Memory()
    slow.holds = True
    source.pipe(slow)
    source.pipe(quick)
    source.feed(b"1")
    settle()
    source.feed(b"2")
    settle()
    assert quick.sink == b"1"
    source.unpipe(slow)
    settle(2)
    assert quick.sink == b"12"
    for stream in (source, slow, quick):
        stream.destroy()


def test_a_slow_destination_that_dies_is_not_waited_for() -> None:
    """Nor does it take the others with it."""
    source = Memory(high_water_mark=1)
    slow, quick = Memory(high_water_mark=1), Memory()
    slow.holds = True
    source.pipe(slow)
    source.pipe(quick)
    source.feed(b"1")
    settle()
    slow.destroy()
    source.feed(b"2")
    settle(2)
    assert quick.sink == b"12"
    assert listeners_of(slow) == {}
    source.destroy()
    quick.destroy()


def test_the_same_destination_twice_gets_everything_twice() -> None:
    """And one unpipe undoes one of the two."""
    source, destination = Memory(), Memory()
    source.pipe(destination)
    source.pipe(destination)
    source.feed(b"1")
    settle()
    assert destination.sink == b"11"
    source.unpipe(destination)
    source.feed(b"2")
    settle(2)
    assert destination.sink == b"112"
    source.unpipe(destination)
    assert listeners_of(source) == listeners_of(destination) == {}
    source.destroy()
    destination.destroy()


def test_the_same_slow_destination_twice_drains_once() -> None:
    """Nothing is lost then."""
    source, destination = Memory(), Memory(high_water_mark=1)
    destination.holds = True
    source.pipe(destination)
    source.pipe(destination)
    source.feed(b"1", b"2")
    settle()
    while destination.held is not None:
        destination.release()
        settle(2)
    assert destination.sink == b"1122"
    source.destroy()
    destination.destroy()


def test_a_source_without_listeners_for_data_is_not_resumed_by_a_drain() -> None:
    """What would come would be dropped."""
    source, destination = Memory(high_water_mark=1), Memory(high_water_mark=1)
    destination.holds = True
    source.pipe(destination)
    source.feed(b"1")
    settle()
    source.remove_all_listeners("data")
    destination.release()
    settle(2)
    assert source.is_paused()
    source.destroy()
    destination.destroy()


# ---------------------------------------------------------------- parting


def test_unpipe_leaves_no_listener_and_pauses_the_source() -> None:
    """The destination hears of it."""
    source, destination = Memory(), Memory()
    own = watched(destination, "unpipe")
    before = listeners_of(source), listeners_of(destination)
    source.pipe(destination)
    assert listeners_of(source) == {"end": 1, "data": 1}
    assert source.unpipe(destination) is source
    assert (listeners_of(source), listeners_of(destination)) == before
    assert source.is_paused()
    assert [event[:2] for event in own] == [("unpipe", source)]
    source.destroy()
    destination.destroy()


def test_unpipe_without_a_destination_undoes_all() -> None:
    """Each is told."""
    source, destinations = Memory(), [Memory(), Memory()]
    unpiped = must_call(times=2)
    for destination in destinations:
        source.pipe(destination.once("unpipe", unpiped))
    source.unpipe()
    assert listeners_of(source) == {}
    assert [listeners_of(destination) for destination in destinations] == [{}, {}]
    source.feed(b"x")
    settle()
    assert [bytes(destination.sink) for destination in destinations] == [b"", b""]
    for stream in (source, *destinations):
        stream.destroy()


def test_unpipe_of_a_stranger_changes_nothing() -> None:
    """Nor does a made-up 'unpipe'."""
    source, destination, stranger = Memory(), Memory(), Memory()
    stranger.on("unpipe", must_not_call())
    source.pipe(destination)
    before = listeners_of(source), listeners_of(destination)
    source.unpipe(stranger)
    destination.emit("unpipe", stranger, {"hasUnpiped": False})
    destination.emit("unpipe", source)
    destination.emit("unpipe", source, {"hasUnpiped": True})
    assert (listeners_of(source), listeners_of(destination)) == before
    source.feed(b"x")
    settle()
    assert destination.sink == b"x"
    for stream in (source, destination, stranger):
        stream.remove_all_listeners().destroy()


@pytest.mark.parametrize("how", ["destroy", "end", "finish"])
def test_a_destination_that_is_over_is_unpiped(how: str) -> None:
    """The source pauses, and lives on."""
    source, destination = Memory(), Memory(allow_half_open=True)
    source.pipe(destination)
    destination.destroy() if how == "destroy" else destination.end()
    settle(2)
    assert listeners_of(source) == listeners_of(destination) == {}
    assert source.is_paused()
    assert not source.destroyed
    source.destroy()
    destination.destroy()


def test_a_source_that_dies_leaves_the_destination_open() -> None:
    """As in Node, with the pipe's listeners on it; `gnet.pipeline` sees to both."""
    source, destination = Memory(), Memory()
    source.pipe(destination)
    source.destroy()
    settle()
    assert destination.writable
    destination.end(b"by somebody else")
    settle(2)
    assert listeners_of(source) == listeners_of(destination) == {}
    destination.destroy()


# ---------------------------------------------------------------- errors


def test_an_error_of_the_destination_that_nobody_hears_is_reported_once(
    uncaught: Uncaught,
) -> None:
    """Though the pipe listened; the source lives on, paused."""
    source, destination = Memory(), Memory()
    source.pipe(destination)
    error = OSError("broken")
    destination.destroy(error)
    settle(2)
    assert [(context, value) for context, _, value in uncaught] == [(destination, error)]
    assert not source.destroyed
    assert source.is_paused()
    assert listeners_of(source) == listeners_of(destination) == {}
    source.destroy()


def test_what_the_network_did_is_reported_in_one_line(uncaught: Uncaught) -> None:
    """No traceback of gnet's own."""
    source, destination = Memory().feed(b"x"), Memory()
    destination.failure = system_error(104, "write")
    source.pipe(destination)
    settle(3)
    [(context, kind, value)] = uncaught
    assert (context, value) == (destination, destination.failure)
    assert kind is type(value)
    assert value.__traceback__ is None
    source.destroy()


def test_an_error_of_the_destination_that_somebody_hears_is_theirs() -> None:
    """Once, and after the pipe has let go."""
    source, destination = Memory(), Memory()
    heard = must_call(lambda _: listeners.append(listeners_of(source)))
    listeners: list[Any] = []
    destination.on("error", heard)
    source.pipe(destination)
    error = OSError("broken")
    destination.destroy(error)
    settle(2)
    assert heard.calls == [(error,)]
    assert listeners == [{}]
    source.destroy()


def test_a_made_up_error_that_nobody_hears_destroys_the_destination(uncaught: Uncaught) -> None:
    """A stream's 'error' without a listener must not pass in silence."""
    source, destination = Memory(), Memory()
    source.pipe(destination)
    error = OSError("made up")
    destination.emit("error", error)
    settle(2)
    assert destination.errored is error
    assert [value for *_, value in uncaught] == [error]
    source.destroy()


def test_an_error_of_the_source_is_not_the_destination_s(uncaught: Uncaught) -> None:
    """It is reported for the source."""
    source, destination = Memory(), Memory()
    source.pipe(destination)
    error = OSError("broken")
    source.destroy(error)
    settle(2)
    assert [(context, value) for context, _, value in uncaught] == [(source, error)]
    assert destination.writable
    destination.destroy()


def test_a_destination_that_refuses_a_chunk_is_destroyed() -> None:
    """The source's greenlet is not."""
    source, destination = Memory(encoding="utf8").feed(b"x"), Refusing()
    heard = must_call()
    destination.on("error", heard)
    source.pipe(destination)
    [(error,)] = heard.wait()
    assert isinstance(error, TypeError)
    assert not source.destroyed
    source.destroy()
    settle()


def test_a_pipe_that_is_cut_by_a_write_does_not_stall_the_others() -> None:
    """The write says that it is full, but nobody waits for it any more."""
    source, other = Memory(), Memory()
    cutting = Cutting(source)
    source.pipe(cutting)
    source.pipe(other)
    source.feed(b"1", b"2")
    settle(2)
    assert other.sink == b"12"
    for stream in (source, cutting, other):
        stream.destroy()


class Cutting(Memory):
    """A stream that has itself unpiped by its first chunk, and says that it is full."""

    def __init__(self, source: Memory) -> None:
        super().__init__()
        self._source = source

    def write(self, *args: Any) -> bool:
        """Unpipe it."""
        self._source.unpipe(self)
        return False


class Refusing(Memory):
    """A stream that takes nothing."""

    def write(self, *args: Any) -> bool:
        """Refuse it."""
        raise TypeError(f"not {args!r}")


# ---------------------------------------------------------------- blocking


def test_a_data_listener_that_blocks_holds_back_its_own_source_only() -> None:
    """Another pipe into the same destination goes on."""
    gate, entered = Event(), Event()
    held, free, destination = Memory(), Memory(), Memory()

    def block(_: object) -> None:
        entered.set()
        gate.wait()

    held.on("data", block)
    held.pipe(destination, end=False)
    free.pipe(destination, end=False)
    held.feed(b"1")
    passed(entered)
    held.feed(b"2")
    free.feed(b"a")
    settle(2)
    assert destination.sink == b"a"
    gate.set()
    settle(2)
    assert destination.sink == b"a12"
    for stream in (held, free, destination):
        stream.destroy()


def test_a_pipe_from_a_stream_to_itself_echoes() -> None:
    """Until its end, which ends it."""
    stream = Memory(allow_half_open=True).feed(b"1", b"2", None)
    assert stream.pipe(stream) is stream
    settle(3)
    assert stream.sink == b"12"
    assert stream.closed
