"""Reading in all its ways at once: every byte once, in order, and 'end' once, after the last.

This tests `gnet.stream.incoming`, too, which is the inner part of the same half.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from gevent.event import Event
from hypothesis import given, settings
from hypothesis import strategies as st
from support import (
    Memory,
    in_thread,
    must_call,
    must_not_call,
    passed,
    settle,
    watched,
)

import gnet
from gnet import EventEmitter

Uncaught = list[tuple[Any, type[BaseException], BaseException]]


def code(error: object) -> Any:
    """The code of an error, which it must be."""
    assert isinstance(error, BaseException), error
    return getattr(error, "code", None)


# ---------------------------------------------------------------- properties

_CHUNKS = st.lists(st.binary(min_size=1, max_size=12), max_size=12)
_READER_MOVES = st.lists(
    st.one_of(
        st.sampled_from(["feed", "feed", "settle", "pause", "resume", "listen", "deafen", "text"]),
        st.tuples(st.just("read"), st.one_of(st.none(), st.integers(-1, 30))),
        st.tuples(st.just("unshift"), st.integers(1, 10)),
        st.tuples(st.just("push"), st.binary(max_size=5)),
    ),
    max_size=40,
)


class Reader:
    """One who reads a stream in every way there is, and keeps account of it."""

    def __init__(self, stream: Memory) -> None:
        self.stream = stream
        self.got = bytearray()
        self.ends = 0
        stream.pause()
        stream.on("data", self._on_data)
        stream.on("end", self._on_end)

    def _on_data(self, chunk: bytes | str) -> None:
        assert chunk
        assert not self.ends, "data after the end"
        assert isinstance(chunk, str) == (self.stream.readable_encoding is not None)
        self.got += chunk.encode("latin-1") if isinstance(chunk, str) else chunk

    def _on_end(self) -> None:
        self.ends += 1

    def read(self, size: int | None) -> Any:
        """Read so much, and see that it is so much."""
        stream = self.stream
        before, length = len(self.got), stream.readable_length
        chunk = stream.read() if size is None else stream.read(size)
        # A read takes from the front, and is told by 'data' at once.
        assert len(self.got) - before == len(chunk or "")
        if size is not None and 0 < size <= length:
            assert chunk is not None
            assert len(chunk) == size
        if size is None and not stream.readable_flowing:
            assert len(chunk or "") == length
        return chunk

    def unshift(self, size: int) -> None:
        """Put back the last bytes that were read."""
        if self.ends or not self.got:
            return
        back = bytes(self.got[-size:])
        del self.got[-size:]
        self.stream.unshift(back.decode("latin-1"), "latin1")

    def drain(self) -> None:
        """Read what is buffered, as a listener for 'readable' does."""
        while self.read(None) is not None:
            pass


@settings(deadline=None, max_examples=200)
@given(_CHUNKS, _READER_MOVES, st.integers(1, 40), st.booleans(), st.booleans())
def test_however_it_is_read_every_byte_comes_once_and_in_order(
    chunks: list[bytes], moves: list[Any], mark: int, pulls: bool, half_open: bool
) -> None:
    """And 'end' comes once, after the last."""
    stream = Memory(high_water_mark=mark, allow_half_open=half_open)
    reader = Reader(stream)
    waiting = deque(chunks)
    fed: list[bytes] = []
    for move in moves:
        match move:
            case "feed" if waiting:
                fed.append(waiting.popleft())
                stream.feed(fed[-1])
            case "settle":
                settle()
            case "pause" | "resume":
                getattr(stream, move)()
            case "listen" if not stream.listener_count("readable"):
                stream.on("readable", reader.drain)
            case "deafen":
                stream.off("readable", reader.drain)
            case "text":
                stream.set_encoding("latin1")
            case ("read", size):
                reader.read(size)
            case ("unshift", size):
                reader.unshift(size)
            case ("push", data) if not stream.source:
                settle()  # so that nothing is on its way that would come before or behind it
                if not stream.source:
                    fed.append(data)
                    stream.push(data)
    rest = b"".join(waiting)
    stream.feed(*waiting, None)
    if pulls:
        if not stream.listener_count("readable"):
            stream.on("readable", reader.drain)
        reader.drain()
    else:
        stream.remove_all_listeners("readable")
        settle()
        stream.resume()
    settle(3)
    assert reader.got == b"".join(fed) + rest
    assert reader.ends == 1
    assert stream.readable_ended
    assert stream.readable_length == 0
    stream.destroy()


@settings(deadline=None)
@given(st.text(min_size=1), st.lists(st.integers(0, 50), max_size=6), st.integers(1, 9))
def test_text_can_be_read_in_pieces_of_any_size(text: str, cuts: list[int], size: int) -> None:
    """So many characters, but at the end."""
    data = text.encode()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    stream = Memory(encoding="utf8")
    got: list[str] = []

    def take() -> None:
        while (piece := stream.read(size)) is not None:
            got.append(piece)

    stream.on("readable", take)
    ended = must_call()
    stream.on("end", ended)
    stream.feed(*(data[a:b] for a, b in itertools.pairwise(edges) if a < b), None)
    ended.wait()
    assert "".join(got) == text
    assert [len(piece) for piece in got[:-1]] == [size] * (len(got) - 1)
    stream.destroy()


# ---------------------------------------------------------------- read


def buffered(*chunks: bytes | None, **options: Any) -> Memory:
    """A stream that has read these chunks and delivered none."""
    stream = Memory(**options)
    stream.pause()
    stream._read_more()
    stream.feed(*chunks)
    settle()
    return stream


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (2, b"ab"),
        (2.9, b"ab"),
        ("2", b"ab"),
        (" +2x", b"ab"),
        (None, b"abcd"),
        ("x", b"abcd"),
        (True, b"abcd"),
        ([], b"abcd"),
        (float("nan"), b"abcd"),
        (4, b"abcd"),
        (5, None),
        (0, None),
        (-1, None),
    ],
)
def test_a_size_is_understood_as_node_does(size: Any, expected: bytes | None) -> None:
    """What is no number stands for all there is."""
    stream = buffered(b"abc", b"d")
    assert stream.read(size) == expected
    stream.destroy()


def test_a_size_beyond_the_mark_raises_the_mark() -> None:
    """To a power of two, so that as much can be buffered."""
    stream = buffered(b"a")
    assert stream.read(17) is None
    assert stream.readable_high_water_mark == 32
    with pytest.raises(ValueError, match="size") as caught:
        stream.read(2**30 + 1)
    assert code(caught.value) == "ERR_OUT_OF_RANGE"
    stream.destroy()


def test_read_tells_data_and_that_something_was_read() -> None:
    """Not before."""
    stream = buffered(b"ab")
    got = must_call()
    stream.on("data", got)
    assert not stream.readable_did_read
    assert stream.read(1) == b"a"
    assert got.calls == [(b"a",)]
    assert stream.readable_did_read
    stream.destroy()


def test_many_small_reads_of_one_chunk_and_an_unshift_between() -> None:
    """What is left of the chunk stays behind what is put back."""
    stream = buffered(b"abcdef")
    assert stream.read(2) == b"ab"
    stream.unshift(b"B")
    assert stream.read(3) == b"Bcd"
    assert stream.read(2) == b"ef"
    assert stream.read() is None
    stream.destroy()


def test_a_read_behind_the_end_of_the_data_emits_end() -> None:
    """Once."""
    stream = buffered(b"ab", None, allow_half_open=True)
    ended = must_call()
    stream.on("end", ended)
    assert stream.read(5) == b"ab"
    assert stream.read() is None
    ended.wait()
    assert stream.read() is None
    settle()
    stream.destroy()


def test_reading_exactly_what_is_left_does_not_emit_end() -> None:
    """As in Node, the next read does."""
    stream = buffered(b"ab", None, allow_half_open=True)
    ended = must_call()
    stream.on("end", ended)
    assert stream.read(0) is None
    assert stream.read(2) == b"ab"
    settle()
    assert ended.calls == []
    assert stream.read(0) is None
    ended.wait()
    stream.destroy()


def test_a_destroyed_stream_gives_what_it_has_without_telling() -> None:
    """Nothing is emitted behind 'close'."""
    stream = buffered(b"ab")
    stream.on("data", must_not_call())
    stream.destroy()
    settle()
    stream.read()


# ---------------------------------------------------------------- 'readable'


def test_readable_comes_once_for_what_arrives_together() -> None:
    """And again for what arrives after it was read."""
    stream = Memory()
    lengths: list[int] = []

    def on_readable() -> None:
        lengths.append(stream.readable_length)
        stream.read()

    stream.on("readable", on_readable)
    stream.feed(b"1", b"2")
    settle()
    stream.feed(b"3")
    settle()
    assert lengths == [2, 1]
    stream.destroy()


def test_readable_tells_of_the_end() -> None:
    """With nothing to read; 'end' follows the read that finds so."""
    stream = Memory(allow_half_open=True)
    order: list[Any] = []
    stream.on("readable", lambda: order.append(stream.read()))
    stream.on("end", lambda: order.append("end"))
    stream.feed(None)
    settle(2)
    assert order == [None, "end"]
    stream.destroy()


def test_a_listener_for_readable_that_comes_late_is_told_of_what_is_there() -> None:
    """In a later turn."""
    stream = buffered(b"x")
    told = must_call()
    stream.on("readable", told)
    assert told.calls == []
    told.wait()
    stream.destroy()


def test_a_listener_for_readable_after_the_end_changes_nothing() -> None:
    """Nor does a second one pull anew."""
    stream = Memory(allow_half_open=True).resume().feed(None)
    settle()
    stream.on("readable", must_not_call())
    settle()
    assert stream.readable_flowing is True
    stream.destroy()


def test_readable_holds_data_back_until_it_is_read() -> None:
    """Both listeners get it then; without the one for 'readable' it flows."""
    stream = Memory()
    got = must_call(times=2)
    stream.on("data", got)
    stream.on("readable", must_call())
    stream.feed(b"1")
    settle()
    assert got.calls == []
    assert stream.read() == b"1"
    stream.remove_all_listeners("readable")
    settle()
    stream.feed(b"2")
    assert got.wait() == [(b"1",), (b"2",)]
    stream.destroy()


def test_without_listeners_nothing_flows_again() -> None:
    """The flow is unset, as at first."""
    stream = Memory()
    stream.on("readable", must_not_call())
    stream.remove_all_listeners()
    settle()
    assert stream.readable_flowing is None
    stream.destroy()


def test_resume_is_forgotten_with_those_who_pulled_but_not_if_they_went_before() -> None:
    """As in Node."""
    for resumes_first, expected in ((True, None), (False, True)):
        stream = Memory()
        listener = must_not_call()
        stream.on("readable", listener)
        if resumes_first:
            stream.resume()
        assert stream.readable_flowing is False
        stream.off("readable", listener)
        if not resumes_first:
            stream.resume()
        settle()
        assert stream.readable_flowing is expected
        stream.destroy()


class Telling(Memory):
    """A stream that says whether its source goes on by itself, as one over a socket does."""

    def _is_reading(self) -> bool:
        return self.is_reading


@pytest.mark.parametrize("event", ["resume", "readable"])
def test_a_listener_added_after_resume_counts_though_nothing_was_to_do(event: str) -> None:
    """If it is in the same turn."""
    stream = Telling()
    stream._read_more()
    resumed = must_call()
    stream.resume()
    if event == "readable":
        stream.on("readable", must_not_call())
    stream.on("resume", resumed)
    resumed.wait()
    assert stream.readable_flowing is (event == "resume")
    stream.destroy()


def test_a_listener_for_readable_leaves_a_source_alone_that_goes_on() -> None:
    """It will tell by itself."""
    stream = Telling()
    stream._read_more()
    told = must_call(stream.read)
    stream.on("readable", told)
    settle()
    assert told.calls == []
    stream.feed(b"x")
    told.wait()
    stream.destroy()


def test_read_zero_tells_of_what_came_while_nobody_pulled() -> None:
    """Once: who begins to listen is told as well."""
    stream = Memory()
    deaf = must_not_call()
    stream.on("readable", deaf).off("readable", deaf)
    settle()
    stream.pause()
    stream.push(b"ab")
    settle()
    stream.on("readable", deaf).off("readable", deaf)
    assert stream.read(3) is None
    settle()
    stream.push(None)
    assert stream.read(0) is None
    told = must_call(lambda: stream.read())
    EventEmitter.on(stream, "readable", told)
    told.wait()
    stream.destroy()


def test_a_read_of_a_stream_that_flows_gives_one_chunk() -> None:
    """As in Node; all of it once it is paused."""
    stream = buffered(b"ab", b"c", b"d")
    stream.resume()
    assert stream.read() == b"ab"
    stream.pause()
    assert stream.read() == b"cd"
    stream.destroy()


def test_what_arrives_for_a_stream_that_has_failed_is_dropped() -> None:
    """Though 'error' is still to come."""
    stream = Memory()
    stream.on("data", must_not_call()).on("error", must_call())
    settle()
    stream.failure = OSError("broken")
    stream.feed(b"x")
    stream.write(b"y")
    settle(2)
    assert stream.readable_length == 0


def test_no_data_comes_behind_close() -> None:
    """Even if a listener that blocks had more in front of it."""
    stream = buffered(b"1", b"2")
    gate, closed = Event(), must_call()
    got: list[bytes] = []

    def on_data(chunk: bytes) -> None:
        got.append(chunk)
        stream.destroy()
        gate.wait()

    stream.on("data", on_data).on("close", closed)
    stream.resume()
    closed.wait()
    gate.set()
    settle()
    assert got == [b"1"]


# ---------------------------------------------------------------- blocking


@pytest.mark.parametrize("event", ["readable", "data", "end"])
def test_a_listener_of_the_lane_that_blocks_holds_back_its_own_stream(event: str) -> None:
    """Neither another stream nor the other events of the same one."""
    stream, other = Memory(allow_half_open=True), Memory()
    gate, entered = Event(), Event()
    seen = watched(stream, "finish")

    def listener(*_: object) -> None:
        entered.set()
        gate.wait()
        seen.append(("left",))

    stream.once(event, listener)
    stream.feed(b"x", None) if event == "data" else stream.feed(None)
    if event == "end":
        stream.resume()
    ended = must_call(lambda: seen.append(("end",)))
    stream.on("end", ended)
    passed(entered)
    got = must_call()
    other.on("data", got).feed(b"y")
    got.wait()
    stream.end()
    settle(2)
    assert seen == [("finish",)]
    gate.set()
    if event == "readable":
        settle()
        stream.read()
    ended.wait()
    assert seen == [("finish",), ("left",), ("end",)]
    other.destroy()
    settle()


def test_what_is_pushed_while_a_listener_blocks_comes_behind_it() -> None:
    """By another greenlet; text and bytes alike."""
    stream = Memory()
    gate, entered = Event(), Event()
    got: list[bytes] = []

    def on_data(chunk: bytes) -> None:
        entered.set()
        gate.wait()
        got.append(chunk)

    stream.on("data", on_data)
    stream.feed(b"1")
    passed(entered)
    stream.push(b"3")
    stream.unshift("2")
    settle()
    assert got == []
    gate.set()
    settle(2)
    assert got == [b"1", b"2", b"3"]
    stream.destroy()


def test_an_end_that_is_pushed_while_a_listener_blocks_comes_behind_it() -> None:
    """And only once."""
    stream = Memory(allow_half_open=True)
    gate, entered = Event(), Event()
    order: list[str] = []

    def on_data(_: bytes) -> None:
        entered.set()
        gate.wait()
        order.append("data")

    stream.on("data", on_data)
    stream.on("end", lambda: order.append("end"))
    stream.feed(b"1")
    passed(entered)
    stream.push(None)
    settle()
    gate.set()
    settle(2)
    assert order == ["data", "end"]
    stream.destroy()


@pytest.mark.parametrize(
    "call",
    [
        lambda stream: stream.read(),
        lambda stream: stream.push(b"x"),
        lambda stream: stream.push(None),
        lambda stream: stream.unshift(b"x"),
        lambda stream: stream.resume(),
        lambda stream: stream.cork(),
        lambda stream: stream.uncork(),
        lambda stream: stream.write(b"x"),
        lambda stream: stream.end(),
        lambda stream: stream.destroy(),
    ],
)
def test_another_thread_is_refused(call: Callable[[Memory], object]) -> None:
    """``ERR_FOREIGN_THREAD``, and nothing happens."""
    stream = Memory()
    with pytest.raises(gnet.GnetError) as caught:
        in_thread(lambda: call(stream))
    assert code(caught.value) == "ERR_FOREIGN_THREAD"
    assert stream.readable_length == stream.writable_length == stream.writable_corked == 0
    assert stream.writable
    stream.destroy()


# ---------------------------------------------------------------- push, unshift


def test_push_and_unshift_say_whether_there_is_room() -> None:
    """Up to the mark."""
    stream = Memory(high_water_mark=4)
    stream.pause()
    assert stream.push(b"123") is True
    assert stream.push(b"4") is False
    assert stream.push(b"") is False
    assert stream.unshift(b"") is False
    assert stream.read() == b"1234"
    assert stream.unshift(b"3") is True
    assert stream.push(None) is False
    assert stream.unshift(b"2") is False
    assert stream.read() == b"23"
    stream.destroy()


@pytest.mark.parametrize("chunk", [b"ab", bytearray(b"ab"), memoryview(b"ab"), "ab"])
def test_what_is_pushed_comes_as_bytes_or_as_text(chunk: Any) -> None:
    """Text only after ``set_encoding``."""
    for encoding, expected in (("", b"ab"), ("utf8", "ab"), ("hex", "6162")):
        stream = Memory(encoding=encoding)
        got = must_call()
        stream.on("data", got)
        stream.push(chunk)
        assert got.wait() == [(expected,)]
        stream.destroy()


def test_pushed_text_has_the_encoding_that_is_said() -> None:
    """Such as hex; a character may come in two pushes."""
    stream = Memory(encoding="utf8")
    got = must_call()
    stream.on("data", got)
    assert stream.push("c3", "hex") is True
    stream.push(b"\xa9")
    assert got.wait() == [("é",)]
    with pytest.raises(TypeError) as caught:
        stream.push("x", "klingon")
    assert code(caught.value) == "ERR_UNKNOWN_ENCODING"
    stream.destroy()


def test_what_is_unshifted_among_text_is_decoded() -> None:
    """Bytes as utf8, text by its own encoding."""
    stream = Memory(encoding="hex")
    stream.pause()
    stream.unshift("ff", "hex")
    stream.unshift("a")
    stream.unshift(b"text")
    assert stream.read() == "text61ff"
    stream.destroy()


def test_push_after_the_end_is_an_error() -> None:
    """``ERR_STREAM_PUSH_AFTER_EOF``; a second end is none."""
    stream = Memory()
    stream.pause()
    heard = must_call()
    stream.on("error", heard)
    assert stream.push(None) is False
    assert stream.push(None) is False
    assert stream.unshift(None) is False
    assert stream.push(b"x") is False
    [(error,)] = heard.wait()
    assert code(error) == "ERR_STREAM_PUSH_AFTER_EOF"
    settle()


def test_unshift_after_end_is_an_error() -> None:
    """``ERR_STREAM_UNSHIFT_AFTER_END_EVENT``; between the last byte and 'end' it is none."""
    stream = Memory(allow_half_open=True)
    heard = must_call()
    stream.on("error", heard)
    stream.resume().feed(None)
    settle()
    stream.unshift(b"x")
    [(error,)] = heard.wait()
    assert code(error) == "ERR_STREAM_UNSHIFT_AFTER_END_EVENT"
    settle()


@pytest.mark.parametrize("method", ["push", "unshift"])
def test_a_chunk_of_another_type_destroys_the_stream(method: str) -> None:
    """``ERR_INVALID_ARG_TYPE``."""
    stream = Memory()
    heard = must_call()
    stream.on("error", heard)
    assert getattr(stream, method)(1) is False
    [(error,)] = heard.wait()
    assert isinstance(error, TypeError)
    assert code(error) == "ERR_INVALID_ARG_TYPE"
    settle()


@pytest.mark.parametrize("method", ["push", "unshift"])
def test_a_destroyed_stream_takes_nothing_more(method: str) -> None:
    """And says so."""
    stream = Memory()
    stream.on("data", must_not_call())
    stream.destroy()
    assert getattr(stream, method)(b"x") is False
    settle()
    assert stream.readable_length == 0


# ---------------------------------------------------------------- properties of the stream


def test_what_a_stream_says_of_itself() -> None:
    """From its beginning to its end."""
    stream = Memory(allow_half_open=True)
    assert (stream.readable_flowing, stream.is_paused()) == (None, False)
    assert (stream.readable, stream.readable_ended, stream.readable_aborted) == (True, False, False)
    assert (stream.readable_object_mode, stream.writable_object_mode) == (False, False)
    assert (stream.readable_high_water_mark, stream.writable_high_water_mark) == (16, 16)
    stream.resume()
    assert (stream.readable_flowing, stream.is_paused()) == (True, False)
    stream.pause()
    assert (stream.readable_flowing, stream.is_paused()) == (False, True)
    stream.resume().feed(None)
    settle()
    assert (stream.readable, stream.readable_ended, stream.readable_aborted) == (False, True, False)
    assert (stream.writable_aborted, stream.writable_finished) == (False, False)
    assert stream.allow_half_open
    stream.destroy()
    assert (stream.readable_aborted, stream.writable_aborted) == (False, True)


def test_pause_and_resume_tell_only_changes() -> None:
    """'pause' at once, 'resume' later."""
    stream = Memory()
    seen = watched(stream, "pause", "resume")
    stream.pause().pause()
    assert seen == [("pause",)]
    stream.resume().resume()
    assert seen == [("pause",)]
    settle()
    assert seen == [("pause",), ("resume",)]
    stream.destroy()


def test_on_and_remove_listener_are_those_of_an_emitter_else() -> None:
    """A decorator, for one."""
    stream = Memory()

    listener = must_call()
    decorate = stream.on("data")
    assert decorate(listener) is listener
    stream.feed(b"x")
    assert listener.wait() == [(b"x",)]
    stream.off("data", listener)
    assert stream.event_names() == []
    stream.destroy()
