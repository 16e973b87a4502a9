"""``pipeline``: all of it through, or all of it destroyed, whoever fails, waits or is killed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import gevent
import pytest
from gevent.event import Event
from hypothesis import given, settings
from hypothesis import strategies as st
from support import (
    Attempt,
    Memory,
    Slow,
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
from gnet import AbortController, AbortError
from gnet.events.waiting import get_event_listeners

Uncaught = list[tuple[Any, type[BaseException], BaseException]]


def code(error: object) -> Any:
    """The code of an error, which it must be."""
    assert isinstance(error, BaseException), error
    return getattr(error, "code", None)


class Closing:
    """A generator function that notes when its generator is left."""

    def __init__(
        self, *chunks: bytes, then: Callable[[], object] = lambda: None, last: bytes = b""
    ) -> None:
        self._chunks = chunks
        self._then = then
        self._last = last
        self.left = False

    def __call__(self) -> Iterator[bytes]:
        """Give the chunks, do what comes then, and give the last one."""
        try:
            yield from self._chunks
            self._then()
            if self._last:
                yield self._last
        finally:
            self.left = True


# ---------------------------------------------------------------- properties

_CHUNKS = st.lists(st.binary(min_size=1, max_size=12), max_size=10)
_DELAYS = st.lists(st.integers(0, 3), max_size=10)
_MARKS = st.integers(1, 40)


def upper(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Something to transform."""
    for chunk in chunks:
        yield chunk.upper()


@settings(deadline=None)
@given(_CHUNKS, _DELAYS, _MARKS, _MARKS, st.sampled_from(["stream", "list", "function"]))
def test_whatever_the_pace_every_byte_arrives_once_and_in_order(
    chunks: list[bytes], delays: list[int], mark: int, source_mark: int, kind: str
) -> None:
    """From a stream, a list or a function, through a function, into a slow stream."""
    destination = Slow(delays, high_water_mark=mark)
    finish = must_call()
    destination.on("finish", finish)
    source: Any = chunks
    if kind == "stream":
        source = Memory(high_water_mark=source_mark).feed(*chunks, None)
    elif kind == "function":
        source = lambda: iter(chunks)  # noqa: E731  # as one writes it
    with guarded("the pipeline"):
        assert gnet.pipeline(source, upper, destination) is None
    assert destination.sink == b"".join(chunks).upper()
    assert destination.most_waiting < mark + 12 + len(b"".join(chunks)) * (kind == "stream")
    destination.destroy()


@settings(deadline=None)
@given(_CHUNKS, _DELAYS, _DELAYS, _MARKS, _MARKS, st.lists(st.booleans(), max_size=10))
def test_a_chain_of_streams_passes_on_all_of_it(
    chunks: list[bytes],
    delays: list[int],
    last_delays: list[int],
    mark: int,
    last_mark: int,
    turns: list[bool],
) -> None:
    """With each one slow in its own way, and no stream holding more than its mark and a chunk."""
    source = Memory(high_water_mark=mark)
    middle = Echo(delays, high_water_mark=mark)
    last = Slow(last_delays, high_water_mark=last_mark)
    done = must_call()
    gnet.pipeline(source, middle, last, done)
    for chunk, turn in itertools.zip_longest(chunks, turns):
        if chunk is not None:
            source.feed(chunk)
        if turn:
            settle()
    source.feed(None)
    assert done.wait() == [(None,)]
    assert last.sink == b"".join(chunks)
    assert middle.most_waiting < mark + 12
    last.destroy()


class Echo(Slow):
    """A stream whose sink is its own source."""

    def _write(self, chunks: list[bytes]) -> bool:
        out = super()._write(chunks)
        if out:
            self.feed(*chunks)
        return out

    def _release(self, error: Exception | None = None) -> None:
        if self.held is not None and error is None:
            self.feed(*self.held)
        super()._release(error)

    def _final(self) -> None:
        super()._final()
        self.feed(None)


# ---------------------------------------------------------------- success


def test_streams_that_are_through_keep_no_listener() -> None:
    """Of the last one, which may be gone on with; the source's are left as in Node."""
    source, last = Memory().feed(b"x", None), Memory(allow_half_open=True)
    before = listeners_of(last)
    with guarded("the pipeline"):
        gnet.pipeline(source, last)
    settle(2)
    # Node leaves these two, which tell nobody anything.
    assert listeners_of(last) == before | {"close": 2}
    last.destroy()


def test_without_end_the_destination_stays_open() -> None:
    """As an option in a mapping, or as a keyword."""
    for given_as in ({"options": True}, {"options": False}):
        destination = Memory()
        options: list[Any] = [{"end": False}] if given_as["options"] else []
        keywords: dict[str, Any] = {} if given_as["options"] else {"end": False}
        for source in ([b"a"], Memory().feed(b"b", None)):
            with guarded("the pipeline"):
                gnet.pipeline(source, destination, *options, **keywords)
        assert destination.sink == b"ab"
        assert destination.writable
        destination.destroy()


def test_a_function_as_destination_gives_its_value() -> None:
    """To who waits, or to the callback."""

    def total(chunks: Iterable[bytes]) -> int:
        return sum(map(len, chunks))

    with guarded("the pipeline"):
        assert gnet.pipeline([b"ab", b"c"], total, {}) == 3
    told = must_call()
    assert gnet.pipeline([b"ab", b"c"], total, told) is None
    assert told.wait() == [(None, 3)]


def test_a_generator_as_destination_is_run() -> None:
    """For what it does."""
    got: list[bytes] = []

    def sink(chunks: Iterable[bytes]) -> Iterator[None]:
        for chunk in chunks:
            got.append(chunk)
            yield

    with guarded("the pipeline"):
        assert gnet.pipeline([b"a", b"b"], sink, {}) is None
    assert got == [b"a", b"b"]


def test_the_parts_may_come_in_one_list() -> None:
    """As in Node."""
    destination = Memory()
    with guarded("the pipeline"):
        gnet.pipeline([[b"x"], destination])
    assert destination.sink == b"x"
    destination.destroy()


def test_a_destination_that_is_full_already_is_waited_for() -> None:
    """Before the first chunk of an iterable."""
    destination = Memory(high_water_mark=2)
    destination.holds = True
    destination.write(b"full")
    asked: list[int] = []

    def source() -> Iterator[bytes]:
        asked.append(1)
        yield b" and more"

    attempt = Attempt(gnet.pipeline, source, destination)
    settle(3)
    assert asked == []
    destination.holds = False
    destination.release()
    assert attempt.outcome() is None
    assert destination.sink == b"full and more"
    destination.destroy()


def test_a_source_that_was_read_to_its_end_ends_the_destination() -> None:
    """Though 'end' was emitted before."""
    source, destination = Memory(allow_half_open=True).resume().feed(None), Memory()
    settle()
    with guarded("the pipeline"):
        gnet.pipeline(source, destination)
    assert destination.writable_finished
    source.destroy()
    destination.destroy()


def test_a_source_may_close_right_behind_its_end() -> None:
    """What it had read is passed on before."""
    source, destination = Memory(), Memory(high_water_mark=1)
    destination.holds = True
    source.pause()
    source._read_more()
    source.feed(b"1", b"2", None)
    settle()
    done = must_call()
    gnet.pipeline(source, destination, done)
    settle(2)
    source.end()
    destination.holds = False
    destination.release()
    assert done.wait() == [(None,)]
    assert destination.sink == b"12"
    destination.destroy()


# ---------------------------------------------------------------- blocking


def test_a_function_that_blocks_holds_up_nothing_else() -> None:
    """Not even a stream of the same pipeline."""
    gate, entered = Event(), Event()

    def source() -> Iterator[bytes]:
        yield b"1"
        entered.set()
        gate.wait()
        yield b"2"

    destination = Memory()
    attempt = Attempt(gnet.pipeline, source, destination)
    passed(entered)
    settle()
    assert destination.sink == b"1"
    assert destination.write(b"+")
    gate.set()
    assert attempt.outcome() is None
    assert destination.sink == b"1+2"
    destination.destroy()


def test_in_the_source_s_read_lane_it_cannot_be_waited_for() -> None:
    """What is to be piped comes only after the listener has returned."""
    source, destination = Memory().feed(b"x"), Memory()
    outcomes: list[Any] = []

    def on_data(_: bytes) -> None:
        with pytest.raises(gnet.GnetError) as caught:
            gnet.pipeline(source, destination)
        outcomes.append(code(caught.value))

    source.on("data", on_data)
    settle(2)
    assert outcomes == ["ERR_READ_LANE_WAIT"]
    source.destroy()
    destination.destroy()


def test_in_the_destination_s_read_lane_it_can() -> None:
    """An answer may be piped from the listener for the question."""
    stream = Memory().feed(b"question")
    stream.on("data", must_call(lambda _: gnet.pipeline([b"ans", b"wer"], stream)))
    finish = must_call()
    stream.on("finish", finish)
    finish.wait()
    assert stream.sink == b"answer"
    stream.destroy()


def test_in_the_hub_it_cannot_be_waited_for() -> None:
    """``ERR_HUB_CANNOT_WAIT``, and nothing is touched."""
    stream = Memory()
    with pytest.raises(gnet.GnetError) as caught:
        run_in_hub(gnet.pipeline, [b"x"], stream)
    assert code(caught.value) == "ERR_HUB_CANNOT_WAIT"
    settle()
    assert stream.sink == b""
    stream.destroy()


def test_streams_of_another_thread_are_refused() -> None:
    """``ERR_FOREIGN_THREAD``."""
    stream, other = Memory(), Memory()
    with pytest.raises(gnet.GnetError) as caught:
        in_thread(lambda: gnet.pipeline(stream, other))
    assert code(caught.value) == "ERR_FOREIGN_THREAD"
    stream.destroy()
    other.destroy()


@pytest.mark.parametrize("reason", [gevent.GreenletExit, gevent.Timeout(1)])
@pytest.mark.parametrize("kind", ["streams", "generator", "sink"])
def test_who_stops_waiting_gives_it_up(kind: str, reason: Any, uncaught: Uncaught) -> None:
    """All streams are destroyed, functions end, generators are closed."""
    source, destination = Memory(), Memory()
    endless, waits = Closing(b"x" * 20, b"y" * 20), Event()
    sink_ended: list[bool] = []

    def sink(chunks: Iterable[bytes]) -> None:
        try:
            waits.wait()
        finally:
            sink_ended.append(True)

    destination.holds = True
    parts: dict[str, list[Any]] = {
        "streams": [source, destination],
        "generator": [endless, destination],
        "sink": [source, sink, {}],
    }
    attempt = Attempt(gnet.pipeline, *parts[kind])
    settle(3)
    assert attempt.is_waiting
    outcome = attempt.kill(reason)
    assert isinstance(outcome, type(reason) if isinstance(reason, gevent.Timeout) else reason)
    settle(3)
    streams = [part for part in parts[kind] if isinstance(part, Memory)]
    assert all(isinstance(stream.errored, AbortError) for stream in streams)
    assert [stream.errored and stream.errored.__cause__ for stream in streams] == [outcome] * len(
        streams
    )
    assert endless.left is (kind == "generator")
    assert bool(sink_ended) is (kind == "sink")
    assert uncaught == []
    source.destroy()
    destination.destroy()


# ---------------------------------------------------------------- failure


@pytest.mark.parametrize("which", [0, 1, 2])
def test_the_error_of_one_destroys_all(which: int) -> None:
    """And is raised."""
    streams = [Memory(), Memory(), Memory()]
    attempt = Attempt(gnet.pipeline, *streams)
    settle()
    error = OSError("broken")
    streams[which].destroy(error)
    assert attempt.outcome() is error
    settle()
    assert [stream.destroyed for stream in streams] == [True] * 3


@pytest.mark.parametrize("which", [0, 1])
def test_closing_before_the_end_is_an_error(which: int) -> None:
    """``ERR_STREAM_PREMATURE_CLOSE``."""
    streams = [Memory(), Memory()]
    attempt = Attempt(gnet.pipeline, *streams)
    settle()
    streams[which].destroy()
    assert code(attempt.outcome()) == "ERR_STREAM_PREMATURE_CLOSE"
    settle()
    assert [stream.destroyed for stream in streams] == [True] * 2


def test_an_error_after_vague_ones_is_the_one_that_is_told() -> None:
    """A premature close says less than what made it so."""
    source, destination = Memory(), Memory()
    done = must_call()
    gnet.pipeline(source, destination, done)
    source.destroy()
    destination.destroy(OSError("why"))
    [(error,)] = done.wait()
    assert isinstance(error, OSError)
    settle()


@pytest.mark.parametrize("waits_for", ["drain", "itself"])
def test_a_generator_is_closed_when_another_part_fails(waits_for: str) -> None:
    """Whether its last chunk waits to be taken, or it blocks in its own code."""
    gate, destination = Event(), Memory(high_water_mark=1)
    if waits_for == "drain":
        destination.holds = True
        source = Closing(b"first", b"second")
    else:
        source = Closing(b"first", then=gate.wait)
    attempt = Attempt(gnet.pipeline, source, destination)
    settle(3)
    assert not source.left
    error = OSError("broken")
    destination.destroy(error)
    assert attempt.outcome() is error
    assert source.left


@pytest.mark.parametrize("waits_for", ["drain", "itself"])
def test_a_destination_that_closes_before_its_end_ends_the_generator(waits_for: str) -> None:
    """At its next chunk, if it is about to make one."""
    gate, destination = Event(), Memory(high_water_mark=1)
    if waits_for == "drain":
        destination.holds = True
        source = Closing(b"first", b"second")
    else:
        source = Closing(b"first", then=gate.wait, last=b"second")
    attempt = Attempt(gnet.pipeline, source, destination)
    settle(3)
    destination.destroy()
    settle(2)
    assert attempt.is_waiting is (waits_for == "itself")
    gate.set()
    assert code(attempt.outcome()) == "ERR_STREAM_PREMATURE_CLOSE"
    assert source.left


def cut_short(*callback: Any) -> tuple[Memory, Attempt]:
    """A pipeline whose source is destroyed between its end and data in front of that."""
    source, destination = Memory(), Memory(high_water_mark=1)
    destination.holds = True
    source.pause()
    source._read_more()
    source.feed(b"1", b"2", None)
    settle()
    attempt = Attempt(gnet.pipeline, source, destination, *callback)
    settle()
    source.destroy()
    settle(2)
    return destination, attempt


def test_a_source_destroyed_between_data_and_end_tells_no_callback() -> None:
    """As in Node, which counts on an 'end' that does not come then."""
    destination, _ = cut_short(must_not_call())
    assert not destination.destroyed
    destination.remove_all_listeners().destroy()


def test_a_source_destroyed_between_data_and_end_fails_who_blocks() -> None:
    """Who waits must not wait for ever."""
    destination, attempt = cut_short()
    assert attempt.outcome().code == "ERR_STREAM_PREMATURE_CLOSE"
    assert destination.destroyed


def test_a_whole_chain_of_generators_is_closed() -> None:
    """Though the error's traceback keeps their frames."""
    source = Closing(b"1", b"2")
    error = OSError("broken")

    def middle(chunks: Iterable[bytes]) -> Iterator[bytes]:
        for _ in chunks:
            raise error
        yield b""

    destination = Memory()
    attempt = Attempt(gnet.pipeline, source, middle, destination)
    assert attempt.outcome() is error
    assert source.left
    assert destination.destroyed
    settle()


def test_a_sink_that_has_enough_closes_its_source() -> None:
    """As leaving a ``for await`` does in Node; that is no error."""
    source = Closing(b"1", b"2")

    def first(chunks: Iterable[bytes]) -> bytes:
        return next(iter(chunks))

    with guarded("the pipeline"):
        assert gnet.pipeline(source, first, {}) == b"1"
    assert source.left


def test_a_generator_that_fails_to_close_fails_the_pipeline() -> None:
    """Nothing else would tell."""

    def source() -> Iterator[bytes]:
        try:
            yield b"1"
        finally:
            raise KeyError("mine")

    with guarded("the pipeline"), pytest.raises(KeyError, match="mine"):
        gnet.pipeline(source, lambda chunks: next(iter(chunks)), {})


@pytest.mark.parametrize("error", [KeyError("mine"), gevent.Timeout(5)])
def test_what_a_function_raises_destroys_the_streams(error: BaseException) -> None:
    """A time-out, too, which is no `Exception`."""

    def source() -> Iterator[bytes]:
        yield b"1"
        raise error

    destination = Memory()
    assert Attempt(gnet.pipeline, source, destination).outcome() is error
    assert destination.errored is error
    settle()


def test_a_function_that_is_killed_aborts_it() -> None:
    """Nobody waits for it in vain."""
    workers: list[gevent.Greenlet[..., Any]] = []

    def source() -> Iterator[bytes]:
        workers.append(gevent.getcurrent())  # type: ignore[arg-type]  # it is a Greenlet
        yield b"1"
        Event().wait()

    destination = Memory()
    attempt = Attempt(gnet.pipeline, source, destination)
    settle(3)
    workers[0].kill()
    assert isinstance(attempt.outcome(), AbortError)
    assert destination.destroyed
    settle()


def test_a_function_that_never_began_is_not_waited_for() -> None:
    """The signal fires before its greenlet runs."""
    controller = AbortController()
    source, destination, done = Closing(b"x"), Memory(), must_call()
    gnet.pipeline(source, destination, done, signal=controller.signal)
    controller.abort("enough")
    [(error,)] = done.wait()
    assert isinstance(error, AbortError)
    assert error.cause == "enough"
    assert not source.left
    assert destination.destroyed
    settle()


def test_a_signal_destroys_all_of_it() -> None:
    """`AbortError` with the reason as its cause."""
    controller = AbortController()
    source, destination = Memory(), Memory()
    attempt = Attempt(gnet.pipeline, source, destination, {"signal": controller.signal})
    settle()
    controller.abort("enough")
    error = attempt.outcome()
    assert isinstance(error, AbortError)
    assert error.cause == "enough"
    assert source.destroyed
    assert destination.destroyed
    assert get_event_listeners(controller.signal, "abort") == []
    settle()


def test_a_pipeline_that_is_through_forgets_its_signal() -> None:
    """Firing it later destroys nothing."""
    controller = AbortController()
    destination = Memory()
    with guarded("the pipeline"):
        gnet.pipeline([b"x"], destination, {"signal": controller.signal, "end": False})
    assert get_event_listeners(controller.signal, "abort") == []
    controller.abort()
    settle()
    assert destination.writable
    destination.destroy()


def test_errors_that_come_after_success_are_the_stream_s_own() -> None:
    """They are reported: nobody listens any more."""
    destination = Memory(allow_half_open=True)
    with guarded("the pipeline"):
        gnet.pipeline([b"x"], destination, {"end": False})
    heard = must_call()
    destination.on("error", heard)
    destination.destroy(OSError("later"))
    heard.wait()
    settle()


def test_what_the_callback_raises_is_reported_once(uncaught: Uncaught) -> None:
    """It belongs to no stream."""
    destination = Memory()
    error = KeyError("mine")

    def fail(_: object) -> None:
        raise error

    called = must_call(fail)
    gnet.pipeline([b"x"], destination, called)
    while not called.calls:
        settle()
    settle()
    assert [value for *_, value in uncaught] == [error]
    destination.destroy()


# ---------------------------------------------------------------- misuse


def test_fewer_than_two_streams_are_refused() -> None:
    """``ERR_MISSING_ARGS``."""
    stream = Memory()
    for arguments in ([], [stream], [[stream]], [stream, {}], [stream, must_not_call()]):
        with pytest.raises(TypeError) as caught:
            gnet.pipeline(*arguments)
        assert code(caught.value) == "ERR_MISSING_ARGS"
    stream.destroy()


@pytest.mark.parametrize("source", [1, "text", b"bytes", None, object()])
def test_a_source_must_be_iterable(source: Any) -> None:
    """And not text or bytes, which would come in single letters."""
    stream = Memory()
    with pytest.raises(TypeError) as caught:
        gnet.pipeline(source, stream)
    assert code(caught.value) == "ERR_INVALID_ARG_TYPE"
    with pytest.raises(TypeError) as caught:
        gnet.pipeline(lambda: source, stream)
    assert code(caught.value) == "ERR_INVALID_RETURN_VALUE"
    stream.destroy()


def test_a_part_in_the_middle_must_be_a_stream_or_a_function() -> None:
    """``ERR_INVALID_ARG_TYPE``."""
    stream = Memory()
    with pytest.raises(TypeError) as caught:
        gnet.pipeline([b"x"], [b"y"], stream)
    assert code(caught.value) == "ERR_INVALID_ARG_TYPE"
    stream.destroy()


def test_a_function_in_the_middle_must_return_an_iterable() -> None:
    """``ERR_INVALID_RETURN_VALUE``, with its number."""
    stream = Memory()
    with pytest.raises(TypeError, match=r"transform\[1\]") as caught:
        gnet.pipeline([b"x"], upper, lambda chunks: 1, stream)
    assert code(caught.value) == "ERR_INVALID_RETURN_VALUE"
    stream.destroy()


def test_a_signal_must_be_one() -> None:
    """``ERR_INVALID_ARG_TYPE``."""
    stream = Memory()
    with pytest.raises(TypeError) as caught:
        gnet.pipeline([b"x"], stream, {"signal": 1})
    assert code(caught.value) == "ERR_INVALID_ARG_TYPE"
    stream.destroy()


def test_a_destroyed_destination_is_refused() -> None:
    """``ERR_STREAM_UNABLE_TO_PIPE``."""
    source, destination = Memory(), Memory().destroy()
    source.on("error", must_not_call())
    with pytest.raises(gnet.GnetError) as caught:
        gnet.pipeline(source, destination)
    assert code(caught.value) == "ERR_STREAM_UNABLE_TO_PIPE"
    source.destroy()
