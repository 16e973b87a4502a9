"""A transport that receives into the user's own buffer: the option ``on_read``.

Nothing is allocated per chunk, and there is no ``'data'``: a callback gets the number of bytes
and the buffer, in the read lane. Reading stops when it returns False, or while paused. Node: net,
"new net.Socket([options])", ``onread``.
"""

from __future__ import annotations

import errno
import os
from typing import Any, TypeVar

from gnet.errors import system_error
from gnet.socket_options import OnRead, writable_buffer
from gnet.states import LINKED, LIVE, READING_ON
from gnet.transport import Transport

__all__ = ["BufferedTransport"]

Self = TypeVar("Self", bound="BufferedTransport")


class BufferedTransport(Transport):
    """A transport that may have a buffer of the user's."""

    __slots__ = ()

    _on_read: OnRead | None = None
    _own_buffer: Any = None  # the one that the next bytes go to

    def pause(self: Self) -> Self:
        """Deliver no more ``'data'``; with ``on_read`` nothing more is read, either."""
        if self._on_read is not None:
            self._dispatcher.check_thread(self)
            self._stop_reading()
        return super().pause()

    def _resume_fully(self) -> None:
        if self._on_read is not None and self._link is LINKED:
            self._read_more()
        super()._resume_fully()

    def _use_own_buffer(self) -> None:
        """Have the first buffer ready before anything is changed: the user's function may raise."""
        if self._on_read is not None:
            self._is_plain = False  # resume() starts reading again
            self._own_buffer = self._on_read.buffer
            self._read_task = BufferedTransport._read_into_buffer
            self._next_buffer()

    def _next_buffer(self) -> None:
        assert self._on_read is not None
        if self._on_read.make_buffer is not None:
            self._own_buffer = writable_buffer(self._on_read.make_buffer())

    def _read_into_buffer(self) -> None:
        """Receive once and call back: the task of the read watcher, as `_on_readable` is."""
        assert self._on_read is not None
        if self._reading is not READING_ON:
            return  # stopped after the task was queued
        if self._lane is not None:
            self._hold_reading()
            return
        self._in_lane(BufferedTransport._read_into_buffer_now)

    def _read_into_buffer_now(self) -> None:
        assert self._on_read is not None
        assert self._fd is not None
        buffer = self._own_buffer
        try:
            if not len(buffer):
                raise OSError(errno.ENOBUFS, "an empty buffer")  # as libuv has it
            count = os.readv(self._fd, [buffer])
        except BlockingIOError:
            return
        except OSError as error:
            self._stop_reading()
            self.destroy(system_error(error.errno or 0, "read"))
            return
        if self._idle_timer is not None:
            self._last_active = self._clock()
        if not count:
            self._stop_reading()
            self._push_eof()
            self._read_more()
            return
        self._bytes_read += count
        watcher = self._read_watcher
        going_on = self._on_read.callback(count, buffer) is not False
        if self._life is LIVE and self._read_watcher is not watcher:
            return  # it has taken long, and there is another connection
        self._next_buffer()
        if not going_on and self._life is LIVE:
            self._stop_reading()
