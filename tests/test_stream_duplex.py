"""Readable, Writable, Duplex and their end, over memory: no kernel, no time, every order.

`support.Memory` has a list of chunks as its source and another as its sink; the test says when the
sink takes what was written. So each state can be reached on purpose.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from gevent.event import Event
from hypothesis import given, settings
from hypothesis import strategies as st
from support import (
    Memory,
    guarded,
    must_call,
    must_not_call,
    passed,
    run_in_hub,
    settle,
    watched,
)

import gnet
from gnet import AbortError, GnetError
from gnet.stream.duplex import Duplex

Uncaught = list[tuple[Any, type[BaseException], BaseException]]


# ---------------------------------------------------------------- reading: properties

_CHUNKS = st.lists(st.binary(min_size=1, max_size=12), max_size=12)
_MOVES = st.lists(
    st.sampled_from(["feed", "feed", "pause", "resume", "settle", "listen"]), max_size=30
)


@settings(deadline=None)
@given(_CHUNKS, _MOVES)
def test_whatever_is_paused_and_resumed_all_bytes_come_in_order(
    chunks: list[bytes], moves: list[str]
) -> None:
    """Nothing is lost, doubled or reordered, and 'end' and 'close' come once, after all of it."""
    stream = Memory()
    seen = watched(stream, "end", "close")
    got = bytearray()
    stream.pause()
    stream.on("data", got.extend)
    waiting = deque(chunks)
    for move in moves:
        if move == "feed" and waiting:
            stream.feed(waiting.popleft())
        elif move == "settle":
            settle()
        elif move in ("pause", "resume"):
            getattr(stream, move)()
        assert stream.readable_length < 16 + 12 + 12
    stream.feed(*waiting, None).resume()
    settle()
    settle()
    assert got == b"".join(chunks)
    assert seen == [("end",), ("close", False)]


@settings(deadline=None)
@given(_CHUNKS, _MOVES, st.integers(0, 12))
def test_an_encoding_set_on_the_way_loses_nothing(
    chunks: list[bytes], moves: list[str], position: int
) -> None:
    """Bytes come before, text after; together they are what arrived."""
    stream = Memory()
    got: list[Any] = []
    stream.pause()
    stream.on("data", got.append)
    waiting = deque(chunks)
    for number, move in enumerate(moves):
        if number == position:
            stream.set_encoding("latin1")
        if move == "feed" and waiting:
            stream.feed(waiting.popleft())
        elif move == "settle":
            settle()
        elif move in ("pause", "resume"):
            getattr(stream, move)()
    stream.feed(*waiting, None).resume()
    settle()
    kinds = [type(chunk) for chunk, _ in itertools.groupby(got, type)] if got else []
    assert len(kinds) <= 2
    together = b"".join(c if isinstance(c, bytes) else c.encode("latin-1") for c in got)
    assert together == b"".join(chunks)
    stream.destroy()


@settings(deadline=None)
@given(st.text(min_size=1), st.lists(st.integers(0, 50), max_size=6), _MOVES)
def test_text_comes_whole_however_it_is_cut_and_paused(
    text: str, cuts: list[int], moves: list[str]
) -> None:
    """No character is ever split between two chunks."""
    data = text.encode()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    waiting = deque(data[a:b] for a, b in itertools.pairwise(edges) if a < b)
    stream = Memory(encoding="utf8")
    got: list[str] = []
    stream.on("data", got.append)
    for move in moves:
        if move == "feed" and waiting:
            stream.feed(waiting.popleft())
        elif move == "settle":
            settle()
        elif move in ("pause", "resume"):
            getattr(stream, move)()
    stream.feed(*waiting, None).resume()
    settle()
    assert "".join(got) == text
    stream.destroy()


@settings(deadline=None)
@given(_CHUNKS, st.lists(st.booleans(), max_size=20))
def test_a_loop_gets_the_same_bytes_as_a_listener(chunks: list[bytes], turns: list[bool]) -> None:
    """Whether data comes before it asks or after."""
    stream = Memory()
    got = bytearray()

    def read() -> None:
        for chunk in stream:
            assert chunk
            got.extend(chunk)

    reader = gevent.spawn(read)
    for chunk, turn in itertools.zip_longest(chunks, turns):
        if chunk is not None:
            stream.feed(chunk)
        if turn:
            settle()
    stream.feed(None)
    with guarded("the loop"):
        reader.get()
    assert got == b"".join(chunks)


# ---------------------------------------------------------------- reading


def test_a_full_buffer_stops_the_source() -> None:
    """At the water mark, and reading goes on when there is room."""
    stream = Memory(high_water_mark=4)
    stream.pause()
    stream.feed(b"12", b"34", b"56")
    stream._read_more()
    settle()
    assert stream.readable_length == 4
    assert list(stream.source) == [b"56"]
    got: list[bytes] = []
    stream.on("data", got.append)
    stream.resume()
    settle()
    assert got == [b"12", b"34", b"56"]
    stream.destroy()


def test_pause_in_a_data_listener_keeps_back_the_next_chunk() -> None:
    """That one is buffered, not delivered."""
    stream = Memory()
    got: list[bytes] = []

    def on_data(chunk: bytes) -> None:
        got.append(chunk)
        stream.pause()

    stream.on("data", on_data)
    stream.feed(b"1", b"2", b"3")
    for expected in ([b"1"], [b"1", b"2"], [b"1", b"2", b"3"]):
        settle()
        assert got == expected
        stream.resume()
    stream.destroy()


def test_data_without_a_listener_is_dropped_when_flowing() -> None:
    """``resume`` says that nobody wants it."""
    stream = Memory().resume()
    ended = must_call()
    stream.on("end", ended)
    stream.feed(b"nobody", b"wants this", None)
    ended.wait()
    assert stream.readable_length == 0


def test_a_listener_that_comes_late_gets_what_was_buffered() -> None:
    """Until somebody asks for it, data waits."""
    stream = Memory()
    stream._read_more()
    stream.feed(b"early")
    settle()
    got = must_call()
    stream.on("data", got)
    assert got.wait() == [(b"early",)]
    stream.destroy()


def test_removing_the_data_listener_does_not_pause() -> None:
    """As in Node: what comes then is lost."""
    stream = Memory()
    listener = must_call()
    stream.on("data", listener)
    stream.feed(b"1")
    listener.wait()
    stream.off("data", listener)
    stream.feed(b"2")
    settle()
    assert stream.readable_length == 0
    stream.destroy()


@pytest.mark.parametrize("encoding", ["utf8", "utf16le", "hex", "base64", "latin1"])
def test_a_second_encoding_leaves_text_that_is_buffered_as_it_is(encoding: str) -> None:
    """Node's decoders pass on what is text already."""
    stream = Memory()
    stream._read_more()
    stream.feed(b"abc")
    settle()
    stream.set_encoding("utf8")
    stream.set_encoding(encoding)
    assert stream.readable_length == 3
    got = must_call()
    stream.on("data", got)
    assert got.wait() == [("abc",)]
    stream.destroy()


def test_an_unknown_encoding_changes_nothing() -> None:
    """Bytes go on coming."""
    stream = Memory()
    with pytest.raises(TypeError, match="klingon"):
        stream.set_encoding("klingon")
    assert stream.readable_encoding is None
    got = must_call()
    stream.on("data", got)
    stream.feed(b"x")
    assert got.wait() == [(b"x",)]
    stream.destroy()


def test_a_character_cut_off_by_the_end_comes_before_it() -> None:
    """As U+FFFD."""
    stream = Memory(encoding="utf8")
    seen = watched(stream, "data", "end")
    stream.feed(b"a\xe2\x82", None)
    settle()
    settle()
    assert seen == [("data", "a"), ("data", "\ufffd"), ("end",)]


def test_a_blocking_data_listener_serves_one_chunk_at_a_time() -> None:
    """Whatever arrives meanwhile waits its turn."""
    stream = Memory(high_water_mark=1000)
    gate, entered = Event(), Event()
    order: list[str] = []

    def on_data(chunk: bytes) -> None:
        order.append(f"in {chunk.decode()}")
        entered.set()
        gate.wait()
        order.append(f"out {chunk.decode()}")

    stream.on("data", on_data)
    stream.feed(b"1", b"2")
    passed(entered)
    stream.feed(b"3", None)
    settle()
    assert order == ["in 1"]
    gate.set()
    settle()
    settle()
    assert order == ["in 1", "out 1", "in 2", "out 2", "in 3", "out 3"]


# ---------------------------------------------------------------- writing: properties

_WRITES = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.one_of(st.binary(max_size=20), st.text(max_size=12))),
        st.tuples(
            st.sampled_from(["hold", "flow", "release", "settle", "cork", "uncork"]), st.none()
        ),
    ),
    max_size=25,
)
_ENDINGS = st.sampled_from(["end", "destroy", "destroy with an error", "fail", "write after end"])


def as_bytes(chunk: bytes | str) -> bytes:
    """What goes out for it."""
    return chunk if isinstance(chunk, bytes) else chunk.encode()


@settings(deadline=None, max_examples=200)
@given(_WRITES, _ENDINGS, st.booleans())
def test_every_write_is_called_back_once_and_in_order(
    moves: list[tuple[str, Any]], ending: str, waits: bool
) -> None:
    """However the sink takes it, and however the stream ends."""
    stream = Memory()
    stream.on("error", lambda _: None)
    closes = watched(stream, "close", "finish")
    told: list[tuple[int, Any]] = []
    chunks: list[bytes] = []
    owed, refused = [0], 0

    def drained() -> None:
        owed[0] -= 1
        assert stream.writable_length == 0
        assert owed[0] >= 0, "'drain' without a write that returned False"

    stream.on("drain", drained)
    for move, chunk in moves:
        if move == "write":
            number = len(chunks)
            chunks.append(as_bytes(chunk))
            before = stream.writable_need_drain

            def tell(error: BaseException | None, number: int = number) -> None:
                told.append((number, error))

            if not stream.write(chunk, None, tell):
                refused += 1
                owed[0] += not before
        elif move == "settle":
            settle()
        elif move in ("release", "cork", "uncork"):
            getattr(stream, move)()
        else:
            stream.holds = move == "hold"
    error = RuntimeError("enough")
    match ending:
        case "end":
            stream.end()
        case "destroy":
            stream.destroy()
        case "destroy with an error":
            stream.destroy(error)
        case "fail":
            stream.release(error)
            stream.destroy(error)
        case _:
            stream.end()
            stream.write("too late")
    if waits:
        settle()
    stream.holds = False
    while stream.held is not None:
        stream.release()
        settle()
    settle()
    stream.destroy()
    settle()
    settle()
    # As in Node, those behind a cork can hear of a destroy() before those whose chunk is out.
    done = [number for number, outcome in told if outcome is None]
    failed = [number for number, outcome in told if outcome is not None]
    assert [*done, *failed] == list(range(len(chunks)))
    assert bytes(stream.sink) == b"".join(chunks[: len(done)])
    assert [name for name, *_ in closes].count("close") == 1
    assert closes[-1][0] == "close"
    assert [name for name, *_ in closes].count("finish") == (ending == "end")
    if ending == "end":
        assert len(done) == len(chunks)
    assert stream.writable_length == 0


@settings(deadline=None)
@given(_WRITES)
def test_drain_comes_after_false_and_only_then(moves: list[tuple[str, Any]]) -> None:
    """A writer that waits for it never waits in vain, and is never woken for nothing."""
    stream = Memory()
    drains = watched(stream, "drain")
    owed = 0
    for move, chunk in moves:
        if move == "write":
            needed = stream.writable_need_drain
            taken = stream.write(chunk)
            # Under the mark it may still say False, if another write has to drain first.
            assert taken == (stream.writable_length < 16 or not stream.writable_length) or needed
            owed += stream.writable_need_drain and not needed
        elif move == "settle":
            settle()
        elif move in ("release", "cork", "uncork"):
            getattr(stream, move)()
        else:
            stream.holds = move == "hold"
    stream.holds = False
    while stream.writable_corked:
        stream.uncork()
    while stream.held is not None:
        stream.release()
        settle()
    settle()
    assert not stream.writable_need_drain
    assert len(drains) <= owed
    assert bool(drains) == bool(owed)
    stream.destroy()


# ---------------------------------------------------------------- writing


def test_what_is_written_while_corked_goes_out_in_one_go() -> None:
    """After as many ``uncork`` as ``cork``; one more changes nothing."""
    stream = Memory()
    told: list[int] = []
    stream.uncork()
    stream.cork()
    stream.cork()
    stream.write(b"1", None, lambda _: told.append(1))
    stream.write(b"2", None, lambda _: told.append(2))
    stream.uncork()
    assert stream.sink == b""
    assert (stream.writable_corked, stream.writable_length) == (1, 2)
    stream.holds = True
    stream.uncork()
    assert stream.held == [b"1", b"2"]
    assert told == []
    stream.release()
    settle()
    assert told == [1, 2]
    stream.destroy()


def test_uncork_waits_for_what_is_under_way() -> None:
    """The corked chunks follow it."""
    stream = Memory()
    stream.holds = True
    stream.write(b"1")
    stream.cork()
    stream.write(b"2")
    stream.uncork()
    assert stream.held == [b"1"]
    stream.release()
    settle()
    assert stream.held == [b"2"]
    stream.destroy()


def test_end_undoes_every_cork() -> None:
    """In one call."""
    stream = Memory()
    stream.cork()
    stream.cork()
    stream.write(b"1")
    finish = must_call()
    stream.end(b"2", finish)
    assert stream.sink == b"12"
    assert stream.writable_corked == 0
    finish.wait()
    stream.destroy()


def test_a_default_encoding_is_for_text_written_without_one() -> None:
    """Bytes, and text with an encoding of its own, stay as they are."""
    stream = Memory()
    assert stream.set_default_encoding("latin1") is stream
    stream.write("é")
    stream.write("é", "utf8")
    stream.write("e9", "hex")
    stream.write(b"\x00", "hex")
    assert stream.sink == b"\xe9\xc3\xa9\xe9\x00"
    for call in (stream.set_default_encoding, lambda name: stream.write("x", name)):
        with pytest.raises(TypeError) as caught:
            call("klingon")
        assert getattr(caught.value, "code", None) == "ERR_UNKNOWN_ENCODING"
    stream.destroy()


def test_end_waits_for_what_is_queued() -> None:
    """'finish' says that all of it is out."""
    stream = Memory()
    stream.holds = True
    finish = must_call()
    stream.on("finish", finish)
    stream.write("one ")
    stream.write("two ")
    stream.end("three")
    settle()
    assert finish.calls == []
    assert not stream.has_ended
    stream.release()
    settle()
    stream.release()
    finish.wait()
    assert stream.sink == b"one two three"
    assert stream.has_ended
    stream.destroy()


def test_what_is_queued_goes_out_together() -> None:
    """One call underneath for all that waited."""
    stream = Memory()
    stream.holds = True
    for chunk in (b"1", b"2", b"3"):
        stream.write(chunk)
    stream.release()
    settle()
    assert stream.held == [b"2", b"3"]
    stream.destroy()


def test_a_failing_sink_destroys_the_stream_and_tells_everybody() -> None:
    """The write that failed, those behind it, the end, and 'error'."""
    stream = Memory()
    stream.holds = True
    error = OSError("no more")
    told = must_call(times=3)
    ended, heard, closed = must_call(), must_call(), must_call()
    stream.on("error", heard).on("close", closed)
    for _ in range(3):
        stream.write(b"x", None, told)
    stream.end(ended)
    stream.release(error)
    closed.wait()
    assert told.calls == [(error,)] * 3
    assert ended.calls == [(error,)]
    assert heard.calls == [(error,)]
    assert closed.calls == [(True,)]


def test_a_sink_that_raises_at_once_is_told_later() -> None:
    """``write`` itself raises nothing and says False."""
    stream = Memory()
    stream.failure = OSError("no more")
    told, heard = must_call(), must_call()
    stream.on("error", heard)
    assert stream.write(b"x", None, told) is False
    assert told.calls == []
    heard.wait()
    assert told.calls == [(stream.failure,)]
    settle()


def test_an_end_that_fails_underneath_is_an_error() -> None:
    """Its callback gets it, and 'finish' does not come."""
    stream = Memory()
    stream.final_failure = OSError("no end")
    ended, heard = must_call(), must_call()
    stream.on("finish", must_not_call())
    stream.on("error", heard)
    stream.end(ended)
    heard.wait()
    assert ended.calls == [(stream.final_failure,)]
    settle()


def test_what_an_uncork_sends_into_a_sink_that_has_failed_fails_the_same() -> None:
    """Each callback gets its own error; the stream died of the first."""
    stream = Memory()
    first, second = OSError("first"), OSError("second")
    told, heard = must_call(times=2), must_call()
    stream.on("error", heard)
    stream.failure = first
    stream.write(b"1", told)
    stream.cork()
    stream.write(b"2", told)
    stream.failure = second
    stream.uncork()
    heard.wait()
    assert told.calls == [(first,), (second,)]
    assert heard.calls == [(first,)]
    settle()


def test_a_callback_may_stand_in_the_place_of_what_is_left_out() -> None:
    """Of the encoding, or of the chunk."""
    stream = Memory()
    told = must_call(times=2)
    stream.write(b"1", told)
    stream.end(b"2", told)
    assert stream.writable_ended
    assert told.wait() == [(None,)] * 2
    stream.destroy()


def test_end_again_tells_its_callback_why_not() -> None:
    """By its code; the first end of a destroyed stream tells nothing, as in Node."""
    finished, destroyed = Memory(allow_half_open=True), Memory().destroy()
    finished.end()
    destroyed.end(must_not_call())
    settle()
    codes = []
    for stream in (finished, destroyed):
        told = must_call()
        stream.end(told)
        [(error,)] = told.wait()
        codes.append(error.code)
    assert codes == ["ERR_STREAM_ALREADY_FINISHED", "ERR_STREAM_DESTROYED"]
    finished.destroy()


def test_a_last_chunk_after_the_end_is_an_error() -> None:
    """Its callback gets the same one as 'error'."""
    stream = Memory()
    told, heard = must_call(), must_call()
    stream.on("error", heard)
    stream.end()
    stream.end(b"x", told)
    [(error,)] = heard.wait()
    assert error.code == "ERR_STREAM_WRITE_AFTER_END"
    assert told.wait() == [(error,)]
    settle()


@pytest.mark.parametrize("with_callback", [False, True])
def test_a_write_after_destroy_tells_only_its_callback(with_callback: bool) -> None:
    """``ERR_STREAM_DESTROYED``."""
    stream = Memory().destroy()
    stream.on("error", must_not_call())
    told = must_call(times=int(with_callback))
    assert stream.write(b"x", told if with_callback else None) is False
    settle()
    assert [error.code for (error,) in told.calls] == ["ERR_STREAM_DESTROYED"] * with_callback


def test_what_is_mutable_is_copied_and_none_is_refused() -> None:
    """What is changed after the call goes out as it was."""
    stream = Memory()
    stream.holds = True
    data = bytearray(b"ab")
    stream.write(data)
    stream.write(memoryview(data))
    data[:] = b"xy"
    stream.release()
    settle()
    stream.release()
    settle()
    assert stream.sink == b"abab"
    with pytest.raises(TypeError) as caught:
        stream.write(None)
    assert getattr(caught.value, "code", None) == "ERR_STREAM_NULL_VALUES"
    stream.destroy()


def test_a_callback_that_raises_keeps_no_other_from_its_call(uncaught: Uncaught) -> None:
    """It is reported, and the stream destroyed."""
    stream = Memory()
    error = KeyError("mine")

    def fail(_: object) -> None:
        raise error

    told = must_call()
    stream.cork()
    stream.write(b"1", fail)
    stream.write(b"2", told)
    stream.uncork()
    assert told.wait() == [(None,)]
    settle()
    assert stream.errored is error
    assert [value for *_, value in uncaught] == [error]


def test_a_listener_that_raises_destroys_the_stream(uncaught: Uncaught) -> None:
    """With that error, which is reported once."""
    stream = Memory()
    error = KeyError("mine")

    def fail(_: object) -> None:
        raise error

    closed = must_call()
    stream.on("data", fail).on("close", closed)
    stream.feed(b"x")
    closed.wait()
    assert stream.errored is error
    assert [value for *_, value in uncaught] == [error]


def test_a_listener_whose_greenlet_is_killed_destroys_the_stream() -> None:
    """Without an error: it is none of the program's."""
    stream = Memory()
    workers: list[Any] = []

    def block(_: object) -> None:
        workers.append(gevent.getcurrent())
        Event().wait()

    closed = must_call()
    stream.on("data", block).on("close", closed)
    stream.feed(b"x")
    settle()
    workers[0].kill()
    closed.wait()
    assert stream.errored is None


def test_an_emit_in_the_hub_is_the_stream_s_own_task(uncaught: Uncaught) -> None:
    """What a listener raises then destroys it."""
    stream = Memory()
    error = KeyError("mine")

    def fail() -> None:
        raise error

    stream.on("mine", fail)
    assert run_in_hub(stream.emit, "mine") is True
    settle(2)
    assert stream.errored is error
    assert len(uncaught) == 1


@pytest.mark.parametrize("method", ["_start_reading", "_final"])
def test_a_duplex_without_an_underside_says_so(method: str) -> None:
    """Whoever derives from it has forgotten something."""
    with pytest.raises(AssertionError, match="a subclass says"):
        getattr(Duplex, method)(Memory())
    with pytest.raises(AssertionError, match="a subclass says"):
        Duplex._write(Memory(), [b"x"])
    with pytest.raises(AssertionError, match="a subclass says"):
        Duplex._destroy(Memory(), None)


def test_ending_twice_finishes_once() -> None:
    """The second callback is told after the first."""
    stream = Memory()
    order: list[int] = []
    finish = must_call()
    stream.on("finish", finish)
    stream.end(lambda error: order.append(1))
    stream.end(lambda error: order.append(2))
    finish.wait()
    assert order == [1, 2]
    stream.destroy()


def test_a_write_after_the_end_is_an_error_and_not_sent() -> None:
    """``ERR_STREAM_WRITE_AFTER_END``."""
    stream = Memory()
    told, heard = must_call(), must_call()
    stream.on("error", heard)
    stream.end()
    assert stream.write(b"x", None, told) is False
    [(error,)] = heard.wait()
    assert error.code == "ERR_STREAM_WRITE_AFTER_END"
    assert told.calls == [(error,)]
    assert stream.sink == b""
    settle()


@pytest.mark.parametrize("chunk", [1, [], object(), 1.5, True])
def test_a_chunk_of_another_type_is_refused_and_nothing_happens(chunk: Any) -> None:
    """The stream goes on."""
    stream = Memory()
    with pytest.raises(TypeError) as caught:
        stream.write(chunk)
    assert isinstance(caught.value, GnetError)
    assert stream.write(b"fine")
    assert stream.sink == b"fine"
    stream.destroy()


def test_the_length_of_text_counts_utf16_units_until_it_is_out() -> None:
    """As Node's sockets count."""
    stream = Memory()
    stream.holds = True
    stream.write("aé😀")
    assert stream.writable_length == 4
    stream.release()
    settle()
    assert stream.writable_length == 0
    stream.destroy()


# ---------------------------------------------------------------- both halves


def test_the_writable_half_ends_after_the_readable_one() -> None:
    """Unless half-open streams are allowed."""
    stream = Memory()
    seen = watched(stream, "end", "finish", "close")
    stream.resume().feed(None)
    settle()
    settle()
    assert seen == [("end",), ("finish",), ("close", False)]
    assert stream.has_ended


def test_a_half_open_stream_waits_for_its_own_end() -> None:
    """It can still be written to."""
    stream = Memory(allow_half_open=True)
    seen = watched(stream, "end", "finish", "close")
    stream.resume().feed(None)
    settle()
    settle()
    assert seen == [("end",)]
    stream.end(b"later")
    settle()
    settle()
    assert stream.sink == b"later"
    assert seen == [("end",), ("finish",), ("close", False)]


def test_half_open_can_be_decided_while_it_runs() -> None:
    """What counts is what it says at the end of the data."""
    stream = Memory()
    stream.allow_half_open = True
    stream.resume().feed(None)
    settle()
    assert stream.writable
    stream.destroy()


# ---------------------------------------------------------------- destroy


def _one_under_way(stream: Memory) -> None:
    stream.holds = True
    stream.write(b"x")


def _several_queued(stream: Memory) -> None:
    stream.holds = True
    for _ in range(3):
        stream.write(b"x")


def _ending(stream: Memory) -> None:
    _one_under_way(stream)
    stream.end()


def _finished(stream: Memory) -> None:
    stream.end()
    settle()


def _buffered(stream: Memory) -> None:
    stream.pause()
    stream._read_more()
    stream.feed(b"x")
    settle()


def _end_buffered(stream: Memory) -> None:
    _buffered(stream)
    stream.feed(None)
    settle()


_STEPS: dict[str, Callable[[Memory], object]] = {
    "fresh": lambda stream: None,
    "write under way": _one_under_way,
    "writes queued": _several_queued,
    "ending": _ending,
    "ended": lambda stream: stream.end(),
    "finished": _finished,
    "data buffered": _buffered,
    "flowing": lambda stream: stream.resume().feed(b"x"),
    "end buffered": _end_buffered,
}


@pytest.mark.parametrize("with_error", [False, True])
@pytest.mark.parametrize("step", _STEPS)
def test_destroy_in_any_state_closes_once(step: str, with_error: bool) -> None:
    """After 'error' if there was one; everybody who waits is told once."""
    stream = Memory()
    error = RuntimeError("enough") if with_error else None
    seen = watched(stream, "error", "close")
    _STEPS[step](stream)
    if step == "ending":
        stream.end(must_call())
    stream.destroy(error)
    stream.destroy(RuntimeError("again"))
    settle()
    settle()
    assert seen == ([("error", error)] if error else []) + [("close", with_error)]
    assert stream.errored is error
    assert (stream.readable, stream.writable) == (False, False)


def test_destroy_tells_nothing_before_the_caller_returns() -> None:
    """Events and callbacks come in a later turn."""
    stream = Memory()
    stream.holds = True
    seen = watched(stream, "error", "close")
    told = must_call(times=2)
    stream.write(b"1", None, told)
    stream.write(b"2", None, told)
    stream.destroy(RuntimeError("enough"))
    assert seen == []
    assert told.calls == []
    told.wait()
    settle()


def test_what_arrives_after_destroy_is_dropped() -> None:
    """No data, no end."""
    stream = Memory()
    stream.on("data", must_not_call()).on("end", must_not_call())
    stream.feed(b"x", None)
    stream.destroy()
    settle()


def test_a_loop_left_by_an_exception_destroys_the_stream() -> None:
    """Of its own: nobody hears an error."""
    stream = Memory().feed(b"x")
    stream.on("error", lambda error: None)

    def read() -> None:
        for _ in stream:
            raise KeyError("mine")

    with pytest.raises(KeyError):
        read()
    assert isinstance(stream.errored, AbortError)
    settle()


def test_two_loops_one_after_the_other_share_the_data() -> None:
    """An iterator that is kept can be gone on with; nothing is read twice."""
    stream = Memory().feed(b"1")
    iterator = iter(stream)
    with guarded("the first"):
        assert next(iterator) == b"1"
    stream.feed(b"2", None)
    with guarded("the rest"):
        assert list(iterator) == [b"2"]


def test_killing_a_loop_that_waits_leaves_no_waiter(uncaught: Uncaught) -> None:
    """What arrives then wakes nobody."""
    stream = Memory()
    loop = gevent.spawn(list, stream)
    settle()
    loop.kill()
    stream.feed(b"x")
    settle()
    assert stream.destroyed
    assert uncaught == []


def test_once_data_in_another_greenlet_gets_a_chunk_of_a_flowing_stream() -> None:
    """It is a listener like any other."""
    stream = Memory()
    waiter = gevent.spawn(gnet.once, stream, "data")
    settle()
    stream.feed(b"x")
    with guarded("the chunk"):
        assert waiter.get() == [b"x"]
    stream.destroy()


# ---------------------------------------------------------------- what became of a half


def test_a_half_that_was_cut_off_is_aborted_and_one_that_ended_is_not() -> None:
    """``writable_aborted`` and ``readable_aborted``, before and after; Node's sockets lack one."""
    for ended, aborted in ((False, True), (True, False)):
        stream = Memory(allow_half_open=True)
        stream.resume()
        assert (stream.readable_aborted, stream.writable_aborted) == (False, False)
        if ended:
            stream.feed(None)
            stream.end()
        settle()
        stream.destroy()
        settle()
        assert (stream.readable_aborted, stream.writable_aborted) == (aborted, aborted)
