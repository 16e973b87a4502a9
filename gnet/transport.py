"""A duplex over a connected kernel socket.

Here data is received and sent, watchers are started and stopped, and an errno becomes an error
with a code; `gnet.kernel` makes the sockets. A chunk's way in is
io watcher → dispatcher → `Transport._on_readable` → listener; its way out is `Transport.write` →
``send``, and only if the kernel pushes back a queue and a write watcher.

What is special here for speed, each worth several percent of a small echo (``make bench``):
the io watcher appends its task to the dispatcher's queue itself and is never restarted per
message; `_on_readable` calls ``'data'`` listeners and `write` calls ``send`` without a detour
through the stream's general machinery as long as nothing is buffered.
"""

from __future__ import annotations

import _socket
import errno
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

import gevent

from gnet.dispatcher import thread_ident
from gnet.errors import node_error, system_error
from gnet.events.rejections import watch_rejection
from gnet.states import (
    CLOSED,
    CONNECTING,
    FLOWING,
    LINKED,
    READ_ENDED,
    READING_HELD,
    READING_OFF,
    READING_ON,
    UNLINKED,
    WRITE_FINISHED,
    WRITE_OPEN,
    Link,
    Reading,
    after,
)
from gnet.stream.duplex import Duplex

__all__ = ["Transport"]

#: Bytes taken by one ``recv``. libuv reads as many at a time.
READ_SIZE = 65536

#: Buffers in one ``sendmsg``: the kernel's own limit (UIO_MAXIOV, POSIX IOV_MAX).
_MOST_BUFFERS = 1024

_READ, _WRITE = 1, 2  # libev's EV_READ, EV_WRITE

_getcurrent = gevent.getcurrent


class Transport(Duplex):
    """A duplex whose underside is a non-blocking socket of the kernel."""

    __slots__ = (
        "_bytes_read",
        "_bytes_sent",
        "_idle_timer",
        "_link",
        "_read_watcher",
        "_reading",
        "_sock",
    )

    _link: Link
    _reading: Reading
    _sock: Any  # _socket.socket: gevent's own would bring two watchers per connection
    _read_watcher: Any
    _write_watcher: Any = None
    _outgoing: deque[memoryview] | None = None  # what the kernel has not taken yet
    _bytes_read: int
    _bytes_sent: int  # given to the kernel or queued for it
    _bytes_held: int = 0  # of the first write while connecting; stays if that fails, as in Node
    _idle_timer: Any
    _last_active: float
    _clock: Callable[[], float]

    def _init_transport(self) -> None:
        self._link = UNLINKED
        self._reading = READING_OFF
        self._sock = None
        self._read_watcher = None
        self._bytes_read = 0
        self._bytes_sent = 0
        self._idle_timer = None

    def _adopt(self, sock: Any) -> None:
        """Take over a connected, non-blocking kernel socket."""
        self._sock = sock
        loop = self._dispatcher.loop
        self._read_watcher = loop.io(sock.fileno(), _READ)

    # ---------------------------------------------------------------- reading

    def _start_reading(self) -> None:
        if self._reading is not READING_OFF:
            return
        if self._link is LINKED:
            self._reading = READING_ON
            self._read_watcher.start(self._dispatcher.post, (Transport._on_readable, self))
        elif self._link is CONNECTING:
            self._reading = READING_HELD

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
                chunk = self._sock.recv(READ_SIZE)
            except BlockingIOError:
                return
            except OSError as error:
                self._stop_reading()
                self.destroy(system_error(error.errno or 0, "read"))
                return
            if self._idle_timer is not None:
                self._last_active = self._clock()
            if not chunk:
                self._stop_reading()
                if self._ends_unseen():
                    self._end_unseen()
                else:
                    self._push_eof()
                return
            self._bytes_read += len(chunk)
            if self._flow is FLOWING and not self._read_length and self._decoder is None:
                # Readable._push() and emit() without their tests, which hold here.
                listeners = self._events.get("data")
                if listeners is not None:
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

    def _ends_unseen(self) -> bool:
        """Whether the peer's end closes this socket without anybody to tell anything."""
        events = self._events
        return (
            self._write_side is WRITE_OPEN
            and not self._allow_half_open
            and self._under_way is None
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

        Closing sends the FIN, without a shutdown(2) before. A fifth of connect-echo-close.
        """
        self._read_side, self._write_side, self._life = READ_ENDED, WRITE_FINISHED, CLOSED
        self._unlink()
        self._let_go()

    def _resume_held(self) -> None:
        if self._reading is READING_HELD:
            self._reading = READING_OFF
            self._read_more()

    # ---------------------------------------------------------------- writing

    def write(self, chunk: Any, encoding: Any = None, callback: Any = None) -> bool:
        """Send a chunk, or queue it: `Writable.write` says how."""
        # What follows is Writable.write() for the usual case: bytes, and nothing in front of them.
        if (
            type(chunk) is bytes
            and callback is None
            and encoding is None
            and self._under_way is None
            and self._link is LINKED
            and self._write_side is WRITE_OPEN
            and self._errored is None
            and thread_ident() == self._dispatcher.thread
        ):
            try:
                sent = self._sock.send(chunk)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                self._under_way, self._write_length = (len(chunk), None), len(chunk)
                self._fail_later(system_error(error.errno or 0, "write"), None)
                return False
            if self._idle_timer is not None:
                self._last_active = self._clock()
            self._bytes_sent += len(chunk)
            return sent == len(chunk) or self._wait_writable(chunk, sent)
        if (
            self._write_side is not WRITE_OPEN
            and self._read_side is READ_ENDED
            and not self._allow_half_open
        ):
            return self._write_after_peer(callback or encoding)
        return super().write(chunk, encoding, callback)

    def _write_after_peer(self, callback: Any) -> bool:
        """Refuse a write after the peer's end, which has ended this side as well."""
        error: Any = BrokenPipeError("This socket has been ended by the other party")
        error.code, error.message = "EPIPE", str(error)
        if callable(callback):
            self._dispatcher.defer(lambda _: callback(error), self)
        self.destroy(error)
        return False

    def _wait_writable(self, chunk: bytes, sent: int) -> bool:
        """Queue what the kernel did not take of a chunk; the answer is that of `write`."""
        self._under_way, self._write_length = (len(chunk), None), len(chunk)
        self._outgoing = deque((memoryview(chunk)[sent:],))
        self._watch_writable()
        self._need_drain = self._write_length >= self._write_high_water_mark
        return not self._need_drain

    def _watch_writable(self) -> None:
        if self._write_watcher is None:
            self._write_watcher = self._dispatcher.loop.io(self._sock.fileno(), _WRITE)
        self._write_watcher.start(self._dispatcher.post, (Transport._on_writable, self))

    def _write(self, chunks: list[bytes]) -> bool:
        if self._link is CONNECTING:
            self._write_when_connected(chunks)
            return False
        if self._link is UNLINKED:
            raise node_error("ERR_SOCKET_CLOSED")
        if self._idle_timer is not None:
            self._last_active = self._clock()
        self._bytes_sent += sum(map(len, chunks))
        self._outgoing = deque(memoryview(chunk) for chunk in chunks)
        if self._flush():
            return True
        self._watch_writable()
        return False

    def _write_when_connected(self, chunks: list[bytes]) -> None:
        self._bytes_held = sum(map(len, chunks))

        def on_connect() -> None:
            self.off("close", on_close)
            self._bytes_held = 0
            try:
                out = self._write(chunks)
            except Exception as error:  # whatever it is, it ends this stream
                self._written(error)
            else:
                if out:
                    self._written()

        def on_close(*_: object) -> None:
            self._written(node_error("ERR_SOCKET_CLOSED_BEFORE_CONNECTION"))

        self.once("connect", on_connect).once("close", on_close)

    def _flush(self) -> bool:
        """Send until all is out (True) or the kernel takes no more (False)."""
        outgoing = self._outgoing
        while outgoing:
            try:
                sent = self._sock.sendmsg(list(islice(outgoing, _MOST_BUFFERS)))
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
        if self._outgoing is None:
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

    def _final(self) -> None:
        if self._link is CONNECTING:
            self.once("connect", self._final)
            return
        if self._sock is None:
            self._final_done()  # never connected: nobody to tell
            return
        try:
            self._sock.shutdown(_socket.SHUT_WR)
        except OSError as error:
            if error.errno == errno.ENOTCONN:  # the peer's reset came first: nobody to tell
                self._final_done()
            else:
                self._final_done(system_error(error.errno or 0, "shutdown"))
            return
        self._dispatcher.defer(Transport._final_done, self)

    # ---------------------------------------------------------------- the end

    def _unlink(self) -> None:
        """Close the kernel socket and whatever waits for it."""
        self._stop_reading()
        self._link = after(self._link, "destroy")
        # A watcher's arguments refer to this object: without them, it goes when nobody needs it.
        if self._sock is not None:
            self._read_watcher.close()
            self._read_watcher = None
            if self._write_watcher is not None:
                self._write_watcher.close()
                self._write_watcher = None
            self._sock.close()
            self._sock = None

    def _destroy(self, error: BaseException | None) -> None:
        if self._link is UNLINKED:
            self._unlink()
            self._dispatcher.defer(lambda _: self._closed(), self)
        else:
            self._unlink()
            had_error = error is not None
            self._dispatcher.defer_closing(lambda _: self._closed(had_error), self)

    def _closed(self, *arguments: bool) -> None:
        if self._outgoing is not None:
            # As libuv does it: the write that was on its way counts as done, those behind it not.
            self._outgoing = None
            self._written()
        try:
            self._emit_close(*arguments)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        """Hear that this socket is over for good."""
