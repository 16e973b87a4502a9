"""What Python and gevent add to Node's ``EventEmitter``; what Node has is in ``conformance``."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import textwrap
import weakref
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import Any

import gevent
import pytest
from gevent.event import Event
from hypothesis import given
from hypothesis import strategies as st
from support import GUARD_S, ROOT, in_thread, must_call, must_not_call, run_in_hub, settle

from gnet import EventEmitter, GnetError, GnetTypeError, MaxListenersExceededWarning

Uncaught = list[tuple[Any, type[BaseException], BaseException]]

# ---------------------------------------------------------------- decorators


@pytest.mark.parametrize("method", ["on", "once", "add_listener", "addListener"])
def test_without_a_listener_it_is_a_decorator(method: str) -> None:
    """What is decorated is added, and stays what it was."""
    emitter, calls = EventEmitter(), []

    def listener(value: int) -> None:
        calls.append(value)

    assert getattr(emitter, method)("x")(listener) is listener
    assert emitter.listeners("x") == [listener]
    emitter.emit("x", 1)
    assert calls == [1]


def test_the_once_decorator_adds_for_one_call() -> None:
    """It is ``once`` in another form."""
    emitter = EventEmitter()
    emitter.once("x")(must_call())
    assert emitter.emit("x") is True
    assert emitter.emit("x") is False


def test_a_decorator_refuses_what_the_call_refuses() -> None:
    """A coroutine function is no listener in either form."""
    emitter = EventEmitter()
    with pytest.raises(GnetTypeError):

        @emitter.on("x")
        async def listener() -> None: ...

    assert emitter.event_names() == []


# ---------------------------------------------------------------- coroutine functions


async def coroutine_function() -> None:
    """Never awaited here."""


async def async_generator() -> AsyncIterator[int]:
    """Never iterated here."""
    yield 1


class WithCoroutines:
    """Has all the forms in which a class can carry a coroutine function."""

    async def method(self) -> None:
        """A coroutine method."""

    @classmethod
    async def class_method(cls) -> None:
        """A coroutine class method."""

    @staticmethod
    async def static_method() -> None:
        """A coroutine static method."""


class CallableCoroutine:
    """A callable object whose call makes a coroutine."""

    async def __call__(self) -> None:
        """Never awaited here."""


class CallableAsyncGenerator:
    """A callable object whose call makes an async generator."""

    async def __call__(self) -> AsyncIterator[int]:
        """Never iterated here."""
        yield 1


_COROUTINES = {
    "function": coroutine_function,
    "async generator": async_generator,
    "bound method": WithCoroutines().method,
    "class method": WithCoroutines.class_method,
    "static method": WithCoroutines.static_method,
    "callable object": CallableCoroutine(),
    "callable object, async generator": CallableAsyncGenerator(),
    "partial": functools.partial(coroutine_function),
    "partial of partial": functools.partial(functools.partial(coroutine_function)),
    "partial of method": functools.partial(WithCoroutines().method),
    "partial of async generator": functools.partial(async_generator),
    "partial of callable object": functools.partial(CallableCoroutine()),
}


@pytest.mark.parametrize("listener", _COROUTINES.values(), ids=_COROUTINES.keys())
def test_a_coroutine_function_is_refused(listener: Callable[..., object]) -> None:
    """Nothing would await it, so the error comes at once and says what to do."""
    emitter = EventEmitter()
    with pytest.raises(TypeError, match="spawned") as caught:
        emitter.on("x", listener)
    assert getattr(caught.value, "code", None) == "ERR_INVALID_ARG_TYPE"
    assert emitter.event_names() == []


@pytest.mark.parametrize(
    "method", ["on", "once", "add_listener", "prepend_listener", "prepend_once_listener"]
)
def test_every_way_to_add_refuses_a_coroutine_function(method: str) -> None:
    """Whichever method it is."""
    emitter = EventEmitter()
    with pytest.raises(GnetTypeError):
        getattr(emitter, method)("x", coroutine_function)
    assert emitter.event_names() == []


@pytest.mark.parametrize(
    "listener",
    [print, functools.partial(print), str, [].append, lambda: coroutine_function],
    ids=["builtin", "partial", "class", "bound builtin", "lambda"],
)
def test_any_plain_callable_is_a_listener(listener: Callable[..., object]) -> None:
    """Not only functions that ``def`` has made."""
    assert EventEmitter().on("x", listener).listeners("x") == [listener]


# ---------------------------------------------------------------- bound methods


class Owner:
    """Has a method to listen with."""

    def __init__(self) -> None:
        self.calls = 0

    def method(self) -> None:
        """Count the call."""
        self.calls += 1


def test_a_bound_method_can_be_removed() -> None:
    """Each access makes a new object, but it is the same listener."""
    emitter, owner = EventEmitter(), Owner()
    emitter.on("x", owner.method)
    emitter.off("x", owner.method)
    assert emitter.emit("x") is False


def test_a_one_time_bound_method_can_be_removed() -> None:
    """Also in its wrapper."""
    emitter, owner = EventEmitter(), Owner()
    emitter.once("x", owner.method).off("x", owner.method)
    assert emitter.emit("x") is False


def test_the_same_method_of_another_object_is_another_listener() -> None:
    """Removing one leaves the other."""
    emitter, one, two = EventEmitter(), Owner(), Owner()
    emitter.on("x", one.method).on("x", two.method).off("x", one.method).emit("x")
    assert (one.calls, two.calls) == (0, 1)


def test_a_bound_method_is_counted() -> None:
    """``listener_count`` compares as ``off`` does."""
    emitter, owner = EventEmitter(), Owner()
    emitter.on("x", owner.method).once("x", owner.method)
    assert emitter.listener_count("x", owner.method) == 2


# ---------------------------------------------------------------- blocking listeners


def test_a_listener_removed_while_an_earlier_one_blocks_is_still_called() -> None:
    """An emit walks the listeners that there were when it began."""
    emitter, gate, entered = EventEmitter(), Event(), Event()

    def blocking() -> None:
        entered.set()
        gate.wait()

    second = must_call()
    emitter.on("x", blocking).on("x", second)
    emitting = gevent.spawn(emitter.emit, "x")
    entered.wait()
    emitter.off("x", second)
    gate.set()
    emitting.get()


def test_a_listener_added_while_an_earlier_one_blocks_waits_for_the_next_emit() -> None:
    """However long the emit takes."""
    emitter, gate, entered = EventEmitter(), Event(), Event()

    def blocking() -> None:
        entered.set()
        gate.wait()

    emitter.once("x", blocking)
    emitting = gevent.spawn(emitter.emit, "x")
    entered.wait()
    late = must_call()
    emitter.on("x", late)
    gate.set()
    emitting.get()
    assert late.calls == []
    emitter.emit("x")


def test_a_one_time_listener_that_blocks_is_not_called_by_a_second_emit() -> None:
    """It is off before it runs."""
    emitter, gate = EventEmitter(), Event()
    emitter.once("x", must_call(gate.wait))
    emitting = gevent.spawn(emitter.emit, "x")
    gevent.sleep(0)
    assert emitter.emit("x") is False
    gate.set()
    assert emitting.get() is True


def test_two_emits_can_be_under_way_at_once() -> None:
    """An emitter has no lock: a listener that blocks holds up only its own emit."""
    emitter, gate, inside = EventEmitter(), Event(), []

    def blocking(name: str) -> None:
        inside.append(name)
        gate.wait()

    emitter.on("x", blocking)
    emitting = [gevent.spawn(emitter.emit, "x", name) for name in "ab"]
    gevent.sleep(0)
    assert inside == ["a", "b"]
    gate.set()
    gevent.joinall(emitting)


def test_a_listener_killed_while_it_blocks_ends_its_emit_only() -> None:
    """The emitter is as it was."""
    emitter, gate = EventEmitter(), Event()
    calls = must_call(lambda: gate.wait(), times=2)
    emitter.on("x", calls)
    emitting = gevent.spawn(emitter.emit, "x")
    gevent.sleep(0)
    emitting.kill()
    gate.set()
    assert emitter.emit("x") is True


# ---------------------------------------------------------------- the hub, threads


def test_an_error_emitted_in_the_hub_without_listener_is_reported(uncaught: Uncaught) -> None:
    """A callback of the loop has no caller that would hear it."""
    error = ValueError("made up")
    gevent.get_hub().loop.run_callback(EventEmitter().emit, "error", error)
    settle()
    settle()
    assert [value for _, _, value in uncaught] == [error]


def test_emits_in_the_hub_keep_their_order() -> None:
    """They are tasks like others."""
    emitter, order = EventEmitter(), list[int]()
    emitter.on("x", order.append)
    run_in_hub(lambda: [emitter.emit("x", number) for number in range(5)])
    settle()
    assert order == [0, 1, 2, 3, 4]


def test_an_emitter_serves_any_thread() -> None:
    """It has no hub of its own, unlike sockets and servers."""
    emitter = EventEmitter()
    emitter.on("x", must_call())
    assert in_thread(lambda: emitter.emit("x")) is True


def test_an_emitter_needs_no_hub() -> None:
    """Made and used in a plain program it starts no loop."""
    program = """
        import json
        from gnet.events import EventEmitter
        from gevent._hub_local import get_hub_if_exists
        heard = []
        emitter = EventEmitter().on('x', heard.append).once('x', heard.append)
        emitter.emit('x', 1)
        emitter.emit('x', 2)
        print(json.dumps([heard, get_hub_if_exists() is None]))
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=True,
    )
    assert json.loads(done.stdout) == [[1, 1, 2], True]


# ---------------------------------------------------------------- errors


def test_what_a_listener_raises_reaches_the_emit_and_stops_the_others() -> None:
    """As any call of a function does."""
    emitter, error = EventEmitter(), ValueError("made up")

    def raising() -> None:
        raise error

    emitter.on("x", raising).on("x", must_not_call())
    with pytest.raises(ValueError, match="made up") as caught:
        emitter.emit("x")
    assert caught.value is error


def test_an_unheard_error_that_is_no_exception_is_wrapped() -> None:
    """Python can raise exceptions only; the thing itself is in ``context``."""
    with pytest.raises(GnetError) as caught:
        EventEmitter().emit("error", {"a": 1})
    error: Any = caught.value
    assert (error.code, error.context) == ("ERR_UNHANDLED_ERROR", {"a": 1})


def test_an_unheard_base_exception_is_raised_as_it_is() -> None:
    """``gevent.Timeout`` is an exception although it is no ``Exception``."""
    timeout = gevent.Timeout(1)
    with pytest.raises(gevent.Timeout) as caught:
        EventEmitter().emit("error", timeout)
    assert caught.value is timeout


# ---------------------------------------------------------------- the warning


def _by_on(emitter: EventEmitter) -> None:
    emitter.on("x", print)


def _by_add_listener(emitter: EventEmitter) -> None:
    emitter.add_listener("x", print)


def _by_once(emitter: EventEmitter) -> None:
    emitter.once("x", print)


def _by_prepend_listener(emitter: EventEmitter) -> None:
    emitter.prepend_listener("x", print)


def _by_prepend_once_listener(emitter: EventEmitter) -> None:
    emitter.prepend_once_listener("x", print)


def _by_on_decorator(emitter: EventEmitter) -> None:
    @emitter.on("x")
    def listener() -> None: ...


def _by_once_decorator(emitter: EventEmitter) -> None:
    @emitter.once("x")
    def listener() -> None: ...


@pytest.mark.parametrize(
    "add",
    [
        _by_on,
        _by_add_listener,
        _by_once,
        _by_prepend_listener,
        _by_prepend_once_listener,
        _by_on_decorator,
        _by_once_decorator,
    ],
)
def test_the_warning_points_at_the_caller(add: Callable[[EventEmitter], object]) -> None:
    """A line inside gnet would tell nobody where the leak is."""
    emitter = EventEmitter().set_max_listeners(1).on("x", str)
    with pytest.warns(MaxListenersExceededWarning) as caught:
        add(emitter)
    code: Any = add.__code__
    lines = {line for _, _, line in code.co_lines() if line is not None}
    assert caught[0].filename == __file__
    assert caught[0].lineno in lines


def test_the_warning_tells_what_and_how_many() -> None:
    """Program and reader can both use it."""
    emitter = EventEmitter().set_max_listeners(1).on("x", str)
    with pytest.warns(MaxListenersExceededWarning) as caught:
        emitter.on("x", str)
    warning: Any = caught[0].message
    assert (warning.emitter, warning.type, warning.count) == (emitter, "x", 2)
    assert "2 x listeners added to [EventEmitter]" in str(warning)


def test_a_warning_that_is_an_error_leaves_the_listener() -> None:
    """As it stands when the warning is only shown: a filter must not change what is added."""
    emitter = EventEmitter().set_max_listeners(1).on("x", str)
    with pytest.raises(MaxListenersExceededWarning):
        emitter.on("x", print)
    assert emitter.listeners("x") == [str, print]


# ---------------------------------------------------------------- subclasses


def test_an_emitter_can_be_an_abstract_base_class() -> None:
    """Its metaclass goes together with ``ABC``, and abstract methods stay abstract."""

    class Base(EventEmitter, ABC):
        @abstractmethod
        def work(self) -> None: ...

    class Complete(Base):
        def work(self) -> None:
            self.emit("worked")

    with pytest.raises(TypeError):
        Base()  # type: ignore[abstract]  # that is the point
    complete = Complete()
    complete.on("worked", must_call())
    complete.work()


def test_an_emitter_takes_arbitrary_attributes() -> None:
    """Ported code hangs its state on emitters, as JavaScript does."""
    emitter: Any = EventEmitter()
    emitter.user = "anna"
    assert emitter.user == "anna"


def test_a_subclass_can_have_slots() -> None:
    """They go beside those of the emitter."""

    class Slotted(EventEmitter):
        __slots__ = ("user",)

    emitter: Any = Slotted()
    emitter.user = "anna"
    emitter.on("x", must_call())
    emitter.emit("x")


def test_an_emitter_can_be_referenced_weakly() -> None:
    """And goes with its last strong reference: nothing in gnet holds it."""
    emitter = EventEmitter().on("x", print)
    reference = weakref.ref(emitter)
    del emitter
    assert reference() is None


def test_setting_a_limit_for_a_subclass_sets_the_default_of_all() -> None:
    """There is one default, as in Node, wherever it is assigned."""
    before = EventEmitter.default_max_listeners

    class Sub(EventEmitter):
        pass

    try:
        Sub.default_max_listeners = 3
        assert EventEmitter().get_max_listeners() == 3
    finally:
        EventEmitter.default_max_listeners = before


def test_an_unknown_keyword_is_a_type_error() -> None:
    """A typo in a keyword is not swallowed; Node's options object may hold what it likes."""
    with pytest.raises(TypeError):
        EventEmitter(capture_rejection=True)  # type: ignore[call-arg]  # the typo
    EventEmitter({"captureRejection": True})


# ---------------------------------------------------------------- against a model

LISTENERS = 3
EVENTS = ("x", "y")
operations = st.lists(
    st.tuples(
        st.sampled_from(
            ["on", "once", "prepend_listener", "prepend_once_listener", "off", "emit", "clear"]
        ),
        st.sampled_from(EVENTS),
        st.integers(0, LISTENERS - 1),
    ),
    max_size=40,
)


@given(operations)
def test_listeners_behave_as_a_plain_list(steps: list[tuple[str, str, int]]) -> None:
    """Adding, removing and emitting in any order agree with a list of (listener, once) pairs."""
    emitter = EventEmitter().set_max_listeners(0)
    called: list[int] = []
    listeners = [functools.partial(called.append, number) for number in range(LISTENERS)]
    model: dict[str, list[tuple[int, bool]]] = {event: [] for event in EVENTS}
    for step, event, number in steps:
        entries = model[event]
        if step == "emit":
            called.clear()
            assert emitter.emit(event) is bool(entries)
            assert called == [who for who, _ in entries]
            model[event] = [entry for entry in entries if not entry[1]]
        elif step == "clear":
            emitter.remove_all_listeners(event)
            entries.clear()
        elif step == "off":
            emitter.off(event, listeners[number])
            last = [place for place, entry in enumerate(entries) if entry[0] == number][-1:]
            for place in last:
                del entries[place]
        else:
            getattr(emitter, step)(event, listeners[number])
            place = 0 if "prepend" in step else len(entries)
            entries.insert(place, (number, "once" in step))
        for name, expected in model.items():
            assert emitter.listeners(name) == [listeners[who] for who, _ in expected]
            assert emitter.listener_count(name) == len(expected)
        assert set(emitter.event_names()) == {name for name, expected in model.items() if expected}


@given(st.lists(st.sampled_from(["stay", "leave", "add", "remove next"]), max_size=8))
def test_an_emit_calls_those_that_were_there(deeds: list[str]) -> None:
    """Whatever listeners do to the list during an emit, it is for the next one."""
    emitter, called = EventEmitter().set_max_listeners(0), []
    listeners: list[Callable[[], None]] = []

    def listener(number: int, deed: str) -> None:
        called.append(number)
        if deed == "leave":
            emitter.off("x", listeners[number])
        elif deed == "add":
            emitter.on("x", lambda: called.append(-1))
        elif deed == "remove next" and number + 1 < len(listeners):
            emitter.off("x", listeners[number + 1])

    for number, deed in enumerate(deeds):
        listeners.append(functools.partial(listener, number, deed))
        emitter.on("x", listeners[-1])
    emitter.emit("x")
    assert called == list(range(len(deeds)))


def test_the_monitor_hears_an_error_emitted_in_the_hub_once() -> None:
    """It is handed to a worker as a whole; the monitor comes first, as in Node."""
    emitter = EventEmitter()
    heard: list[tuple[str, object]] = []
    emitter.on("error", lambda error: heard.append(("error", error)))
    emitter.on(EventEmitter.error_monitor, lambda error: heard.append(("monitor", error)))
    failure = ValueError("x")
    assert run_in_hub(lambda: emitter.emit("error", failure))
    settle()
    assert heard == [("monitor", failure), ("error", failure)]
