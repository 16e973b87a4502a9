"""Blocking for an event: `once` and `on`, and the other functions of Node's ``events`` module.

Where Node returns a promise or an async iterator, these block the calling greenlet. Two places
must not wait: the hub, and a listener for what only its own return can bring; both raise at once.
Node: events, "events.once(…)", "events.on(…)".
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

from gevent.event import AsyncResult

from gnet.checks import check_number
from gnet.dispatcher import check_can_wait
from gnet.errors import AbortError, node_error
from gnet.events.abort import AbortSignal, Disposable, add_abort_listener, check_signal
from gnet.events.emitter import EventEmitter, Listener
from gnet.symbols import ABSENT

__all__ = [
    "EventIterator",
    "get_event_listeners",
    "get_max_listeners",
    "listener_count",
    "on",
    "once",
    "set_max_listeners",
]

#: JavaScript's largest exact integer, Node's "no limit" for water marks.
_NO_LIMIT = 2**53 - 1


def _option(options: Mapping[str, Any] | None, names: Sequence[str], default: Any) -> Any:
    """The value under the first of ``names`` that a Node options object has."""
    if options is not None and not isinstance(options, Mapping):
        raise node_error("ERR_INVALID_ARG_TYPE", "options", "object", options)
    for name in names:
        if options and options.get(name) is not None:
            return options[name]
    return default


def _live_signal(signal: Any) -> AbortSignal | None:
    if signal is None:
        return None
    check_signal(signal, "options.signal")
    if signal.aborted:
        raise AbortError(signal.reason)
    return signal  # type: ignore[no-any-return]  # checked above


def _check_emitter(emitter: object) -> None:
    if not isinstance(emitter, EventEmitter):
        raise node_error("ERR_INVALID_ARG_TYPE", "emitter", "EventEmitter", emitter)


def _check_target(target: object, name: str = "emitter") -> None:
    if not isinstance(target, (EventEmitter, AbortSignal)):
        raise node_error("ERR_INVALID_ARG_TYPE", name, ["EventEmitter", "EventTarget"], target)


def once(
    emitter: EventEmitter,
    event: Hashable,
    options: Mapping[str, Any] | None = None,
    *,
    signal: AbortSignal | None = None,
) -> list[Any]:
    """Block until ``emitter`` emits ``event``, and return the arguments as a list.

    Args:
        emitter: Any `EventEmitter`.
        event: The event's name.
        options: Node's options object: ``{'signal': …}``.
        signal: Stops the wait with `AbortError` when it fires.
    Raises:
        Exception: The argument of ``'error'`` if that is emitted first (and is not ``event``).
        AbortError: The signal fired.
        GnetError: ``ERR_HUB_CANNOT_WAIT`` in the hub; ``ERR_READ_LANE_WAIT`` in a socket's data
            listener, for what that socket can deliver only after the listener has returned.
        TypeError: ``ERR_INVALID_ARG_TYPE``.

    Leaves no listener behind, however it ends. Node: events, "events.once(emitter, name)".
    Example:
        [socket] = gnet.once(server, 'connection')
    """
    signal = _live_signal(_option(options, ("signal",), signal))
    _check_emitter(emitter)
    check_can_wait("once()")
    emitter._before_wait(event)
    result: AsyncResult[list[Any]] = AsyncResult()

    def resolve(*args: Any) -> None:
        emitter.remove_listener("error", reject)
        result.set(list(args))

    def reject(error: Any = None) -> None:
        emitter.remove_listener(event, resolve)
        result.set_exception(_exception(error))

    def abort(event_: Any) -> None:
        emitter.remove_listener(event, resolve)
        emitter.remove_listener("error", reject)
        result.set_exception(AbortError(event_.target.reason))

    aborted = Disposable(lambda: None) if signal is None else add_abort_listener(signal, abort)
    emitter.once(event, resolve)
    if event != "error":
        emitter.once("error", reject)
    try:
        return result.get()  # type: ignore[return-value]  # blocks until there is one
    finally:
        aborted.dispose()
        emitter.remove_listener(event, resolve)
        emitter.remove_listener("error", reject)


def _exception(error: Any) -> BaseException:
    """What to raise for an ``'error'`` event, which may carry anything."""
    if isinstance(error, BaseException):
        return error
    unhandled: Any = node_error("ERR_UNHANDLED_ERROR", error)
    unhandled.context = error
    return unhandled  # type: ignore[no-any-return]  # a GnetError with an attribute of its own


def on(
    emitter: EventEmitter,
    event: Hashable,
    options: Mapping[str, Any] | None = None,
    *,
    signal: AbortSignal | None = None,
    close: Sequence[Hashable] = (),
    high_water_mark: int = _NO_LIMIT,
    low_water_mark: int = 1,
) -> EventIterator:
    """Iterate over the emissions of an event: each step blocks, and yields a list of arguments.

    Args:
        emitter: Any `EventEmitter`; with a high-water mark it needs ``pause()`` and ``resume()``.
        event: The event's name.
        options: Node's options object: ``signal``, ``close``, ``highWaterMark``, ``lowWaterMark``.
        signal: Ends the iteration with `AbortError` when it fires.
        close: Events that end the iteration after what was emitted before them.
        high_water_mark: The emitter is paused while more emissions than this wait; at least 1.
        low_water_mark: It is resumed when fewer than this wait; at least 1.
    Raises:
        Exception: As for `once`; while iterating, the argument of ``'error'``.

    The iterator takes its listeners off at its end; leaving the loop early needs ``close()``, or
    a ``with`` block around it. Node: events, "events.on(emitter, eventName[, options])".
    """
    signal = _live_signal(_option(options, ("signal",), signal))
    high = _option(options, ("highWaterMark", "highWatermark", "high_water_mark"), high_water_mark)
    low = _option(options, ("lowWaterMark", "lowWatermark", "low_water_mark"), low_water_mark)
    for value, name in ((high, "options.highWaterMark"), (low, "options.lowWaterMark")):
        check_number(value, name)
        if not (math.isfinite(value) and value == int(value)):
            raise node_error("ERR_OUT_OF_RANGE", name, "an integer", value)
        if not 1 <= value <= _NO_LIMIT:
            raise node_error("ERR_OUT_OF_RANGE", name, f">= 1 && <= {_NO_LIMIT}", value)
    _check_emitter(emitter)
    return EventIterator(emitter, event, signal, _option(options, ("close",), close), high, low)


class EventIterator(Iterator[list[Any]]):
    """What `on` returns. ``with`` closes it at the end of the block."""

    def __init__(
        self,
        emitter: EventEmitter,
        event: Hashable,
        signal: AbortSignal | None,
        close: Sequence[Hashable],
        high: int,
        low: int,
    ) -> None:
        self._emitter: Any = emitter
        self._event = event
        self._high, self._low = high, low
        self._waiting_events: deque[list[Any]] = deque()
        self._waiting_readers: deque[AsyncResult[list[Any] | None]] = deque()
        self._error: BaseException | None = None
        self._finished = False
        self._paused = False
        self._undo: list[Callable[[], object]] = []
        self._listen(event, self._on_event)
        if event != "error":
            self._listen("error", self._on_error)
        for name in close:
            self._listen(name, self._on_close)
        if signal is not None:
            source = signal
            disposable = add_abort_listener(
                signal, lambda _: self._on_error(AbortError(source.reason))
            )
            self._undo.append(disposable.dispose)

    def _listen(self, event: Hashable, listener: Listener) -> None:
        self._emitter.on(event, listener)
        self._undo.append(lambda: self._emitter.remove_listener(event, listener))

    def __next__(self) -> list[Any]:
        if self._waiting_events:
            value = self._waiting_events.popleft()
            if self._paused and len(self._waiting_events) < self._low:
                self._paused = False
                self._emitter.resume()
            return value
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        if self._finished:
            raise StopIteration
        check_can_wait("on()")
        self._emitter._before_wait(self._event)
        reader: AsyncResult[list[Any] | None] = AsyncResult()
        self._waiting_readers.append(reader)
        try:
            arrived = reader.get()
        except (
            BaseException
        ) as raised:  # killed or timed out: what comes next is for the next reader
            if reader in self._waiting_readers:
                self._waiting_readers.remove(reader)
            elif reader.successful() and reader.value is not None:
                self._waiting_events.appendleft(reader.value)
            elif reader.exception is not None and reader.exception is not raised:
                self._error = reader.exception
            raise
        if arrived is None:
            raise StopIteration
        return arrived

    def close(self) -> None:
        """End the iteration and take the listeners off. What was not read yet stays readable."""
        while self._undo:
            self._undo.pop()()
        self._finished = True
        self._paused = False
        while self._waiting_readers:
            self._waiting_readers.popleft().set(None)

    def throw(self, error: BaseException) -> None:
        """Make the next step raise ``error``, and end the iteration.

        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE`` if it is no exception.
        """
        if not isinstance(error, BaseException):
            raise node_error("ERR_INVALID_ARG_TYPE", "EventEmitter.AsyncIterator", "Error", error)
        self._on_error(error)

    def __enter__(self) -> EventIterator:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _on_event(self, *args: Any) -> None:
        if self._waiting_readers:
            self._waiting_readers.popleft().set(list(args))
            return
        self._waiting_events.append(list(args))
        if not self._paused and len(self._waiting_events) > self._high:
            self._paused = True
            self._emitter.pause()

    def _on_error(self, error: Any = None) -> None:
        if self._waiting_readers:
            self._waiting_readers.popleft().set_exception(_exception(error))
        else:
            self._error = _exception(error)
        self.close()

    def _on_close(self, *_args: Any) -> None:
        self.close()


def get_event_listeners(emitter: EventEmitter | AbortSignal, event: Hashable) -> list[Listener]:
    """A copy of the listeners of an emitter, or of an `AbortSignal`."""
    _check_target(emitter)
    if isinstance(emitter, AbortSignal):
        return list(emitter._listeners) if event == "abort" else []
    return emitter.listeners(event)


def listener_count(emitter: EventEmitter | AbortSignal, event: Hashable) -> int:
    """How many listeners an emitter or an `AbortSignal` has for an event."""
    _check_target(emitter)
    if isinstance(emitter, AbortSignal):
        return len(get_event_listeners(emitter, event))
    return emitter.listener_count(event)


def get_max_listeners(emitter: EventEmitter | AbortSignal) -> float:
    """The limit of an emitter or an `AbortSignal`."""
    _check_target(emitter)
    return emitter.get_max_listeners()


def set_max_listeners(n: float = ABSENT, *emitters: EventEmitter | AbortSignal) -> None:
    """Set the limit of the emitters, or the default of all when none is given.

    Raises:
        TypeError, ValueError: As `EventEmitter.set_max_listeners`.
    """
    if n is ABSENT:
        n = EventEmitter.default_max_listeners
    check_number(n, "setMaxListeners", 0)
    if not emitters:
        EventEmitter.default_max_listeners = n
    for emitter in emitters:
        _check_target(emitter, "eventTargets")
        emitter.set_max_listeners(n)
