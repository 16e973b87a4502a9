"""The end of a stream, which both of its sides share: ``destroy``, ``'error'``, ``'close'``.

Node: stream, "Errors while destroying", `lib/internal/streams/destroy.js`.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any, TypeVar

import gevent

from gnet.dispatcher import Dispatcher, TaskOwner, report
from gnet.events.emitter import EventEmitter, emit_error
from gnet.states import DESTROYED, LIVE, Life, after

__all__ = ["DEFAULT_HIGH_WATER_MARK", "Stream"]

Self = TypeVar("Self", bound="Stream")

#: Bytes from which on a side holds no more. Node: 64 KiB since version 22.
DEFAULT_HIGH_WATER_MARK = 65536


class Stream(EventEmitter):
    """What has a life, an error it died of, and a context its listeners run in.

    Python lets only one of several base classes have slots; so this class and both sides only
    declare their attributes, and `Duplex` makes the slots of those that every stream needs at
    once. The others have a default here and move to the instance when they are first set.
    """

    __slots__ = ()

    context: contextvars.Context | None
    _dispatcher: Dispatcher
    _life: Life
    _errored: BaseException | None = None
    _error_emitted: bool = False  # not a state: an error can come before or after 'close' is due
    _error_reported: bool = False  # a listener raised it: hub.handle_error has had it already

    @property
    def destroyed(self) -> bool:
        """Whether `destroy` was called. Node: ``destroyed``."""
        return self._life is not LIVE

    @property
    def closed(self) -> bool:
        """Whether what is underneath is closed: from `destroy` on, which does that at once."""
        return self._life is not LIVE

    @property
    def errored(self) -> BaseException | None:
        """The error the stream was destroyed with, or None. Node: ``errored``."""
        return self._errored

    def destroy(self: Self, error: BaseException | None = None) -> Self:
        """Close now: what is unsent or unread is dropped.

        Args:
            error: Emitted as ``'error'`` first; ``'close'`` then says that there was one.
        Returns:
            The stream itself; a second call does nothing.

        ``'error'`` and ``'close'`` follow after the caller has returned. Callbacks of writes that
        were still queued get the error, or ``ERR_STREAM_DESTROYED``. Node: stream,
        "readable.destroy([error])".
        """
        if self._life is LIVE:
            self._dispatcher.check_thread(self)
            if self._errored is None:
                self._errored = error
            self._life = after(self._life, "destroy")
            self._before_destroy()
            if error is not None:
                self._dispatcher.defer(lambda _: self._emit_error(error), self)
            self._dispatcher.defer(Stream._fall_silent, self)
            self._destroy(error)
        return self

    def nodejs_rejection(self, error: BaseException, event: object, *args: Any) -> None:
        """Destroy the stream whose asynchronous listener failed. Node: ``Symbol.for(…)``."""
        self.destroy(error)

    def _before_destroy(self) -> None:
        """Queue what has to be told before ``'error'``."""

    def _destroy(self, error: BaseException | None) -> None:
        """Let go of what is underneath, and see to it that `_emit_close` is called in the end."""
        raise AssertionError("a subclass says what is underneath")

    def _fall_silent(self) -> None:
        if self._life is DESTROYED:
            self._life = after(self._life, "silence")

    def _emit_then(self, event: str, follow: Callable[[], object]) -> None:
        """Emit, then call ``follow``: in a turn of its own if a listener blocks or raises."""
        if event not in self._events:
            follow()
            return
        due = [follow]

        def run(_: object = None) -> None:
            if due:
                due.pop()()

        self._dispatcher.defer(run, self)
        self.emit(event)
        run()

    def _emit_error(self, error: BaseException) -> None:
        self._error_emitted = True
        emit_error(self, error, reported=self._error_reported)

    def _on_unheard_error(self, error: BaseException) -> None:
        """Report an ``'error'`` that only a pipe has heard, or fail with it if it was made up."""
        if self._error_emitted:
            emit_error(self, error, reported=self._error_reported)
        else:
            self.destroy(error)

    def _emit_close(self, *args: Any) -> None:
        self._life = after(self._life, "close")
        self.emit("close", *args)

    # ---------------------------------------------------------------- as owner of tasks

    def _task_owner(self) -> TaskOwner:
        return self

    def _on_task_error(self, error: BaseException) -> None:
        """Destroy the stream whose listener raised, and report that once."""
        if isinstance(error, gevent.GreenletExit):
            self.destroy()  # its worker was killed, which is no error of the program's
            return
        self._error_reported = True
        # What ends the process, such as SystemExit, is no error of this stream's.
        self.destroy(error if isinstance(error, (Exception, gevent.Timeout)) else None)
        report(self, error)
