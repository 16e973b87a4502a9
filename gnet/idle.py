"""A transport that tells when nothing has happened for a while: ``set_timeout``.

No timer is touched per message: traffic leaves its time, and the timer looks at that when it
expires. Node: net, "socket.setTimeout(timeout[, callback])".
"""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

from gnet.checks import check_function, check_msecs
from gnet.errors import TimeoutOverflowWarning
from gnet.states import LIVE
from gnet.symbols import ABSENT
from gnet.transport import Transport

__all__ = ["IdleTransport"]

Self = TypeVar("Self", bound="IdleTransport")

#: The longest idle timeout, in milliseconds: a signed 32-bit integer, as in Node.
_LONGEST_TIMEOUT = 2**31 - 1

#: Seconds that are only left over from rounding.
_NO_TIME = 1e-6


class IdleTransport(Transport):
    """A transport with an idle timeout."""

    __slots__ = ()

    _timeout: float | None = None
    _write_progress: int = 0  # how much waited to be sent when the idle timer last looked

    @property
    def timeout(self) -> float | None:
        """The value given to `set_timeout`, in milliseconds, or None."""
        return self._timeout

    def set_timeout(self: Self, msecs: float, callback: Any = ABSENT) -> Self:
        """Emit ``'timeout'`` after a period without traffic; the socket stays open.

        Args:
            msecs: Idle time in milliseconds; 0 switches the timer off. Above 2**31 - 1 it is cut
                to that, with a `TimeoutOverflowWarning`.
            callback: Added as a one-time ``'timeout'`` listener; removed again if ``msecs`` is 0.
        Returns:
            The socket itself.
        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE`` if ``msecs`` is no number, or ``callback`` no
                function.
            ValueError: ``ERR_OUT_OF_RANGE`` if ``msecs`` is negative or not finite.

        It runs while connecting, too, and comes again only after new traffic. A write of which
        some goes out counts as traffic. Node: net, "socket.setTimeout(timeout[, callback])".
        Example:
            socket.set_timeout(3000, socket.destroy)
        """
        if self._life is not LIVE:
            return self
        check_msecs(msecs)
        if callback is not ABSENT:
            check_function(callback, "callback")
        self._dispatcher.check_thread(self)
        self._timeout = msecs
        if msecs > _LONGEST_TIMEOUT:
            text = f"{msecs} does not fit into a 32-bit signed integer."
            warnings.warn(
                TimeoutOverflowWarning(f"{text}\nTimer duration was truncated to 2147483647."),
                stacklevel=2,
            )
            msecs = _LONGEST_TIMEOUT
        self._stop_idle_timer()
        if msecs:
            self._arm_idle_timer(msecs / 1000)
            if callback is not ABSENT:
                self.once("timeout", callback)
        elif callback is not ABSENT:
            self.remove_listener("timeout", callback)
        return self

    setTimeout = set_timeout

    def _note_activity(self) -> None:
        if self._idle_timer is not None:
            self._last_active = self._clock()

    def _arm_idle_timer(self, period: float) -> float:
        """Start the idle timer anew, and return the time of the activity this is for."""
        self._stop_idle_timer()
        self._clock = self._dispatcher.clock.now
        self._last_active = now = self._clock()
        self._start_idle_timer(period, period)
        return now

    def _start_idle_timer(self, rest: float, period: float) -> None:
        self._idle_timer = self._dispatcher.clock.timer(rest, ref=False)
        self._idle_timer.start(self._on_idle_timer, period)

    def _on_idle_timer(self, period: float) -> None:
        """Run in the hub when the timer may have expired.

        Traffic does not restart the timer, it only leaves its time by calling ``_clock``; so the
        timer looks again when the rest is over. Once told, it sleeps until the next traffic, whose
        call of ``_clock`` then arms it.
        """
        if self._outgoing is not None:
            left = sum(map(len, self._outgoing))
            if left != self._write_progress:
                self._write_progress = left
                self._last_active = self._clock()
        rest = period - (self._clock() - self._last_active)
        self._idle_timer.close()
        if rest > _NO_TIME:
            self._start_idle_timer(rest, period)
            return
        self._clock = lambda: self._arm_idle_timer(period)
        timer = self._idle_timer
        self._dispatcher.defer(lambda _: self._emit_timeout(timer), self)

    def _emit_timeout(self, timer: object) -> None:
        if self._idle_timer is timer:  # else switched off, destroyed or begun anew meanwhile
            self.emit("timeout")
