"""``finished``: told once, or waited for, however a stream ends, and nothing left behind."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
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
    run_in_hub,
    settle,
)

import gnet
from gnet import AbortController, AbortError
from gnet.events.waiting import get_event_listeners


def code(error: object) -> Any:
    """The code of an error, which it must be."""
    assert isinstance(error, BaseException), error
    return getattr(error, "code", None)


# ---------------------------------------------------------------- properties


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["feed", "eof", "resume", "pause", "write", "hold", "release", "end", "settle"]
        ),
        max_size=16,
    ),
    st.sampled_from(["end", "destroy", "destroy with an error"]),
    st.booleans(),
    st.integers(0, 16),
)
def test_the_callback_comes_exactly_once(
    moves: list[str], ending: str, half_open: bool, position: int
) -> None:
    """Whatever the stream does, and whenever one begins to listen."""
    stream = Memory(allow_half_open=half_open)
    stream.on("error", lambda _: None)
    told = must_call()
    moves = [*moves[:position], "listen", *moves[position:]]
    has_eof = False
    for move in moves:
        match move:
            case "listen":
                gnet.finished(stream, told)
                assert told.calls == []  # never before the call has returned
            case "feed" if not has_eof:
                stream.feed(b"x")
            case "eof" if not has_eof:
                has_eof = True
                stream.feed(None)
            case "write" if stream.writable:
                stream.write(b"x")
            case "hold":
                stream.holds = True
            case "release":
                stream.release()
            case "settle":
                settle()
            case "resume" | "pause" | "end":
                getattr(stream, move)()
    error = RuntimeError("enough") if ending == "destroy with an error" else None
    was_over = bool(told.calls)
    if ending == "end":
        stream.holds = False
        if not has_eof:
            stream.feed(None)
        stream.resume().end()
        while stream.held is not None:
            stream.release()
            settle()
    else:
        stream.destroy(error)
    settle(3)
    [(failure,)] = told.wait()
    if ending == "end":
        assert failure is None
    elif not was_over and failure is not None:
        assert failure is error or code(failure) == "ERR_STREAM_PREMATURE_CLOSE"
    stream.destroy()


# ---------------------------------------------------------------- both forms


def test_the_callback_is_told_when_both_halves_are_over() -> None:
    """With None."""
    stream = Memory(allow_half_open=True)
    told = must_call()
    gnet.finished(stream, told)
    stream.end()
    settle()
    assert told.calls == []
    stream.resume().feed(None)
    assert told.wait() == [(None,)]


def test_without_a_callback_it_waits() -> None:
    """And returns None."""
    stream = Memory().resume()
    attempt = Attempt(gnet.finished, stream)
    settle()
    assert attempt.is_waiting
    stream.feed(None)
    assert attempt.outcome() is None


def test_it_raises_what_the_stream_died_of() -> None:
    """The very error."""
    stream = Memory()
    attempt = Attempt(gnet.finished, stream)
    settle()
    error = OSError("broken")
    stream.destroy(error)
    assert attempt.outcome() is error


def test_a_stream_closed_before_its_end_is_cut_short() -> None:
    """``ERR_STREAM_PREMATURE_CLOSE``."""
    stream = Memory()
    attempt = Attempt(gnet.finished, stream)
    settle()
    stream.destroy()
    assert code(attempt.outcome()) == "ERR_STREAM_PREMATURE_CLOSE"


@pytest.mark.parametrize("as_keyword", [False, True])
@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("half", ["readable", "writable"])
def test_one_half_can_be_waited_for(half: str, waits: bool, as_keyword: bool) -> None:
    """As an option in a mapping or as a keyword, with a callback or without."""
    stream = Memory(allow_half_open=True).resume()
    other = {"readable": "writable", "writable": "readable"}[half]
    arguments: list[Any] = [] if as_keyword else [{other: False, "unknown": 1}]
    keywords: dict[str, Any] = {other: False} if as_keyword else {}
    told = must_call()
    if waits:
        attempt = Attempt(gnet.finished, stream, *arguments, **keywords)
        settle()
    else:
        gnet.finished(stream, *arguments, told, **keywords)
    if half == "readable":
        stream.feed(None)
    else:
        stream.end()
    if waits:
        told(attempt.outcome())
    assert told.wait() == [(None,)]
    stream.destroy()


def test_a_stream_that_is_over_already_is_told_of_later() -> None:
    """In a turn of its own, whichever half is asked for."""
    stream = Memory().resume().feed(None)
    settle(2)
    assert stream.closed
    for options in ({}, {"readable": False}, {"writable": False}):
        told = must_call()
        gnet.finished(stream, options, told)
        assert told.calls == []
        assert told.wait() == [(None,)]
        with guarded("the end"):
            assert gnet.finished(stream, options) is None


def test_a_half_that_is_over_already_is_told_of_later() -> None:
    """The stream lives on for its other half."""
    stream = Memory(allow_half_open=True).resume().feed(None)
    settle()
    told = must_call()
    gnet.finished(stream, {"writable": False}, told)
    assert told.wait() == [(None,)]
    stream.destroy()
    stream = Memory()
    stream.end()
    settle()
    told = must_call()
    gnet.finished(stream, told, readable=False)
    assert told.wait() == [(None,)]
    stream.destroy()


def test_an_error_event_counts_unless_it_shall_not() -> None:
    """The option ``error``; what the stream was destroyed with counts in any case."""
    for counts in (True, False):
        stream = Memory()
        stream.on("error", lambda _: None)
        told = must_call(times=int(counts))
        undo = gnet.finished(stream, told, error=counts)
        error = OSError("made up")
        stream.emit("error", error)
        assert told.calls == [(error,)] * counts
        undo()
        stream.destroy()
        settle()


# ---------------------------------------------------------------- leaving nothing behind


def test_the_function_that_is_returned_takes_all_listeners_off() -> None:
    """The callback is not called any more."""
    stream = Memory()
    before = listeners_of(stream)
    controller = AbortController()
    undo = gnet.finished(stream, {"signal": controller.signal}, must_not_call())
    assert listeners_of(stream) == {"end": 1, "finish": 1, "error": 1, "close": 1}
    undo()
    undo()
    assert listeners_of(stream) == before
    controller.abort()
    stream.resume().feed(None)
    settle(2)
    assert stream.closed


def test_waiting_with_cleanup_leaves_no_listener() -> None:
    """Without it, one for 'error' stays, so that late errors are not reported."""
    for cleanup in (True, False):
        stream = Memory(allow_half_open=True).resume()
        attempt = Attempt(gnet.finished, stream, {"cleanup": cleanup, "writable": False})
        settle()
        stream.feed(None)
        assert attempt.outcome() is None
        assert listeners_of(stream).get("error", 0) == (not cleanup)
        if not cleanup:
            stream.destroy(OSError("late, and heard"))
        stream.destroy()
        settle()


@pytest.mark.parametrize("reason", [gevent.GreenletExit, gevent.Timeout(1), KeyError])
def test_who_stops_waiting_leaves_nothing(reason: Any) -> None:
    """No listener on the stream, none on the signal; the stream goes on."""
    stream = Memory()
    before = listeners_of(stream)
    controller = AbortController()
    attempt = Attempt(gnet.finished, stream, signal=controller.signal)
    settle()
    assert listeners_of(stream) != before
    kind = type(reason) if isinstance(reason, BaseException) else reason
    assert isinstance(attempt.kill(reason), kind)
    assert listeners_of(stream) == before
    assert get_event_listeners(controller.signal, "abort") == []
    assert not stream.destroyed
    stream.destroy()


def test_a_signal_gives_it_up_and_leaves_the_stream() -> None:
    """`AbortError` with the reason, in both forms."""
    stream = Memory()
    before = listeners_of(stream)
    controller, told = AbortController(), must_call()
    gnet.finished(stream, {"signal": controller.signal}, told)
    attempt = Attempt(gnet.finished, stream, signal=controller.signal)
    settle()
    controller.abort("enough")
    for error in (told.calls[0][0], attempt.outcome()):
        assert isinstance(error, AbortError)
        assert error.cause == "enough"
    assert listeners_of(stream) == before
    assert not stream.destroyed
    stream.destroy()
    settle()


def test_a_signal_that_has_fired_is_told_of_later() -> None:
    """Unless the stream's end is."""
    stream = Memory()
    told = must_call()
    gnet.finished(stream, {"signal": gnet.AbortSignal.abort()}, told)
    assert told.calls == []
    [(error,)] = told.wait()
    assert isinstance(error, AbortError)
    undone = gnet.finished(stream, {"signal": gnet.AbortSignal.abort()}, must_not_call())
    undone()
    stream.resume().feed(None)
    settle(2)
    told = must_call()
    gnet.finished(stream, {"signal": gnet.AbortSignal.abort()}, told)
    assert told.wait() == [(None,)]


def test_a_signal_is_forgotten_with_the_end() -> None:
    """It holds nothing of the stream."""
    stream = Memory().resume()
    controller, told = AbortController(), must_call()
    gnet.finished(stream, {"signal": controller.signal}, told)
    stream.feed(None)
    told.wait()
    assert get_event_listeners(controller.signal, "abort") == []


# ---------------------------------------------------------------- where it cannot wait


def test_it_cannot_wait_for_the_end_in_the_read_lane() -> None:
    """What comes first is the listener's return."""
    stream = Memory().feed(b"x")
    codes: list[Any] = []

    def on_data(_: bytes) -> None:
        with pytest.raises(gnet.GnetError) as caught:
            gnet.finished(stream)
        codes.append(code(caught.value))

    stream.on("data", on_data)
    settle()
    assert codes == ["ERR_READ_LANE_WAIT"]
    assert listeners_of(stream) == {"data": 1}
    stream.destroy()


def test_it_can_wait_for_the_finish_in_the_read_lane() -> None:
    """What was written goes out beside it."""
    stream = Memory().feed(b"x")
    stream.holds = True

    def on_data(_: bytes) -> None:
        stream.end(b"answer")
        stream.release()
        gnet.finished(stream, readable=False)

    listener = must_call(on_data)
    stream.on("data", listener)
    listener.wait()
    assert stream.writable_finished
    stream.destroy()


def test_it_can_wait_for_the_finish_when_the_end_was_heard() -> None:
    """In its very listener."""
    stream = Memory().resume().feed(None)
    listener = must_call(lambda: gnet.finished(stream))
    stream.on("end", listener)
    listener.wait()
    assert stream.writable_finished
    settle()


def test_it_cannot_wait_in_the_hub() -> None:
    """``ERR_HUB_CANNOT_WAIT``."""
    stream = Memory()
    with pytest.raises(gnet.GnetError) as caught:
        run_in_hub(gnet.finished, stream)
    assert code(caught.value) == "ERR_HUB_CANNOT_WAIT"
    assert listeners_of(stream) == {}
    stream.destroy()


def test_it_cannot_wait_in_another_thread() -> None:
    """``ERR_FOREIGN_THREAD``."""
    stream = Memory()
    with pytest.raises(gnet.GnetError) as caught:
        in_thread(lambda: gnet.finished(stream))
    assert code(caught.value) == "ERR_FOREIGN_THREAD"
    stream.destroy()


# ---------------------------------------------------------------- misuse


@pytest.mark.parametrize(
    "arguments",
    [
        (None,),
        ("text", must_call),
        (gnet.EventEmitter(), must_call),
        (Memory, 1),
        (Memory, None, 1),
        (Memory, {}, 1),
        (Memory, {"signal": 1}),
        (Memory, {"signal": 1}, must_call),
        (Memory, {"cleanup": 1}),
    ],
)
def test_wrong_arguments_are_refused(arguments: tuple[Any, ...]) -> None:
    """``ERR_INVALID_ARG_TYPE``, and no listener stays."""
    stream = Memory()
    given = [stream if argument is Memory else argument for argument in arguments]
    given = [len if argument is must_call else argument for argument in given]
    with pytest.raises(TypeError) as caught:
        gnet.finished(*given)
    assert code(caught.value) == "ERR_INVALID_ARG_TYPE"
    assert listeners_of(stream) == {}
    stream.destroy()
