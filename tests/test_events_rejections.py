"""Listeners that go on after ``emit``: `spawned`, greenlets as results, captured failures."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from gevent.event import Event
from support import guarded, must_call, must_not_call, passed, settle

from gnet import EventEmitter, GnetTypeError, spawned

Uncaught = list[tuple[Any, type[BaseException], BaseException]]


def in_spawned(function: Callable[[], object]) -> Callable[..., object]:
    """The function as a `spawned` listener."""
    return spawned(function)


def in_plain_greenlet(function: Callable[[], object]) -> Callable[..., object]:
    """A listener that returns a greenlet of gevent's own."""
    return lambda: gevent.spawn(function)


# ---------------------------------------------------------------- spawned


def test_emit_does_not_wait_for_a_spawned_listener() -> None:
    """It starts after the emit has returned, and may take its time."""
    emitter, gate, steps = EventEmitter(), Event(), []

    @emitter.on("x")
    @spawned
    def listener() -> None:
        steps.append("starts")
        gate.wait()
        steps.append("ends")
        done.set()

    done = Event()
    emitter.emit("x")
    steps.append("emit returned")
    gevent.sleep(0)
    steps.append("meanwhile")
    gate.set()
    passed(done)
    assert steps == ["emit returned", "starts", "meanwhile", "ends"]


def test_each_call_of_a_spawned_listener_has_a_greenlet_of_its_own() -> None:
    """Two calls can be under way at once."""
    emitter, gate, inside = EventEmitter(), Event(), []

    def listener(name: str) -> None:
        inside.append((name, gevent.getcurrent()))
        gate.wait()

    emitter.on("x", spawned(listener))
    emitter.emit("x", "a")
    emitter.emit("x", "b")
    gevent.sleep(0)
    assert [name for name, _ in inside] == ["a", "b"]
    assert len({greenlet for _, greenlet in inside}) == 2
    gate.set()


def test_a_spawned_function_keeps_its_name() -> None:
    """And its docstring: it can be told in a traceback or a listing."""

    def serve() -> None:
        """Serve."""

    assert (spawned(serve).__name__, spawned(serve).__doc__) == ("serve", "Serve.")


def test_a_spawned_function_can_be_called_directly() -> None:
    """It takes any arguments, and returns the greenlet."""
    greenlet = spawned(lambda a, *, b: a + b)(1, b=2)
    with guarded("the greenlet"):
        assert greenlet.get() == 3


def test_a_spawned_listener_sees_the_context_of_its_emit() -> None:
    """What a 'connection' listener has set is there."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    emitter, seen = EventEmitter(), []
    heard = must_call(lambda: seen.append(variable.get()))
    emitter.on("x", spawned(heard))

    def emit() -> None:
        variable.set("set")
        emitter.emit("x")

    contextvars.Context().run(emit)
    heard.wait()
    assert seen == ["set"]


def test_a_spawned_coroutine_function_is_refused() -> None:
    """Nothing would await what its greenlet returns."""

    async def coroutine_function() -> None: ...

    emitter = EventEmitter()
    with pytest.raises(GnetTypeError) as caught:
        emitter.on("x", spawned(coroutine_function))
    assert caught.value.code == "ERR_INVALID_ARG_TYPE"


def test_the_failure_of_a_spawned_listener_is_reported_once(uncaught: Uncaught) -> None:
    """Nobody else hears it unless the emitter captures."""
    emitter, error = EventEmitter(), ValueError("made up")

    def failing() -> None:
        raise error

    emitter.on("error", must_not_call()).on("x", spawned(failing))
    emitter.emit("x")
    gevent.sleep(0)
    settle()
    assert [value for _, _, value in uncaught] == [error]


# ---------------------------------------------------------------- captured failures


def test_a_captured_failure_of_a_spawned_listener_is_not_reported_as_well() -> None:
    """Somebody has heard it: the 'error' listener."""
    emitter, error = EventEmitter(capture_rejections=True), ValueError("made up")

    def failing() -> None:
        raise error

    heard = must_call()
    emitter.on("error", heard).on("x", spawned(failing))
    emitter.emit("x")
    assert heard.wait() == [(error,)]


@pytest.mark.parametrize("returned_by", [in_spawned, in_plain_greenlet])
def test_a_captured_failure_comes_after_the_code_behind_the_emit(
    returned_by: Callable[[Callable[[], object]], Callable[..., object]], uncaught: Uncaught
) -> None:
    """As a rejected promise does."""
    emitter, steps = EventEmitter(capture_rejections=True), []

    def failing() -> None:
        raise ValueError("made up")

    heard = must_call(lambda _error: steps.append("error"))
    emitter.on("error", heard).on("x", returned_by(failing))
    emitter.emit("x")
    steps.append("behind the emit")
    heard.wait()
    assert steps == ["behind the emit", "error"]


@pytest.mark.parametrize("returned_by", [in_spawned, in_plain_greenlet])
def test_a_timeout_is_captured_like_any_failure(
    returned_by: Callable[[Callable[[], object]], Callable[..., object]], uncaught: Uncaught
) -> None:
    """``gevent.Timeout`` is no ``Exception``, and the usual way in which a listener fails."""
    emitter, timeout = EventEmitter(capture_rejections=True), gevent.Timeout(1)

    def failing() -> None:
        raise timeout

    heard = must_call()
    emitter.on("error", heard).on("x", returned_by(failing))
    emitter.emit("x")
    gevent.sleep(0)
    settle()
    assert heard.calls == [(timeout,)]


@pytest.mark.parametrize("returned_by", [in_spawned, in_plain_greenlet])
def test_a_killed_listener_is_no_failure(
    returned_by: Callable[[Callable[[], object]], Callable[..., object]],
) -> None:
    """Whoever killed it knows."""
    emitter, workers = EventEmitter(capture_rejections=True), list[Any]()

    def blocking() -> None:
        workers.append(gevent.getcurrent())
        Event().wait()

    emitter.on("error", must_not_call()).on("x", returned_by(blocking))
    emitter.emit("x")
    gevent.sleep(0)
    workers[0].kill()
    settle()


def test_a_failure_that_is_over_when_the_listener_returns_is_captured(uncaught: Uncaught) -> None:
    """The greenlet may have failed before anybody looks."""
    emitter, error = EventEmitter(capture_rejections=True), ValueError("made up")

    def failing() -> None:
        raise error

    def listener() -> gevent.Greenlet[..., Any]:
        greenlet = gevent.spawn(failing)
        greenlet.join()
        return greenlet

    heard = must_call()
    emitter.on("error", heard).on("x", listener)
    emitter.emit("x")
    assert heard.wait() == [(error,)]


def test_a_captured_failure_that_nobody_hears_is_reported(uncaught: Uncaught) -> None:
    """Without an 'error' listener it must not get lost."""
    emitter, error = EventEmitter(capture_rejections=True), ValueError("made up")

    def failing() -> None:
        raise error

    emitter.on("x", spawned(failing))
    emitter.emit("x")
    gevent.sleep(0)
    settle()
    assert [value for _, _, value in uncaught] == [error]


def test_an_error_listener_that_fails_in_turn_is_not_captured(uncaught: Uncaught) -> None:
    """Otherwise it would be called for its own failure, for ever."""
    emitter, second = EventEmitter(capture_rejections=True), ValueError("second")

    def failing() -> None:
        raise ValueError("first")

    def failing_too() -> None:
        raise second

    heard = must_call(lambda _error: spawned(failing_too)())
    emitter.on("error", heard).on("x", spawned(failing))
    emitter.emit("x")
    heard.wait()
    gevent.sleep(0)
    settle()
    assert [value for _, _, value in uncaught] == [second]


def test_a_captured_failure_reaches_the_rejection_method_first() -> None:
    """With the event's name and arguments; 'error' is not emitted then."""

    class Emitter(EventEmitter):
        def nodejs_rejection(self, *args: object) -> None:
            rejected(*args)

    rejected, error = must_call(), ValueError("made up")

    def failing(_argument: object) -> None:
        raise error

    emitter = Emitter(capture_rejections=True)
    emitter.on("error", must_not_call()).on("x", spawned(failing))
    emitter.emit("x", "argument")
    assert rejected.wait() == [(error, "x", "argument")]


def test_results_that_are_no_greenlets_are_ignored() -> None:
    """A listener may return what it likes."""
    emitter = EventEmitter(capture_rejections=True)
    emitter.on("x", lambda: ValueError("a result")).on("error", must_not_call())
    emitter.emit("x")
    settle()
