"""``AbortController`` and ``AbortSignal``: firing once, in order, and leaving nothing behind."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from support import FakeClock, guarded, listening, must_call, must_not_call, run_in_hub, settle

from gnet import AbortController, AbortError, AbortSignal, GnetError, events
from gnet.dispatcher import in_hub
from gnet.events import Disposable, add_abort_listener

Uncaught = list[tuple[Any, type[BaseException], BaseException]]

# ---------------------------------------------------------------- firing


def test_a_signal_tells_that_it_has_fired_and_why() -> None:
    """Before, it tells neither."""
    controller, reason = AbortController(), ValueError("made up")
    assert (controller.signal.aborted, controller.signal.reason) == (False, None)
    controller.abort(reason)
    assert (controller.signal.aborted, controller.signal.reason) == (True, reason)


def test_listeners_are_called_in_order_by_the_one_who_aborts() -> None:
    """``abort`` returns when they have."""
    controller, order = AbortController(), []
    controller.signal.add_event_listener("abort", lambda _: order.append("first"))
    controller.signal.add_event_listener("abort", lambda _: order.append("second"))
    controller.abort()
    assert order == ["first", "second"]


def test_a_listener_gets_the_event() -> None:
    """Which names its type and the signal."""
    controller, heard = AbortController(), must_call()
    controller.signal.add_event_listener("abort", heard)
    controller.abort()
    [(event,)] = heard.calls
    assert (event.type, event.target) == ("abort", controller.signal)


def test_onabort_is_called() -> None:
    """Assigning it is the short way to listen."""
    controller = AbortController()
    controller.signal.onabort = must_call()
    controller.abort()


def test_a_second_abort_does_nothing() -> None:
    """The first reason stands, and nobody is called again."""
    controller = AbortController()
    controller.signal.add_event_listener("abort", must_call())
    controller.abort("first")
    controller.abort("second")
    assert controller.signal.reason == "first"


def test_the_default_reason_is_an_abort_error() -> None:
    """With Node's code."""
    controller = AbortController()
    controller.abort()
    assert isinstance(controller.signal.reason, AbortError)
    assert controller.signal.reason.code == "ABORT_ERR"


def test_none_is_a_reason() -> None:
    """It stands for null, which Node keeps; only an argument that is left out has a default."""
    controller = AbortController()
    controller.abort(None)
    assert controller.signal.reason is None
    assert AbortSignal.abort(None).reason is None


def test_a_listener_added_twice_is_called_once() -> None:
    """An event target is a set of listeners, unlike an emitter."""
    controller, heard = AbortController(), must_call()
    controller.signal.add_event_listener("abort", heard)
    controller.signal.add_event_listener("abort", heard)
    controller.abort()


def test_a_removed_listener_is_not_called() -> None:
    """Nor is one for another type of event."""
    controller, never = AbortController(), must_not_call()
    controller.signal.add_event_listener("abort", never)
    controller.signal.remove_event_listener("abort", never)
    controller.signal.add_event_listener("other", never)
    controller.abort()


def test_a_listener_removed_by_an_earlier_one_is_not_called() -> None:
    """An event target looks at each listener when its turn comes, unlike an emitter."""
    controller, never = AbortController(), must_not_call()
    signal = controller.signal
    signal.add_event_listener("abort", lambda _: signal.remove_event_listener("abort", never))
    signal.add_event_listener("abort", never)
    controller.abort()


def test_a_listener_added_by_an_earlier_one_is_not_called() -> None:
    """The signal fires but once, and that has begun."""
    controller, never = AbortController(), must_not_call()
    signal = controller.signal
    signal.add_event_listener("abort", lambda _: signal.add_event_listener("abort", never))
    controller.abort()


def test_a_listener_that_raises_is_reported_and_stops_nobody(uncaught: Uncaught) -> None:
    """``abort`` itself raises nothing."""
    controller, error = AbortController(), ValueError("made up")

    def raising(_event: object) -> None:
        raise error

    controller.signal.add_event_listener("abort", raising)
    controller.signal.add_event_listener("abort", must_call())
    controller.abort()
    assert [value for _, _, value in uncaught] == [error]


def test_an_abort_in_the_hub_calls_listeners_in_a_worker() -> None:
    """The signal has fired at once, though."""
    controller, places = AbortController(), []
    controller.signal.add_event_listener("abort", lambda _: places.append(in_hub()))

    def abort() -> tuple[bool, int]:
        controller.abort()
        return controller.signal.aborted, len(places)

    assert run_in_hub(abort) == (True, 0)
    settle()
    assert places == [False]


def test_throw_if_aborted_raises_the_reason() -> None:
    """An exception as it is."""
    reason = ValueError("made up")
    with pytest.raises(ValueError, match="made up") as caught:
        AbortSignal.abort(reason).throw_if_aborted()
    assert caught.value is reason


def test_throw_if_aborted_wraps_a_reason_that_is_no_exception() -> None:
    """Python can raise exceptions only; ``cause`` has the reason."""
    with pytest.raises(AbortError) as caught:
        AbortSignal.abort("enough").throw_if_aborted()
    assert caught.value.cause == "enough"


def test_throw_if_aborted_does_nothing_before() -> None:
    """It can stand in a loop."""
    AbortController().signal.throw_if_aborted()


# ---------------------------------------------------------------- timeout


def test_a_timeout_fires_after_its_time(clock: FakeClock) -> None:
    """Not before; on the clock that the dispatcher owns."""
    signal = AbortSignal.timeout(1000)
    signal.add_event_listener("abort", must_call())
    clock.advance(0.999)
    assert not signal.aborted
    clock.advance(0.001)
    assert signal.aborted


def test_a_timeout_says_that_it_was_one() -> None:
    """Its reason can be told from an ``abort``."""
    signal, fired = AbortSignal.timeout(0), must_call()
    signal.add_event_listener("abort", fired)
    with listening():  # something that keeps the loop going: the signal does not
        fired.wait()
    assert signal.reason.code == "TimeoutError"
    assert "timeout" in str(signal.reason)


def test_a_timeout_keeps_nothing_alive(clock: FakeClock) -> None:
    """A program whose work is done does not wait for it."""
    AbortSignal.timeout(1000)
    assert [timer.ref for timer in clock.timers] == [False]


@pytest.mark.parametrize("msecs", [-1, 2**32, 1.5, float("nan"), float("inf")])
def test_a_timeout_takes_whole_milliseconds_of_32_bits(msecs: float) -> None:
    """As in Node: 0 to 4294967295."""
    with pytest.raises(ValueError, match="delay") as caught:
        AbortSignal.timeout(msecs)
    assert getattr(caught.value, "code", None) == "ERR_OUT_OF_RANGE"


@pytest.mark.parametrize("msecs", ["1", None, True])
def test_a_timeout_takes_numbers_only(msecs: Any) -> None:
    """The text of a number is none."""
    with pytest.raises(TypeError) as caught:
        AbortSignal.timeout(msecs)
    assert getattr(caught.value, "code", None) == "ERR_INVALID_ARG_TYPE"


# ---------------------------------------------------------------- any


def test_any_fires_with_the_first_of_its_sources() -> None:
    """For that one's reason; later ones change nothing."""
    one, two = AbortController(), AbortController()
    signal = AbortSignal.any([one.signal, two.signal])
    signal.add_event_listener("abort", must_call())
    two.abort("two")
    one.abort("one")
    assert signal.reason == "two"


def test_any_of_a_source_that_has_fired_has_fired() -> None:
    """At once."""
    signal = AbortSignal.any([AbortController().signal, AbortSignal.abort("done")])
    assert (signal.aborted, signal.reason) == (True, "done")


def test_any_of_nothing_never_fires() -> None:
    """But it is a signal."""
    assert AbortSignal.any([]).aborted is False


def test_any_can_be_nested() -> None:
    """A combined signal is a source like any other."""
    controller = AbortController()
    signal = AbortSignal.any([AbortSignal.any([controller.signal])])
    controller.abort("deep")
    assert signal.reason == "deep"


def test_any_adds_no_listener_to_its_sources() -> None:
    """One signal for the whole program is combined with one for each request: nothing piles up."""
    controller = AbortController()
    for _ in range(3):
        AbortSignal.any([controller.signal, AbortController().signal])
    assert events.get_event_listeners(controller.signal, "abort") == []


def test_any_takes_signals_only() -> None:
    """Anything else is told by its place."""
    with pytest.raises(TypeError) as caught:
        AbortSignal.any([object()])  # type: ignore[list-item]  # the mistake
    assert getattr(caught.value, "code", None) == "ERR_INVALID_ARG_TYPE"


# ---------------------------------------------------------------- add_abort_listener


def test_an_abort_listener_of_a_fired_signal_is_called_later() -> None:
    """Never before the caller has what it was promised."""
    heard = must_call()
    add_abort_listener(AbortSignal.abort(), heard)
    assert heard.calls == []
    heard.wait()


def test_disposing_takes_the_abort_listener_off() -> None:
    """Twice is once."""
    controller = AbortController()
    disposable = add_abort_listener(controller.signal, must_not_call())
    disposable.dispose()
    disposable.dispose()
    controller.abort()


def test_disposing_in_an_earlier_listener_takes_the_abort_listener_off() -> None:
    """Who has been told already may spare the others."""
    controller = AbortController()
    controller.signal.add_event_listener("abort", lambda _: disposable.dispose())
    disposable = add_abort_listener(controller.signal, must_not_call())
    controller.abort()


def test_the_end_of_a_with_block_takes_the_abort_listener_off() -> None:
    """The shortest way to listen for a while."""
    controller = AbortController()
    with add_abort_listener(controller.signal, must_not_call()) as disposable:
        assert isinstance(disposable, Disposable)
    controller.abort()


def test_what_a_late_abort_listener_raises_is_reported(uncaught: Uncaught) -> None:
    """It has no caller that could hear it."""
    error = ValueError("made up")

    def raising(_event: object) -> None:
        raise error

    add_abort_listener(AbortSignal.abort(), raising)
    settle()
    assert [value for _, _, value in uncaught] == [error]


@pytest.mark.parametrize(
    ("signal", "listener"), [(None, print), (AbortController(), print), (AbortSignal(), None)]
)
def test_an_abort_listener_needs_a_signal_and_a_function(signal: Any, listener: Any) -> None:
    """A controller is no signal."""
    with pytest.raises(GnetError) as caught:
        add_abort_listener(signal, listener)
    assert caught.value.code == "ERR_INVALID_ARG_TYPE"


def test_an_abort_wakes_what_waits() -> None:
    """The listener may be anything that a greenlet blocks on."""
    controller, woken = AbortController(), gevent.event.Event()
    controller.signal.add_event_listener("abort", lambda _: woken.set())
    gevent.spawn(controller.abort)
    with guarded("the abort"):
        woken.wait()
