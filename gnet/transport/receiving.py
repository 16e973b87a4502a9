"""The incoming side of a connected kernel socket: reading it, and where what was read goes.

A chunk's way in is io watcher → dispatcher → `Receiver._on_readable` → listener.

What is special here for speed (``make bench``): the io watcher appends its task to the dispatcher's
queue itself and is never restarted per message; as long as nothing is in between, which one
attribute says, `_on_readable` calls the ``'data'`` listeners without a detour through the stream's
general machinery; data goes through ``os.read`` on the bare descriptor, which takes a fifth fewer
instructions than ``recv`` of a socket object, and spares that object and the getsockname(2) that
comes with making it; the first reads are small.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import gevent

from gnet.errors import system_error
from gnet.events.emitter import EventEmitter
from gnet.states import (
    FLOWING,
    LINKED,
    LIVE,
    READING_HELD,
    READING_OFF,
    READING_ON,
    Link,
    Reading,
)
from gnet.stream.duplex import Duplex

__all__ = ["READABLE", "Receiver"]

#: Bytes taken by one read. libuv reads as many at a time.
READ_SIZE = 65536

#: Bytes taken by the reads of a connection until one of them is full. Room for so few comes from
#: Python's own allocator, which saves a small message a twentieth of its instructions.
FIRST_READ_SIZE = 448

#: Reads for one readiness, at most.
MOST_READS = 16

#: What `Receiver._full_reads` starts from after a read in vain.
AFTER_VAIN_READ = -16

READABLE = 1  # libev's EV_READ

_getcurrent = gevent.getcurrent
_read = os.read
_emit = EventEmitter.emit


class Receiver(Duplex):
    """A duplex whose incoming side is a non-blocking socket of the kernel."""

    __slots__ = (
        "_bytes_read",
        "_fd",
        "_idle_timer",
        "_link",
        "_read_size",
        "_read_watcher",
        "_reading",
        "_straight_fd",
    )

    _link: Link
    _reading: Reading
    _fd: int | None  # the kernel socket's descriptor
    # The same, as long as what arrives may go straight to the listeners: reading is on, data flows,
    # nothing is buffered, and no decoder, capture of rejections or emit() of a subclass's is in
    # between. `_on_readable` tests this one attribute instead of seven.
    _straight_fd: int | None
    _read_size: int  # of the next read: FIRST_READ_SIZE until one was full, READ_SIZE then
    _read_watcher: Any
    _full_reads: int = 0  # above zero: the next full one is thought to have more behind it
    _bytes_read: int
    _idle_timer: Any
    _last_active: float
    _clock: Callable[[], float]

    # ---------------------------------------------------------------- on and off

    def _is_reading(self) -> bool:
        return self._reading is READING_ON

    def _start_reading(self) -> None:
        if self._reading is not READING_OFF:
            return
        if self._link is LINKED:
            self._reading = READING_ON
            self._read_watcher.start(self._dispatcher.post, (self._read_task, self))
        elif self._life is LIVE:
            self._reading = READING_HELD  # until it is connected

    def _stop_reading(self) -> None:
        if self._reading is READING_ON:
            self._read_watcher.stop()
        self._reading = READING_OFF
        self._straight_fd = None

    def _hold_reading(self) -> None:
        """Stop until the lane is free: a listener still runs, and the peer shall feel it."""
        self._read_watcher.stop()
        self._reading = READING_HELD
        self._straight_fd = None
        self._wait_for_lane(Receiver._resume_held)

    def _resume_held(self) -> None:
        if self._reading is READING_HELD:
            self._reading = READING_OFF
            self._read_more()

    def _detour(self) -> None:
        self._straight_fd = None

    def _straighten(self) -> None:
        if (
            self._reading is READING_ON
            and self._flow is FLOWING
            and not self._read_length
            and self._decoder is None
            and not self._capture_rejections
            and type(self).emit is _emit
        ):
            self._straight_fd = self._fd

    # ---------------------------------------------------------------- receiving

    def _on_readable(self) -> None:
        """Receive once and deliver: the task of the read watcher."""
        fd = self._straight_fd
        if fd is None or self._lane is not None:
            self._receive()
            return
        # What follows is _receive() for the usual case, without the tests that hold then.
        self._lane = _getcurrent()
        try:
            try:
                listeners = self._events["data"]
                chunk = _read(fd, self._read_size)
            except KeyError:  # nobody listens any more
                self._receive_now()
                return
            except OSError as error:
                self._read_failed(error)
                return
            length = len(chunk)
            if not length:
                self._receive_end()
                return
            if length == FIRST_READ_SIZE:
                chunk = self._read_the_rest(chunk)
                length = len(chunk)
            if self._idle_timer is not None:
                self._last_active = self._clock()
            self._bytes_read += length
            self._did_read = True
            for listener in listeners:
                listener(chunk)
            if length == READ_SIZE and self._expects_more():
                self._read_on()
        finally:
            self._lane = None
            if self._lane_waiting is not None:
                self._leave_lane()

    # What the read watcher queues; one that reads into the user's buffer has another task.
    _read_task: Callable[[Any], object] = staticmethod(_on_readable)

    def _receive(self) -> None:
        """Do the same whatever the state."""
        if self._reading is not READING_ON:
            return  # stopped after the task was queued
        if self._lane is not None:
            self._hold_reading()
            return
        self._in_lane(Receiver._receive_now)

    def _receive_now(self) -> None:
        try:
            chunk = _read(self._fd, self._read_size)  # type: ignore[arg-type]  # it is open
        except OSError as error:
            self._read_failed(error)
            return
        if not chunk:
            self._receive_end()
            return
        if len(chunk) == FIRST_READ_SIZE:
            chunk = self._read_the_rest(chunk)
        if self._idle_timer is not None:
            self._last_active = self._clock()
        self._bytes_read += len(chunk)
        if self._push(chunk):
            self._straighten()
        else:
            self._stop_reading()

    def _read_the_rest(self, chunk: bytes) -> bytes:
        """Make of a full first read what one of READ_SIZE would have got."""
        if self._read_size == READ_SIZE:
            return chunk
        self._read_size = READ_SIZE
        assert self._fd is not None
        try:
            return chunk + _read(self._fd, READ_SIZE - len(chunk))
        except BlockingIOError:
            return chunk
        except OSError as error:
            # The kernel tells it once; it is due after what came before it.
            failure, watcher = error, self._read_watcher
            self._wait_for_lane(
                lambda _: self._read_failed(failure) if self._read_watcher is watcher else None
            )
            return chunk

    def _expects_more(self) -> bool:
        """Whether a chunk as large as can be says that there is more, as it does of bulk data.

        Not so of messages that are just as large. A read in vain costs more than the turn of the
        loop that it is to spare; so after one, the next such chunks are taken for whole.
        """
        self._full_reads += 1
        return self._full_reads > 0

    def _read_on(self) -> None:
        """Go on reading after a full chunk, but only for so long: others wait. So does libuv."""
        for _ in range(MOST_READS - 1):
            if self._straight_fd is None:
                return
            before = self._bytes_read
            self._receive_now()
            count = self._bytes_read - before
            if count < READ_SIZE:
                if not count:
                    self._full_reads = AFTER_VAIN_READ
                return

    def _read_failed(self, error: OSError) -> None:
        if not isinstance(error, BlockingIOError):
            self._stop_reading()
            self.destroy(system_error(error.errno or 0, "read"))

    def _receive_end(self) -> None:
        """Hear that the peer has ended its side: in the read lane, as the rest."""
        if self._idle_timer is not None:
            self._last_active = self._clock()
        self._stop_reading()
        self._push_eof()
        self._read_more()
