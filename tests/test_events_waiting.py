"""``once`` and ``on`` as blocking calls: what they leave behind, and where they refuse to wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import gevent
import pytest
from gevent.event import Event
from support import guarded, must_call, run_in_hub, settle

from gnet import AbortController, AbortError, EventEmitter, GnetError, events, on, once

Call: TypeAlias = "gevent.Greenlet[..., tuple[Any, Exception | None]]"


def waiting(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Call:
    """A greenlet that is in the middle of a call which blocks."""

    def call() -> tuple[Any, Exception | None]:
        try:
            return function(*args, **kwargs), None
        except Exception as error:  # for outcome() to raise
            return None, error

    greenlet: Call = gevent.spawn(call)
    gevent.sleep(0)
    assert not greenlet.ready()
    return greenlet


def outcome(call: Call) -> Any:
    """What the call returned or raised."""
    with guarded("the call"):
        value, error = call.get()
    if error is not None:
        raise error
    return value


# ---------------------------------------------------------------- once


def test_once_blocks_and_returns_the_arguments() -> None:
    """As a list, since an event may have any number of them."""
    emitter = EventEmitter()
    call = waiting(once, emitter, "x")
    emitter.emit("x", 1, "two")
    assert outcome(call) == [1, "two"]


def test_once_does_not_hold_up_the_emit() -> None:
    """The waiting greenlet goes on when the emitting one lets it."""
    emitter, steps = EventEmitter(), []

    def wait() -> None:
        once(emitter, "x")
        steps.append("woken")

    call = waiting(wait)
    emitter.emit("x")
    steps.append("emit returned")
    outcome(call)
    assert steps == ["emit returned", "woken"]


def test_all_that_wait_for_an_event_get_it() -> None:
    """In the order in which they began."""
    emitter, order = EventEmitter(), []

    def wait(name: str) -> None:
        once(emitter, "x")
        order.append(name)

    calls = [waiting(wait, name) for name in "abc"]
    emitter.emit("x")
    for call in calls:
        outcome(call)
    assert order == ["a", "b", "c"]


def test_once_raises_the_error_that_comes_instead() -> None:
    """The very object."""
    emitter, error = EventEmitter(), ValueError("made up")
    call = waiting(once, emitter, "x")
    emitter.emit("error", error)
    with pytest.raises(ValueError, match="made up") as caught:
        outcome(call)
    assert caught.value is error


def test_once_wraps_an_error_that_is_no_exception() -> None:
    """``context`` has what was emitted."""
    emitter = EventEmitter()
    call = waiting(once, emitter, "x")
    emitter.emit("error", "bad")
    with pytest.raises(GnetError) as caught:
        outcome(call)
    error: Any = caught.value
    assert (error.code, error.context) == ("ERR_UNHANDLED_ERROR", "bad")


def test_once_for_error_returns_it() -> None:
    """Who asks for it gets it like any event."""
    emitter, error = EventEmitter(), ValueError("made up")
    call = waiting(once, emitter, "error")
    emitter.emit("error", error)
    assert outcome(call) == [error]


def test_once_stopped_by_a_timeout_leaves_no_listener() -> None:
    """The usual way to wait for a while."""
    emitter = EventEmitter()
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.001):
        once(emitter, "x")
    assert emitter.event_names() == []


def test_a_killed_once_leaves_no_listener() -> None:
    """Whoever waits may be killed."""
    emitter = EventEmitter()
    waiting(once, emitter, "x").kill()
    assert emitter.event_names() == []


def test_a_killed_once_leaves_no_listener_on_its_signal() -> None:
    """A signal lives long: what stays there is a leak."""
    emitter, controller = EventEmitter(), AbortController()
    waiting(once, emitter, "x", signal=controller.signal).kill()
    assert events.listener_count(controller.signal, "abort") == 0


def test_once_that_has_got_its_event_leaves_no_listener_on_its_signal() -> None:
    """Nor on the emitter."""
    emitter, controller = EventEmitter(), AbortController()
    call = waiting(once, emitter, "x", signal=controller.signal)
    emitter.emit("x")
    outcome(call)
    assert events.listener_count(controller.signal, "abort") == 0
    assert emitter.event_names() == []


def test_once_raises_when_its_signal_fires() -> None:
    """With the signal's reason as the cause."""
    emitter, controller = EventEmitter(), AbortController()
    call = waiting(once, emitter, "x", signal=controller.signal)
    reason = ValueError("made up")
    controller.abort(reason)
    with pytest.raises(AbortError) as caught:
        outcome(call)
    assert caught.value.__cause__ is reason
    assert emitter.event_names() == []


@pytest.mark.parametrize("give", ["keyword", "mapping"])
def test_once_takes_the_signal_in_python_and_in_node_form(give: str) -> None:
    """As keyword, or in an options object."""
    controller = AbortController()
    controller.abort()
    options: Any = {"signal": controller.signal}
    with pytest.raises(AbortError):
        once(EventEmitter(), "x", **options) if give == "keyword" else once(
            EventEmitter(), "x", options
        )


def test_once_in_the_hub_raises_and_leaves_nothing() -> None:
    """There nothing may wait."""
    emitter = EventEmitter()
    with pytest.raises(GnetError) as caught:
        run_in_hub(once, emitter, "x")
    assert caught.value.code == "ERR_HUB_CANNOT_WAIT"
    assert emitter.event_names() == []


def test_once_in_a_listener_of_the_same_plain_emitter_is_allowed() -> None:
    """Only a read lane is serial: here another greenlet may well emit."""
    emitter, got = EventEmitter(), []

    def listener() -> None:
        got.append(once(emitter, "y"))

    emitter.on("x", must_call(listener))
    emitting = waiting(emitter.emit, "x")
    emitter.emit("y", 1)
    outcome(emitting)
    assert got == [[1]]


# ---------------------------------------------------------------- on


def test_on_yields_in_the_order_of_the_emits() -> None:
    """Those that came while the loop's body was busy included."""
    emitter = EventEmitter()
    arriving = on(emitter, "x")
    emitter.emit("x", 1)
    emitter.emit("x", 2)
    call = waiting(lambda: [next(arriving), next(arriving), next(arriving)])
    emitter.emit("x", 3)
    assert outcome(call) == [[1], [2], [3]]
    arriving.close()


def test_several_readers_share_the_emissions_of_an_iterator() -> None:
    """Each goes to one of them, in the order in which they began to wait."""
    emitter = EventEmitter()
    with on(emitter, "x") as arriving:
        readers = [waiting(next, arriving) for _ in range(3)]
        for number in range(3):
            emitter.emit("x", number)
        assert [outcome(reader) for reader in readers] == [[0], [1], [2]]


def test_leaving_the_with_block_takes_the_listeners_off() -> None:
    """The way to leave a loop early."""
    emitter = EventEmitter()
    with on(emitter, "x") as arriving:
        emitter.emit("x", 1)
        for _ in arriving:
            break
    assert emitter.event_names() == []


def test_a_killed_loop_in_a_with_block_leaves_no_listener() -> None:
    """However the block ends."""
    emitter = EventEmitter()

    def read() -> None:
        with on(emitter, "x") as arriving:
            for _ in arriving:
                pass

    waiting(read).kill()
    assert emitter.event_names() == []


def test_a_timeout_in_a_with_block_leaves_no_listener() -> None:
    """The same for a loop that is given up."""
    emitter = EventEmitter()
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.001), on(emitter, "x") as arriving:
        next(arriving)
    assert emitter.event_names() == []


def test_an_emission_after_a_reader_was_interrupted_is_for_the_next_one() -> None:
    """The interrupted reader has taken nothing with it."""
    emitter = EventEmitter()
    with on(emitter, "x") as arriving:
        waiting(next, arriving).kill()
        emitter.emit("x", 1)
        assert next(arriving) == [1]


def test_an_emission_that_comes_as_its_reader_is_killed_is_for_the_next_one() -> None:
    """It was handed over, but never arrived: nothing that was emitted may get lost."""
    emitter = EventEmitter()
    with on(emitter, "x", close=["end"]) as arriving:
        reader = waiting(next, arriving)
        reader.kill(block=False)  # it dies in the loop's next turn,
        emitter.emit("x", 1)  # and until then it is the one that waits
        reader.join()
        emitter.emit("end")
        assert list(arriving) == [[1]]


def test_closing_the_iterator_ends_a_loop_that_waits() -> None:
    """From another greenlet."""
    emitter = EventEmitter()
    arriving = on(emitter, "x")
    call = waiting(list, arriving)
    arriving.close()
    assert outcome(call) == []


def test_on_leaves_no_listener_on_its_signal() -> None:
    """After ``close``."""
    emitter, controller = EventEmitter(), AbortController()
    with on(emitter, "x", signal=controller.signal):
        assert events.listener_count(controller.signal, "abort") == 1
    assert events.listener_count(controller.signal, "abort") == 0


def test_on_in_the_hub_raises_when_it_would_wait() -> None:
    """What has arrived already can be had there."""
    emitter = EventEmitter()
    with on(emitter, "x") as arriving:
        emitter.emit("x", 1)
        assert run_in_hub(next, arriving) == [1]
        with pytest.raises(GnetError) as caught:
            run_in_hub(next, arriving)
        assert caught.value.code == "ERR_HUB_CANNOT_WAIT"


def test_a_waiting_loop_costs_the_emitter_nothing() -> None:
    """An emit does not wait for the body of a loop."""
    emitter, gate, done = EventEmitter(), Event(), []

    def read() -> None:
        with on(emitter, "x", close=["end"]) as arriving:
            for [number] in arriving:
                gate.wait()
                done.append(number)

    reader = waiting(read)
    for number in range(3):
        emitter.emit("x", number)
    emitter.emit("end")
    settle()
    assert done == []
    gate.set()
    outcome(reader)
    assert done == [0, 1, 2]
