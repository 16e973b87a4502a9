"""``AbortController`` and ``AbortSignal``: one object that says "give it up" to many.

Node: globals, "Class: AbortController". A signal's listeners take one argument, the event, which
has ``type`` (``'abort'``) and ``target`` (the signal). They run in the greenlet that aborts, or
in a worker if that is the hub.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from gnet.checks import check_function, check_number
from gnet.dispatcher import dispatcher, in_hub, report
from gnet.errors import AbortError, GnetError, node_error
from gnet.symbols import ABSENT

__all__ = ["AbortController", "AbortSignal", "Disposable", "add_abort_listener"]


@dataclass(frozen=True)
class AbortEvent:
    """What a signal's listeners get."""

    target: AbortSignal
    type: str = "abort"


class AbortSignal:
    """Tells whether something was aborted, and calls back when it is.

    Made by an `AbortController`, or by `abort`, `timeout` and `any`.
    """

    __slots__ = (
        "__weakref__",
        "_aborted",
        "_followers",
        "_listeners",
        "_max_listeners",
        "onabort",
        "reason",
    )

    def __init__(self) -> None:
        self._aborted = False
        #: What was given to ``abort()``; None before.
        self.reason: Any = None
        #: Called first when the signal fires.
        self.onabort: Callable[[AbortEvent], object] | None = None
        self._listeners: list[Callable[[AbortEvent], object]] = []
        self._followers: list[AbortSignal] = []  # made by any(): no listeners of anybody's
        self._max_listeners: float = 0

    def __repr__(self) -> str:
        return f"<AbortSignal aborted={self._aborted}>"

    @property
    def aborted(self) -> bool:
        """Whether the signal has fired."""
        return self._aborted

    def throw_if_aborted(self) -> None:
        """Raise the reason if the signal has fired; `AbortError` if that is no exception."""
        if self._aborted:
            if isinstance(self.reason, BaseException):
                raise self.reason
            raise AbortError(self.reason)

    throwIfAborted = throw_if_aborted

    def add_event_listener(
        self,
        type: str,
        listener: Callable[[AbortEvent], object],
        options: dict[str, Any] | None = None,
    ) -> None:
        """Call ``listener`` when the signal fires. A second time adds nothing.

        Args:
            type: ``'abort'``; nothing else ever happens to a signal.
            listener: Takes the event.
            options: As in Node; ``{'once': True}`` is true anyway, as a signal fires once.
        """
        if type == "abort" and listener not in self._listeners:
            self._listeners.append(listener)

    addEventListener = add_event_listener

    def remove_event_listener(self, type: str, listener: Callable[[AbortEvent], object]) -> None:
        """Take that listener off."""
        if type == "abort":
            self._listeners = [entry for entry in self._listeners if entry != listener]

    removeEventListener = remove_event_listener

    def get_max_listeners(self) -> float:
        """The limit set with ``events.set_max_listeners``; 0, the default, means any number."""
        return self._max_listeners

    getMaxListeners = get_max_listeners

    def set_max_listeners(self, n: float) -> AbortSignal:
        """Set that limit. It is only kept: a signal never warns."""
        self._max_listeners = n
        return self

    setMaxListeners = set_max_listeners

    def _fire(self, reason: Any) -> None:
        if self._aborted:
            return
        self._aborted = True
        self.reason = AbortError() if reason is ABSENT else reason
        if in_hub():
            dispatcher().defer(lambda _: self._call_listeners())
        else:
            self._call_listeners()

    def _call_listeners(self) -> None:
        event = AbortEvent(self)
        if self.onabort is not None:
            self._call(self.onabort, event)
        for listener in list(self._listeners):
            if listener in self._listeners:  # one that came before may have taken it off
                self._call(listener, event)
        self._listeners = []
        followers, self._followers = self._followers, []
        for follower in followers:
            follower._fire(self.reason)

    def _call(self, listener: Callable[[AbortEvent], object], event: AbortEvent) -> None:
        try:
            listener(event)
        except Exception as error:  # an event target calls the others all the same
            report(self, error)

    @classmethod
    def abort(cls, reason: Any = ABSENT) -> AbortSignal:
        """A signal that has fired already."""
        signal = cls()
        signal._fire(reason)
        return signal

    @classmethod
    def timeout(cls, msecs: float) -> AbortSignal:
        """A signal that fires after so many milliseconds, with a ``TimeoutError`` code."""
        check_number(msecs, "delay")
        if msecs != msecs or msecs % 1:
            raise node_error("ERR_OUT_OF_RANGE", "delay", "an integer", msecs)
        if not 0 <= msecs <= 2**32 - 1:
            raise node_error("ERR_OUT_OF_RANGE", "delay", ">= 0 && <= 4294967295", msecs)
        signal = cls()
        reason = GnetError("TimeoutError", "The operation was aborted due to timeout")
        timer = dispatcher().clock.timer(msecs / 1000, ref=False)

        def expire() -> None:
            timer.close()
            signal._fire(reason)

        timer.start(expire)
        return signal

    @classmethod
    def any(cls, signals: Iterable[AbortSignal]) -> AbortSignal:
        """A signal that fires with the first of ``signals``, for that one's reason."""
        combined = cls()
        sources = list(signals)
        for position, source in enumerate(sources):
            check_signal(source, f"signals[{position}]")
        for source in sources:
            if source.aborted:
                combined._fire(source.reason)
                return combined
        for source in sources:
            source._followers.append(combined)
        return combined


class AbortController:
    """Makes a signal fire. Node: globals, "Class: AbortController"."""

    __slots__ = ("_signal",)

    def __init__(self) -> None:
        self._signal = AbortSignal()

    @property
    def signal(self) -> AbortSignal:
        """The signal to hand to those who shall stop."""
        return self._signal

    def abort(self, reason: Any = ABSENT) -> None:
        """Fire the signal; ``reason`` defaults to an `AbortError`. A second call does nothing."""
        self._signal._fire(reason)


class Disposable:
    """Something to undo: by `dispose`, or at the end of a ``with`` block."""

    __slots__ = ("_undo",)

    def __init__(self, undo: Callable[[], object]) -> None:
        self._undo: Callable[[], object] | None = undo

    def dispose(self) -> None:
        """Undo it; a second call does nothing."""
        undo, self._undo = self._undo, None
        if undo is not None:
            undo()

    def __enter__(self) -> Disposable:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.dispose()


def check_signal(signal: object, name: str = "signal") -> None:
    """Raise ``ERR_INVALID_ARG_TYPE`` unless ``signal`` is an `AbortSignal`."""
    if not isinstance(signal, AbortSignal):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "AbortSignal", signal)


def add_abort_listener(signal: AbortSignal, listener: Callable[[AbortEvent], object]) -> Disposable:
    """Call ``listener`` once when ``signal`` fires, or soon if it has fired already.

    Returns:
        An object whose ``dispose()`` takes the listener off again.
    Raises:
        TypeError: ``ERR_INVALID_ARG_TYPE`` for a wrong signal or listener.

    Node: events, "events.addAbortListener(signal, listener)".
    """
    check_signal(signal)
    check_function(listener, "listener")
    if signal.aborted:
        dispatcher().defer(lambda _: listener(AbortEvent(signal)))
        return Disposable(lambda: None)
    signal.add_event_listener("abort", listener, {"once": True})
    return Disposable(lambda: signal.remove_event_listener("abort", listener))
