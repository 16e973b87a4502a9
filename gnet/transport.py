"""A duplex over a connected kernel socket.

Here data is received and sent, watchers are started and stopped, and an errno becomes an error
with a code; `gnet.kernel` makes the sockets. A chunk's way in is
io watcher → dispatcher → `Transport._on_readable` → listener; its way out is `Transport.write` →
``os.write``, and only if the kernel pushes back a queue and a write watcher.

What is special here for speed, each worth several percent of a small echo (``make bench``):
the io watcher appends its task to the dispatcher's queue itself and is never restarted per
message; `_on_readable` calls ``'data'`` listeners and `write` calls the kernel without a detour
through the stream's general machinery as long as nothing is buffered; data goes through
``os.read`` and ``os.write`` on the bare descriptor, which take a fifth fewer instructions than
``recv`` and ``send`` of a socket object, and spare that object and the getsockname(2) that comes
with making it.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar

import gevent

from gnet import kernel
from gnet.dispatcher import thread_ident
from gnet.errors import node_error, system_error
from gnet.events.rejections import watch_rejection
from gnet.states import (
    CLOSED,
    CONNECTING,
    FLOWING,
    LINKED,
    LIVE,
    READ_ENDED,
    READING_HELD,
    READING_OFF,
    READING_ON,
    UNLINKED,
    WRITE_FINISHED,
    WRITE_OPEN,
    Link,
    Reading,
)
from gnet.stream.duplex import Duplex

__all__ = ["Transport"]

#: Bytes taken by one read. libuv reads as many at a time.
READ_SIZE = 65536

#: Buffers in one ``writev``: the kernel's own limit (UIO_MAXIOV, POSIX IOV_MAX).
_MOST_BUFFERS = 1024

_READABLE, _WRITABLE = 1, 2  # libev's EV_READ, EV_WRITE

_getcurrent = gevent.getcurrent
_read, _write = os.read, os.write


Self = TypeVar("Self", bound="Transport")


class Transport(Duplex):
    """A duplex whose underside is a non-blocking socket of the kernel."""

    __slots__ = (
        "_bytes_read",
        "_bytes_sent",
        "_clear_fd",
        "_fd",
        "_idle_timer",
        "_link",
        "_read_watcher",
        "_reading",
    )

    _link: Link
    _reading: Reading
    _fd: int | None  # the kernel socket's descriptor
    # The same, as long as a write may go straight to the kernel; None while something is in front
    # of it, and after the end. `write` tests this one attribute instead of four.
    _clear_fd: int | None
    _read_watcher: Any
    _write_watcher: Any = None
    _outgoing: deque[memoryview] | None = None  # what the kernel has not taken yet
    _bytes_read: int
    _bytes_sent: int  # given to the kernel or queued for it
    _bytes_held: int = 0  # of the first write while connecting; stays if that fails, as in Node
    _at_connect: tuple[Callable[[], None], ...] = ()  # what waits for the connection
    _idle_timer: Any
    _last_active: float
    _clock: Callable[[], float]

    def _init_transport(self) -> None:
        self._link = UNLINKED
        self._reading = READING_OFF
        self._fd = None
        self._clear_fd = None
        self._read_watcher = None
        self._bytes_read = 0
        self._bytes_sent = 0
        self._idle_timer = None

    def _init_accepted(self, fd: int) -> None:
        """Do as `_init_transport`, `_adopt` and `_start_reading` do for a new stream, in one."""
        self._link = LINKED
        self._reading = READING_ON
        self._fd = self._clear_fd = fd
        self._bytes_read = self._bytes_sent = 0
        self._idle_timer = None
        dispatcher = self._dispatcher
        self._read_watcher = watcher = dispatcher.loop.io(fd, _READABLE)
        watcher.start(dispatcher.post, (Transport._on_readable, self))

    def _adopt(self, fd: int) -> None:
        """Take over a connected kernel socket that does not block."""
        self._fd = fd
        self._read_watcher = self._dispatcher.loop.io(fd, _READABLE)
        self._clear_the_way()

    def _clear_the_way(self) -> None:
        """Let writes go straight to the kernel, if nothing is in front of them."""
        if (
            self._under_way is None
            and self._write_side is WRITE_OPEN
            and self._errored is None
            and not self._corked
        ):
            self._clear_fd = self._fd

    # ---------------------------------------------------------------- reading

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

    def _on_readable(self) -> None:
        """Receive once and deliver: the task of the read watcher."""
        if self._reading is not READING_ON:
            return  # stopped after the task was queued
        if self._lane is not None:
            self._read_watcher.stop()  # a listener still runs: the peer shall feel it
            self._reading = READING_HELD
            self._wait_for_lane(Transport._resume_held)
            return
        self._lane = _getcurrent()
        try:
            try:
                chunk = _read(self._fd, READ_SIZE)  # type: ignore[arg-type]  # open while reading
            except BlockingIOError:
                return
            except OSError as error:
                self._stop_reading()
                self.destroy(system_error(error.errno or 0, "read"))
                return
            if self._idle_timer is not None:
                self._last_active = self._clock()
            if not chunk:
                if self._ends_unseen():
                    self._end_unseen()
                else:
                    self._stop_reading()
                    self._push_eof()
                    self._read_more()
                return
            self._bytes_read += len(chunk)
            if self._flow is FLOWING and not self._read_length and self._decoder is None:
                # Readable._push() and emit() without their tests, which hold here.
                listeners = self._events.get("data")
                if listeners is not None:
                    self._did_read = True
                    for listener in listeners:
                        result = listener(chunk)
                        if result is not None and self._capture_rejections:
                            watch_rejection(self, result, "data", (chunk,))
                    return
            if not self._push(chunk):
                self._stop_reading()
        finally:
            self._lane = None
            if self._lane_waiting is not None:
                self._leave_lane()

    # What the read watcher queues; one that reads into the user's buffer has another task.
    _read_task: Callable[[Any], object] = staticmethod(_on_readable)

    def _ends_unseen(self) -> bool:
        """Whether the peer's end closes this socket without anybody to tell anything."""
        events = self._events
        return (
            self._write_side is WRITE_OPEN
            and not self._allow_half_open
            and self._under_way is None
            and not self._write_length
            and self._errored is None
            and not self._read_length
            and self._decoder is None
            and "end" not in events
            and "close" not in events
            and "finish" not in events
            and "prefinish" not in events
        )

    def _end_unseen(self) -> None:
        """Do at once what takes 'end', 'finish', 'close' and the turns between them otherwise.

        Closing sends the FIN, without a shutdown(2) before. A connect-echo-close takes 57,000
        instructions this way, and 91,500 the other.
        """
        self._read_side, self._write_side, self._life = READ_ENDED, WRITE_FINISHED, CLOSED
        self._unlink()
        # Listeners such as socket.write refer to the socket: without them it goes at once, and
        # not when the garbage collector comes by (6 % of connect-echo-close).
        self._events.clear()
        self._let_go()

    def _resume_held(self) -> None:
        if self._reading is READING_HELD:
            self._reading = READING_OFF
            self._read_more()

    # ---------------------------------------------------------------- writing

    def write(self, chunk: Any, encoding: Any = None, callback: Any = None) -> bool:
        """Send a chunk, or queue it: `Writable.write` says how."""
        # What follows is Writable.write() for the usual case: bytes, and nothing in front of them.
        fd = self._clear_fd
        if (
            fd is not None
            and type(chunk) is bytes
            and callback is None
            and encoding is None
            and thread_ident() == self._dispatcher.thread
        ):
            try:
                sent = _write(fd, chunk)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                return self._refuse(error, len(chunk))
            if self._idle_timer is not None:
                self._last_active = self._clock()
            self._bytes_sent += sent
            return sent == len(chunk) or self._wait_writable(memoryview(chunk)[sent:], len(chunk))
        if (
            self._write_side is not WRITE_OPEN
            and self._read_side is READ_ENDED
            and not self._allow_half_open
        ):
            return self._write_after_peer(callback or encoding)
        taken = super().write(chunk, encoding, callback)
        self._clear_the_way()
        return taken

    def cork(self) -> None:
        """Keep what is written until `uncork`: `Writable.cork` says how."""
        self._clear_fd = None
        super().cork()

    def uncork(self) -> None:
        """Undo one `cork`: `Writable.uncork` says how."""
        super().uncork()
        self._clear_the_way()

    def _write_after_peer(self, callback: Any) -> bool:
        """Refuse a write after the peer's end, which has ended this side as well."""
        error: Any = BrokenPipeError("This socket has been ended by the other party")
        error.code, error.message = "EPIPE", str(error)
        if callable(callback):
            self._dispatcher.defer(lambda _: callback(error), self)
        self.destroy(error)
        return False

    def _refuse(self, error: OSError, length: int) -> bool:
        """Fail by what the kernel said to a chunk; the answer is that of `write`."""
        self._clear_fd = None
        self._under_way, self._write_length = (length, None), length
        self._fail_later(system_error(error.errno or 0, "write"), None)
        return False

    def _wait_writable(self, rest: memoryview, length: int) -> bool:
        """Queue what the kernel did not take of a chunk; the answer is that of `write`."""
        self._clear_fd = None
        self._bytes_sent += len(rest)
        self._under_way, self._write_length = (length, None), length
        self._outgoing = deque((rest,))
        self._watch_writable()
        self._need_drain = self._write_length >= self._write_high_water_mark
        return not self._need_drain

    def _watch_writable(self) -> None:
        if self._write_watcher is None:
            self._write_watcher = self._dispatcher.loop.io(self._fd, _WRITABLE)
        self._write_watcher.start(self._dispatcher.post, (Transport._on_writable, self))

    def end(self: Self, chunk: Any = None, encoding: Any = None, callback: Any = None) -> Self:
        """Write a last chunk, if any, and finish: `Writable.end` says how."""
        self._clear_fd = None
        super().end(chunk, encoding, callback)
        return self

    def _write(self, chunks: list[bytes]) -> bool:
        self._clear_fd = None
        if self._link is CONNECTING:
            self._write_when_connected(chunks)
            return False
        if self._link is UNLINKED:
            raise node_error("ERR_SOCKET_CLOSED")
        if self._idle_timer is not None:
            self._last_active = self._clock()
        self._outgoing = deque(memoryview(chunk) for chunk in chunks)
        out = self._flush()
        self._bytes_sent += sum(map(len, chunks))
        if out:
            return True
        self._watch_writable()
        return False

    def _write_when_connected(self, chunks: list[bytes]) -> None:
        self._bytes_held = sum(map(len, chunks))
        under_way = self._under_way  # no other write has the same: a socket may connect again

        def on_connect() -> None:
            if self._fd is None or self._under_way is not under_way:
                return  # a listener before this one has destroyed the socket: 'close' will tell
            self.off("close", on_close)
            self._bytes_held = 0
            try:
                out = self._write(chunks)
            except Exception as error:  # whatever it is, it ends this stream
                self._written(error)
            else:
                if out:
                    self._written()
                    self._clear_the_way()

        def on_close(*_: object) -> None:
            if self._under_way is under_way:
                self._written(node_error("ERR_SOCKET_CLOSED_BEFORE_CONNECTION"))

        self._when_connected(on_connect)
        self.once("close", on_close)

    def _when_connected(self, step: Callable[[], object]) -> None:
        """Do it among the 'connect' listeners, or beside them if one of them blocks."""
        steps = [step]

        def run() -> None:
            if steps:
                steps.pop()()

        self.once("connect", run)
        self._at_connect = (*self._at_connect, run)

    def _flush(self) -> bool:
        """Send until all is out (True) or the kernel takes no more (False)."""
        assert self._fd is not None
        outgoing = self._outgoing
        while outgoing:
            try:
                sent = os.writev(self._fd, list(islice(outgoing, _MOST_BUFFERS)))
            except BlockingIOError:
                return False
            except OSError as error:
                self._outgoing = None
                raise system_error(error.errno or 0, "write") from None
            while outgoing and sent >= len(outgoing[0]):
                sent -= len(outgoing.popleft())
            if sent:
                outgoing[0] = outgoing[0][sent:]
        self._outgoing = None
        return True

    def _on_writable(self) -> None:
        """Send more of what waits: the task of the write watcher."""
        if self._outgoing is None or self._fd is None:
            return  # destroyed after the task was queued
        try:
            if not self._flush():
                return
        except OSError as error:
            self._write_watcher.stop()
            self._written(error)
            return
        self._write_watcher.stop()
        if self._idle_timer is not None:
            self._last_active = self._clock()
        self._written()
        self._clear_the_way()

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

    # ---------------------------------------------------------------- the end

    def _unlink(self) -> None:
        """Close the kernel socket and whatever waits for it."""
        self._reading = READING_OFF
        self._link = UNLINKED
        self._clear_fd = None
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
