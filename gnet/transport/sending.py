"""The outgoing side of a connected kernel socket: writing to it, at once as long as it takes all.

A chunk's way out is `Sender.write` → ``os.write``, and only if the kernel pushes back a queue and a
write watcher.

What is special here for speed (``make bench``): `write` calls the kernel without a detour through
the stream's general machinery as long as nothing is in front of a chunk, which one attribute says;
and what one event writes in several small pieces goes out in one.

The first chunk that a socket writes in an event goes out at once. Small ones that follow it are
*gathered*, and sent together by the very next task: when the listener returns, or waits for
something. A socket that has gathered more than one goes on with the first of its next event, until
an event writes just one again. Whatever could tell the difference sends what was gathered first:
the end of the socket, of the thread and of the process, a fork, cork(), a callback, who asks how
much waits. A listener that computes for long would hold it back; so where that is seen, nothing is
gathered for a while. Nor is it for a thread's main greenlet, which may go on without ever waiting:
an interactive session, a program that blocks outside of gevent, a child of `multiprocessing`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar

import gevent
from gevent import monkey

from gnet.dispatcher import Dispatcher, thread_ident
from gnet.errors import node_error, system_error
from gnet.states import CONNECTING, READ_ENDED, UNLINKED, WRITE_OPEN
from gnet.transport.receiving import Receiver

__all__ = ["Sender"]

#: Buffers in one ``writev``: the kernel's own limit (UIO_MAXIOV, POSIX IOV_MAX).
_MOST_BUFFERS = 1024

_WRITABLE = 2  # libev's EV_WRITE

#: Bytes of the largest chunk that is gathered: beyond, a call of the kernel costs little by ratio.
_MOST_GATHERED = 1024

#: Chunks that are gathered at most. With `_MOST_GATHERED` no more than a high-water mark.
_MOST_CHUNKS = 64

#: Seconds that a listener may hold back what was gathered, and for how long none is if one did.
_LONG_S, _PAUSE_S = 0.01, 1.0

_getcurrent = gevent.getcurrent
_write = os.write
_now = time.monotonic

Self = TypeVar("Self", bound="Sender")


class Sender(Receiver):
    """A duplex whose outgoing side is a non-blocking socket of the kernel, too."""

    __slots__ = ("_bytes_sent", "_clear_fd")

    # The descriptor, as long as a write may go straight to the kernel; None while something is in
    # front of it, and after the end. `write` tests this one attribute instead of four.
    _clear_fd: int | None
    _write_watcher: Any = None
    _outgoing: deque[memoryview] | None = None  # what the kernel has not taken yet
    _bytes_sent: int  # given to the kernel or queued for it
    _bytes_held: int = 0  # of the first write while connecting; stays if that fails, as in Node
    # What this event has written and not sent yet. Empty: the next chunk will be gathered. None:
    # the first chunk of an event goes out at once.
    _gathered: list[bytes] | None = None
    _gathered_since: float  # on the clock of `_now`
    _at_connect: tuple[Callable[[], None], ...] = ()  # what waits for the connection

    def _clear_the_way(self) -> None:
        """Let writes go straight to the kernel, if nothing is in front of them."""
        if (
            self._under_way is None
            and self._write_side is WRITE_OPEN
            and self._errored is None
            and not self._corked
            and self._gathered is None
        ):
            self._clear_fd = self._fd

    def write(self, chunk: Any, encoding: Any = None, callback: Any = None) -> bool:
        """Send a chunk, or queue it: `Writable.write` says how.

        Differs: Node tries every write at once. Of several small chunks that a listener writes to a
        socket, here only the first is sure to go out at once, and the others when the listener
        returns or waits in gevent's way. A listener that then blocks the whole thread, or leaves by
        ``os._exit``, sends them by `cork` and `uncork`, or a callback with the last of them.
        """
        # What follows is Writable.write() for the usual case: bytes, and nothing in front of them.
        fd = self._clear_fd
        dispatcher = self._dispatcher
        if (
            fd is None
            or callback is not None
            or encoding is not None
            or type(chunk) is not bytes
            or thread_ident() != dispatcher.thread
        ):
            return self._write_fully(chunk, encoding, callback)
        if dispatcher.writer is self and self._gather(chunk):
            return True
        dispatcher.writer = self
        try:
            sent = _write(fd, chunk)
        except OSError as error:
            return self._write_failed(chunk, error)
        if self._idle_timer is not None:
            self._last_active = self._clock()
        self._bytes_sent += sent
        return sent == len(chunk) or self._wait_writable(memoryview(chunk)[sent:], len(chunk))

    def _write_failed(self, chunk: bytes, error: OSError) -> bool:
        """Queue a chunk of which the kernel takes nothing now, or fail with what it says."""
        if isinstance(error, BlockingIOError):
            if self._idle_timer is not None:
                self._last_active = self._clock()
            return self._wait_writable(memoryview(chunk), len(chunk))
        return self._refuse(error, len(chunk))

    def _refuse(self, error: OSError, length: int) -> bool:
        """Fail by what the kernel said to a chunk; the answer is that of `write`."""
        self._clear_fd = None
        self._under_way, self._write_length = (length, None), length
        self._fail_later(system_error(error.errno or 0, "write"), None)
        return False

    def _write_fully(self, chunk: Any, encoding: Any, callback: Any) -> bool:
        """Write what is not the usual case."""
        if self._gathered is not None:
            self._dispatcher.check_thread(self)
            is_plain = type(chunk) is bytes and callback is None and encoding is None
            if is_plain and self._gather(chunk):
                return True
            self._send_gathered()
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
        self._send_gathered()
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
        self._write_watcher.start(self._dispatcher.post, (Sender._on_writable, self))

    def end(self: Self, chunk: Any = None, encoding: Any = None, callback: Any = None) -> Self:
        """Write a last chunk, if any, and finish: `Writable.end` says how."""
        self._dispatcher.check_thread(self)
        self._send_gathered()
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

    # ---------------------------------------------------------------- gathering

    def _gather(self, chunk: bytes) -> bool:
        """Keep a chunk for the next task to send, unless it had better be sent by itself."""
        gathered = self._gathered
        if len(chunk) > _MOST_GATHERED:
            return False
        if gathered:
            if len(gathered) == _MOST_CHUNKS:
                return False
            gathered.append(chunk)
            return True
        try:
            keeper = _here.keeper
        except AttributeError:
            keeper = _here.keeper = _Keeper(self._dispatcher)
        now = _now()
        if now < keeper.paused_until or _getcurrent().parent is None:
            return False  # the thread's main greenlet owes the loop no turn: it may never wait
        self._clear_fd = None
        self._gathered, self._gathered_since = [chunk], now
        self._dispatcher.call_next(Sender._end_gathering, self)
        return True

    def _end_gathering(self) -> None:
        """Send what the event before has gathered, and see how to go about the next one."""
        gathered = self._gathered
        if not gathered:
            return  # sent already
        self._send_gathered()
        now = _now()
        if now - self._gathered_since > _LONG_S:
            _here.keeper.paused_until = now + _PAUSE_S
        elif len(gathered) > 1 and self._clear_fd is not None:
            self._clear_fd, self._gathered = None, []

    def _send_gathered(self) -> None:
        gathered = self._gathered
        # Who looks from another thread sends nothing: the socket's own may be about to.
        if gathered is None or thread_ident() != self._dispatcher.thread:
            return
        self._gathered = None
        if gathered:
            assert self._fd is not None
            data = b"".join(gathered)
            try:
                sent = _write(self._fd, data)
            except OSError as error:
                self._write_failed(data, error)
                self._need_drain = False  # nobody was told to wait
                return
            if self._idle_timer is not None:
                self._last_active = self._clock()
            self._bytes_sent += sent
            if sent < len(data):
                self._wait_writable(memoryview(data)[sent:], len(data))
                self._need_drain = False
                return
        self._clear_the_way()

    def _before_destroy(self) -> None:
        self._send_last()
        super()._before_destroy()

    def _send_last(self) -> None:
        """Send what was gathered, as far as the kernel takes it now: the end has come."""
        if self._gathered:
            assert self._fd is not None
            data = b"".join(self._gathered)
            with contextlib.suppress(OSError):
                _write(self._fd, data)
            self._bytes_sent += len(data)
        self._gathered = None


class _Keeper:
    """What one thread gathers: until when it does not, and that it goes out if the thread ends."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.paused_until = 0.0  # on the clock of `_now`
        self._dispatcher = dispatcher
        self._process = os.getpid()

    def senders(self) -> list[Any]:
        """Those that have gathered something."""
        return self._dispatcher.owners_of(Sender._end_gathering)

    def __del__(self) -> None:
        # In a child that another thread forked, this thread ends as well; its parent's goes on, and
        # sends.
        if self._process == os.getpid():
            for sender in self.senders():
                sender._send_last()


# Its attributes go when their thread ends. Under monkey patching threading.local() is a greenlet's.
_here: Any = monkey.get_original("_thread", "_local")()


def _send_all_gathered() -> None:
    """Send what this thread has gathered, before there are two of it, or none."""
    keeper = getattr(_here, "keeper", None)
    for sender in keeper.senders() if keeper is not None else ():
        sender._send_gathered()


atexit.register(_send_all_gathered)
os.register_at_fork(before=_send_all_gathered)
