"""A duplex over a connected kernel socket: both sides, and how they end.

An errno becomes an error with a code here; `gnet.kernel` makes the sockets.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

from gnet import kernel
from gnet.errors import node_error, system_error
from gnet.states import (
    CLOSED,
    CONNECTING,
    LINKED,
    READ_ENDED,
    READING_OFF,
    READING_ON,
    UNLINKED,
    WRITE_FINISHED,
)
from gnet.transport.receiving import FIRST_READ_SIZE, READABLE
from gnet.transport.sending import Sender

__all__ = ["Transport"]

#: Events that follow the peer's end.
_TOLD_OF_THE_END = frozenset({"end", "prefinish", "finish", "close"})


class Transport(Sender):
    """A duplex over a non-blocking socket of the kernel."""

    __slots__ = ("_on_destroyed",)

    _on_destroyed: Callable[[Any], None] | None  # called with this when the kernel socket goes

    def _init_transport(self) -> None:
        self._link = UNLINKED
        self._reading = READING_OFF
        self._fd = None
        self._clear_fd = self._straight_fd = None
        self._read_size = FIRST_READ_SIZE
        self._read_watcher = None
        self._bytes_read = 0
        self._bytes_sent = 0
        self._idle_timer = None
        self._on_destroyed = None

    def _init_accepted(self, fd: int) -> None:
        """Do as `_init_transport`, `_adopt` and `_start_reading` do for a new stream, in one."""
        self._link = LINKED
        self._reading = READING_ON
        self._fd = self._clear_fd = fd
        self._straight_fd = None
        self._read_size = FIRST_READ_SIZE
        self._bytes_read = self._bytes_sent = 0
        self._idle_timer = self._on_destroyed = None
        dispatcher = self._dispatcher
        self._read_watcher = watcher = dispatcher.loop.io(fd, READABLE)
        watcher.start(dispatcher.post, (Transport._on_readable, self))

    def _adopt(self, fd: int) -> None:
        """Take over a connected kernel socket that does not block."""
        # In this order, as a signal may raise in between: what has a descriptor has a watcher.
        self._read_watcher = self._dispatcher.loop.io(fd, READABLE)
        self._fd = fd
        self._clear_the_way()

    # ---------------------------------------------------------------- the end

    def _final(self) -> None:
        if self._link is CONNECTING:
            self._when_connected(self._final)
            return
        if self._fd is None:
            self._final_done()  # never connected: nobody to tell
            return
        try:
            kernel.shut_down_writing(self._fd)
        except OSError as error:
            if error.errno == errno.ENOTCONN:  # the peer's reset came first: nobody to tell
                self._final_done()
                return
            if error.errno != errno.ENOTSOCK:  # a pipe's end is told by closing it
                self._final_done(system_error(error.errno or 0, "shutdown"))
                return
        self._dispatcher.defer_to_next_turn(Transport._final_done, self)

    def _receive_end(self) -> None:
        if self._ends_unseen():
            self._end_unseen()
        else:
            super()._receive_end()

    def _ends_unseen(self) -> bool:
        """Whether the peer's end closes this socket without anybody to tell anything."""
        return (
            self._straight_fd is not None  # nothing received waits
            and (self._clear_fd is not None or self._gathered == [])  # nor anything to be sent
            and not self._allow_half_open
            and _TOLD_OF_THE_END.isdisjoint(self._events)
        )

    def _end_unseen(self) -> None:
        """Do at once what takes 'end', 'finish', 'close' and the turns between them otherwise.

        Closing sends the FIN, without a shutdown(2) before. A connect-echo-close takes 57,000
        instructions this way, and 91,500 the other.
        """
        self._read_side, self._write_side, self._life = READ_ENDED, WRITE_FINISHED, CLOSED
        if self._gathered is not None:
            self._gathered = None  # what is written from now on is refused
        self._unlink()
        # Listeners such as socket.write refer to the socket: without them it goes at once, and
        # not when the garbage collector comes by (6 % of connect-echo-close).
        self._events.clear()
        self._let_go()

    def _unlink(self) -> None:
        """Close the kernel socket and whatever waits for it."""
        self._reading = READING_OFF
        self._link = UNLINKED
        self._clear_fd = self._straight_fd = None
        if self._idle_timer is not None:
            self._stop_idle_timer()
        if self._fd is not None:
            # A watcher's arguments refer to this object: without them, it goes when it can.
            self._read_watcher.close()  # and stop
            self._read_watcher = None
            if self._write_watcher is not None:
                self._write_watcher.close()
                self._write_watcher = None
            kernel.close(self._fd)
            self._fd = None
        if self._on_destroyed is not None:
            self._on_destroyed(self)
            self._on_destroyed = None

    def _stop_idle_timer(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.close()  # and stop
            self._idle_timer = None

    def _destroy(self, error: BaseException | None) -> None:
        if self._link is UNLINKED:
            self._unlink()
            self._dispatcher.defer(lambda _: self._closed(), self)
        else:
            self._unlink()
            had_error = error is not None
            self._dispatcher.defer_closing(lambda _: self._closed(had_error), self)

    def _closed(self, *arguments: bool) -> None:
        try:
            if self._outgoing is not None:
                self._outgoing = None
                self._written(system_error(errno.ECANCELED, "write"))
        finally:
            try:
                self._emit_close(*arguments)
            finally:
                if self._life is CLOSED:  # else a listener has connected it again
                    self._let_go()
                    if self._under_way is not None:  # a listener before its own has raised
                        self._written(node_error("ERR_SOCKET_CLOSED_BEFORE_CONNECTION"))

    def _let_go(self) -> None:
        """Hear that this socket is over for good."""
