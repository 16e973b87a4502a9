"""``EventEmitter``: registration of listeners and the synchronous call of them.

It knows no socket and no server, so that it serves any gevent program. All it asks of the
dispatcher is a greenlet when ``emit`` is called in the hub, and a later turn for a captured
rejection. Node: events, "Class: EventEmitter".

Listeners of an event stand in a tuple that is replaced, never changed, when one is added or
removed. So ``emit`` walks a snapshot without copying anything, and a listener may add and remove
as it likes.
"""

from __future__ import annotations

import sys
import warnings
from abc import ABCMeta
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar, overload

import gevent
from gevent.hub import Hub

from gnet.checks import check_function, check_listener, check_number
from gnet.dispatcher import NOBODY, TaskOwner, dispatcher, in_hub, report
from gnet.errors import MaxListenersExceededWarning, node_error
from gnet.events.rejections import watch_rejection
from gnet.symbols import ABSENT, Symbol, capture_rejection_symbol, error_monitor

__all__ = ["EventEmitter", "Listener", "emit_error"]

Listener = Callable[..., object]
AnyListener = TypeVar("AnyListener", bound=Listener)
Self = TypeVar("Self", bound="EventEmitter")

_getcurrent = gevent.getcurrent


class _Once:
    """A listener that takes itself off before its only call; ``listener`` is the original."""

    __slots__ = ("_emitter", "_event", "_fired", "listener")

    def __init__(self, emitter: EventEmitter, event: Hashable, listener: Listener) -> None:
        self._emitter = emitter
        self._event = event
        self._fired = False
        self.listener = listener

    def __call__(self, *args: Any) -> object:
        if self._fired:
            return None
        self._fired = True
        self._emitter.remove_listener(self._event, self)
        return self.listener(*args)

    def __repr__(self) -> str:
        return f"<once {self.listener!r}>"


def _original(listener: Listener) -> Listener:
    return listener.listener if isinstance(listener, _Once) else listener


class _EmitterType(ABCMeta):
    """Checks what is assigned to ``EventEmitter.default_max_listeners`` and its sibling.

    It derives from ``ABCMeta`` so that an emitter can also be an abstract base class.
    """

    _default_max_listeners: float = 10
    _default_capture: bool = False

    @property
    def default_max_listeners(cls) -> float:
        """The limit of every emitter without one of its own; assigning 0 or ``inf`` lifts it."""
        return _EmitterType._default_max_listeners

    @default_max_listeners.setter
    def default_max_listeners(cls, value: float) -> None:
        check_number(value, "defaultMaxListeners", 0)
        _EmitterType._default_max_listeners = value

    defaultMaxListeners = default_max_listeners

    @property
    def capture_rejections(cls) -> bool:
        """Whether emitters made from now on capture rejections."""
        return _EmitterType._default_capture

    @capture_rejections.setter
    def capture_rejections(cls, value: bool) -> None:
        if not isinstance(value, bool):
            raise node_error(
                "ERR_INVALID_ARG_TYPE", "EventEmitter.captureRejections", "boolean", value
            )
        _EmitterType._default_capture = value

    captureRejections = capture_rejections


class EventEmitter(metaclass=_EmitterType):
    """Calls listeners by the name of an event, in the order in which they were added.

    Args:
        options: Node's options object: ``{'captureRejections': True}``. Other keys are ignored.
        capture_rejections: Route the failure of a greenlet that a listener returns to the
            ``nodejs_rejection`` method, or to ``'error'``.

    An event's name is any hashable object. Listeners of one ``emit`` run one after another in the
    greenlet that called it; in the hub, where nothing may block, the call is handed to a worker.

    Node: events, "Class: EventEmitter". Differs: listeners get no ``this``; a coroutine function
    is refused; an integer name keeps its place in `event_names`.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_capture_rejections",
        "_events",
    )

    _events: dict[Hashable, tuple[Listener, ...]]
    _capture_rejections: bool
    _routing: tuple[object, ...] = ()  # greenlets that are telling a captured rejection
    _max_listeners: float | None = None
    _warned: set[Hashable] | None = None

    error_monitor = error_monitor
    errorMonitor = error_monitor
    capture_rejection_symbol = capture_rejection_symbol
    captureRejectionSymbol = capture_rejection_symbol

    def __init__(
        self,
        options: Mapping[str, Any] | None = None,
        *,
        capture_rejections: bool = False,
    ) -> None:
        if options is not None:
            capture_rejections = options.get(
                "captureRejections", options.get("capture_rejections", capture_rejections)
            )
        if capture_rejections and not isinstance(capture_rejections, bool):
            raise node_error(
                "ERR_INVALID_ARG_TYPE", "options.captureRejections", "boolean", capture_rejections
            )
        self._events = {}
        self._capture_rejections = capture_rejections or _EmitterType._default_capture

    # ---------------------------------------------------------------- adding

    @overload
    def on(self: Self, event: Hashable, listener: Listener) -> Self: ...
    @overload
    def on(self, event: Hashable) -> Callable[[AnyListener], AnyListener]: ...
    def on(self, event: Hashable, listener: Any = ABSENT) -> Any:
        """Add a listener behind the others; without one, a decorator that adds what it decorates.

        Args:
            event: The event's name.
            listener: Called with the arguments of ``emit``. Added twice, it is called twice.
        Returns:
            The emitter, for chaining.
        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE`` if ``listener`` is no function, or a coroutine
                function.

        Emits ``'newListener'`` before, and warns with `MaxListenersExceededWarning` once when
        the event has more listeners than allowed. Node: events, "emitter.on(eventName, listener)".
        Example:
            @server.on('connection')
            def greet(socket): socket.end('hello')
        """
        if listener is ABSENT:
            return lambda function: (self.on(event, function), function)[1]
        return self._add(event, listener)

    @overload
    def add_listener(self: Self, event: Hashable, listener: Listener) -> Self: ...
    @overload
    def add_listener(self, event: Hashable) -> Callable[[AnyListener], AnyListener]: ...
    def add_listener(self, event: Hashable, listener: Any = ABSENT) -> Any:
        """Do as `on`, of which it is the other name."""
        return self.on(event, listener)

    addListener = add_listener

    @overload
    def once(self: Self, event: Hashable, listener: Listener) -> Self: ...
    @overload
    def once(self, event: Hashable) -> Callable[[AnyListener], AnyListener]: ...
    def once(self, event: Hashable, listener: Any = ABSENT) -> Any:
        """Add a listener for the next ``emit`` only: it is taken off, then called.

        Arguments, result and errors as for `on`. Node: events, "emitter.once(…)".
        """
        if listener is ABSENT:
            return lambda function: (self.once(event, function), function)[1]
        check_listener(listener)
        return self.on(event, _Once(self, event, listener))

    def prepend_listener(self: Self, event: Hashable, listener: Listener) -> Self:
        """Add a listener before the others. Otherwise as `on`."""
        return self._add(event, listener, prepend=True)

    prependListener = prepend_listener

    def prepend_once_listener(self: Self, event: Hashable, listener: Listener) -> Self:
        """Add a one-time listener before the others. Otherwise as `once`."""
        check_listener(listener)
        return self.prepend_listener(event, _Once(self, event, listener))

    prependOnceListener = prepend_once_listener

    def _add(self: Self, event: Hashable, listener: Listener, prepend: bool = False) -> Self:
        check_listener(listener)
        if "newListener" in self._events:
            # Before adding: a 'newListener' listener that adds some puts them in front.
            self.emit("newListener", event, _original(listener))
        existing = self._events.get(event)
        if existing is None:
            self._events[event] = (listener,)
            return self
        now = (listener, *existing) if prepend else (*existing, listener)
        self._events[event] = now
        limit = self.get_max_listeners()
        if 0 < limit < len(now) and (self._warned is None or event not in self._warned):
            self._warned = {event, *(self._warned or ())}
            warnings.warn(
                MaxListenersExceededWarning(
                    f"Possible EventEmitter memory leak detected. {len(now)} {event} listeners "
                    f"added to [{type(self).__name__}]. MaxListeners is {limit}. "
                    "Use emitter.setMaxListeners() to increase limit",
                    self,
                    event,
                    len(now),
                ),
                stacklevel=_level_of_caller(),
            )
        return self

    # ---------------------------------------------------------------- removing

    def remove_listener(self: Self, event: Hashable, listener: Listener) -> Self:
        """Take off the latest registration of ``listener``; nothing happens if there is none.

        Emits ``'removeListener'`` after it. Node: events, "emitter.removeListener(…)".

        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE`` if ``listener`` is no function.
        """
        check_function(listener, "listener")
        existing = self._events.get(event, ())
        for position in range(len(existing) - 1, -1, -1):
            entry = existing[position]
            if entry == listener or (isinstance(entry, _Once) and entry.listener == listener):
                break
        else:
            return self
        rest = existing[:position] + existing[position + 1 :]
        if rest:
            self._events[event] = rest
        else:
            del self._events[event]
        if len(rest) < 2 and self._warned:
            self._warned.discard(event)
        if "removeListener" in self._events:
            # Node passes the original of an only listener, and otherwise what it was given.
            self.emit("removeListener", event, listener if rest else _original(entry))
        return self

    removeListener = remove_listener

    def off(self: Self, event: Hashable, listener: Listener) -> Self:
        """Do as `remove_listener`, of which it is the other name."""
        return self.remove_listener(event, listener)

    def remove_all_listeners(self: Self, event: Hashable = ABSENT) -> Self:
        """Take off all listeners of ``event``, the latest first; without one, of every event.

        Emits ``'removeListener'`` for each, those of ``'removeListener'`` itself last.
        Node: events, "emitter.removeAllListeners([eventName])".
        """
        if "removeListener" not in self._events:
            if event is ABSENT:
                self._events = {}
                self._warned = None
            elif self._events.pop(event, None) and self._warned:
                self._warned.discard(event)
        elif event is ABSENT:
            for name in self.event_names():
                if name != "removeListener":
                    self.remove_all_listeners(name)
            self.remove_all_listeners("removeListener")
        else:
            for listener in reversed(self._events.get(event, ())):
                self.remove_listener(event, listener)
        return self

    removeAllListeners = remove_all_listeners

    # ---------------------------------------------------------------- emitting

    def emit(self, event: Hashable, *args: Any) -> bool:
        """Call the event's listeners in order, in this greenlet.

        Args:
            event: The event's name.
            args: Passed to each listener.
        Returns:
            Whether there were listeners.
        Raises:
            Exception: What a listener raises, which stops the others. For ``'error'`` without a
                listener the error itself, or ``ERR_UNHANDLED_ERROR`` with what was emitted
                as ``context`` if that is no exception.

        In the hub the call is queued and listeners run in a worker. Node: events,
        "emitter.emit(eventName[, ...args])".
        """
        listeners = self._events.get(event)
        if listeners is None or event == "error":
            listeners = self._listeners_of_special(event, args)
            if listeners is None:
                return False
        # Each emit pays some 50 ns for this test: user code in the hub would stop the loop.
        if isinstance(_getcurrent(), Hub):
            self._emit_later(event, args)
            return True
        if self._capture_rejections:
            for listener in listeners:
                result = listener(*args)
                if result is not None:
                    watch_rejection(self, result, event, args)
            return True
        for listener in listeners:
            listener(*args)
        return True

    def _emit_later(self, event: Hashable, args: tuple[Any, ...]) -> None:
        # Not in emit() itself: variables of a closure made each of its uses dearer.
        dispatcher().defer(lambda _: self.emit(event, *args), self._task_owner())

    def _listeners_of_special(
        self, event: Hashable, args: tuple[Any, ...]
    ) -> tuple[Listener, ...] | None:
        """Who hears an error, after `error_monitor`; None for another event, which has nobody."""
        if event != "error":
            return None
        is_for_later = event in self._events and in_hub()  # and then all this again
        if error_monitor in self._events and not is_for_later:
            self.emit(error_monitor, *args)
        listeners = self._events.get(event)
        if listeners is None:
            raise _unhandled(args)
        return listeners

    def _task_owner(self) -> TaskOwner:
        """On whose behalf a worker runs what this emitter defers."""
        return NOBODY

    def _before_wait(self, event: Hashable) -> None:
        """Raise if waiting for ``event`` in this greenlet could never end."""

    # ---------------------------------------------------------------- asking

    def listeners(self, event: Hashable) -> list[Listener]:
        """A copy of the event's listeners; one-time listeners as they were given."""
        return [_original(listener) for listener in self._events.get(event, ())]

    def raw_listeners(self, event: Hashable) -> list[Listener]:
        """A copy of the event's listeners; one-time listeners as wrappers with ``listener``."""
        return list(self._events.get(event, ()))

    rawListeners = raw_listeners

    def listener_count(self, event: Hashable, listener: Listener | None = None) -> int:
        """How many listeners the event has, or how often ``listener`` is among them."""
        entries = self._events.get(event, ())
        if listener is None:
            return len(entries)
        return sum(entry == listener or _original(entry) == listener for entry in entries)

    listenerCount = listener_count

    def event_names(self) -> list[Hashable]:
        """The events that have listeners, in the order of their first one, symbols last."""
        return sorted(self._events, key=lambda name: isinstance(name, Symbol))

    eventNames = event_names

    def get_max_listeners(self) -> float:
        """How many listeners an event may have before a warning; 0 means any number."""
        if self._max_listeners is None:
            return _EmitterType._default_max_listeners
        return self._max_listeners

    getMaxListeners = get_max_listeners

    def set_max_listeners(self: Self, n: float) -> Self:
        """Set that number for this emitter; 0 or ``inf`` lifts the limit.

        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE`` if ``n`` is no number.
            ValueError: ``ERR_OUT_OF_RANGE`` if it is negative or not a number at all.
        """
        check_number(n, "setMaxListeners", 0)
        self._max_listeners = n
        return self

    setMaxListeners = set_max_listeners


def _level_of_caller() -> int:
    """How far up the stack the code is that is none of gnet's: whose warning it is."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("gnet."):
        level, frame = level + 1, frame.f_back
    return level


def emit_error(emitter: EventEmitter, error: BaseException, *, reported: bool = False) -> None:
    """Emit ``'error'``; without a listener, hand the error to ``hub.handle_error`` instead.

    What the system did is no fault of the program's: that is reported in one line, without a
    traceback. ``reported`` says that it has been already.
    """
    if "error" in emitter._events:
        emitter.emit("error", error)
        return
    if error_monitor in emitter._events:
        emitter.emit(error_monitor, error)
    if not reported:
        report(emitter, error.with_traceback(None) if isinstance(error, OSError) else error)


def _unhandled(args: tuple[Any, ...]) -> BaseException:
    value = args[0] if args else None
    if isinstance(value, BaseException):
        return value
    error: Any = node_error("ERR_UNHANDLED_ERROR", value)
    error.context = value
    return error  # type: ignore[no-any-return]  # a GnetError with an attribute of its own
