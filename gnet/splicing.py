"""A transport that is piped into another without its bytes coming up to Python: splice(2).

``source.pipe(destination)`` reads and writes each chunk. As long as nobody else gets the data, and
it goes straight on to the kernel, both can be done inside the kernel: from one socket into a pipe
of the kernel's, and on into the other socket. Nothing else of a pipe is different: what does not
fit into the destination is taken out of the kernel's pipe and waits as `Transport.write` has it
wait, with the same counters and events. So that pipe is empty between any two tasks, one for all
sockets of a thread is enough, and each round decides anew whether to read or to splice.

A chunk is never larger than what one read takes: a larger one would show, in what a destination
that is full holds beyond its high-water mark. But up to `MOST_READS` are moved in one task, each
as if it came alone, since nobody could do anything between them. A proxy of bulk data over the
loopback interface takes 0.71 s of CPU time per GB by reading and writing, 0.63 s with one spliced
chunk per task, 0.41 s with sixteen, and 0.27 s with chunks of 1 MB. Below `_LEAST_SPLICED` bytes
two splices cost more than a read and a write; so a chunk is read if the one before was smaller.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from gnet import kernel
from gnet.dispatcher import Dispatcher
from gnet.states import READING_ON
from gnet.stream.pipe import Pipe
from gnet.transport import Transport
from gnet.transport.receiving import AFTER_VAIN_READ, MOST_READS, READ_SIZE

__all__ = ["SplicedTransport"]

#: Bytes of a chunk from which on the next one is spliced, too: where that begins to be cheaper.
_LEAST_SPLICED = 16384

#: Size of the kernel's pipe. It has a slot for each page, and the kernel needs one for each packet,
#: however small: with its usual sixteen a read's worth of network packets does not fit.
_PIPE_SIZE = 4 * READ_SIZE

#: What a kernel, or a sandbox, says that does not splice between such descriptors.
_UNSUITED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.EOPNOTSUPP})

_splice: Callable[..., int] | None = getattr(os, "splice", None)  # Linux only
_NONBLOCK: int = getattr(os, "SPLICE_F_NONBLOCK", 0)
_write = Transport.write


class _KernelPipe:
    """A pipe of the kernel's, which the sockets of one thread share.

    Raises:
        OSError: ``EMFILE`` or ``ENFILE``; and so does `is_ready`.
    """

    __slots__ = ("_inlet", "_is_filled", "_is_parents", "_outlet", "users")

    def __init__(self) -> None:
        #: How many sockets share it; the last one closes it.
        self.users = 0
        self._make()

    def _make(self) -> None:
        self._outlet, self._inlet = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        with contextlib.suppress(OSError):  # a user's pipes may not become too large together
            fcntl.fcntl(self._inlet, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
        self._is_parents = False
        # Not a state, since it is never seen set unless a signal's handler runs, or has raised,
        # between two steps of a task.
        self._is_filled = False

    def is_ready(self) -> bool:
        """Whether it is empty, as it is between tasks, and of this process: never a parent's."""
        if self._is_parents:
            inlet, outlet = self._inlet, self._outlet
            self._make()  # first: should that fail, these are still the ones to be closed
            kernel.close(inlet)
            kernel.close(outlet)
        return not self._is_filled

    def fill(self, fd: int) -> int:
        """Take bytes from a socket, at most what one read takes, and return how many."""
        assert _splice is not None
        self._is_filled = True
        count = 0
        try:
            count = _splice(fd, self._inlet, READ_SIZE, None, None, _NONBLOCK)
        except OSError:
            self._is_filled = False
            raise
        self._is_filled = count > 0
        return count

    def pour(self, fd: int, count: int) -> int:
        """Give what is in it to a socket, and return how many of the bytes that has taken."""
        assert _splice is not None
        try:
            sent = _splice(self._outlet, fd, count, None, None, _NONBLOCK)
        except BlockingIOError:
            return 0
        if sent == count:
            self._is_filled = False
        return sent

    def take(self, count: int) -> bytes:
        """What is left in it, which has to be known: now it is empty."""
        rest = os.read(self._outlet, count)
        self._is_filled = False
        return rest

    def close(self) -> None:
        """Give its descriptors back."""
        kernel.close(self._inlet)
        kernel.close(self._outlet)


_kernel_pipes: WeakKeyDictionary[Dispatcher, _KernelPipe] = WeakKeyDictionary()


def _disown() -> None:
    """Have a child that was forked make pipes of its own: what is in these is its parent's."""
    for kernel_pipe in _kernel_pipes.values():
        kernel_pipe._is_parents = True


os.register_at_fork(after_in_child=_disown)


class SplicedTransport(Transport):
    """A transport whose data can go on to another one inside the kernel."""

    __slots__ = ()

    _kernel_pipe: _KernelPipe | None = None  # once something was spliced, until it ends
    _seen: Any = ()  # the listeners that were found to be one pipe's, to a socket, alone
    _last_chunk: int = 0  # bytes that the last readiness brought while there was a pipe

    def _pipes_changed(self) -> None:
        if not self._pipes:
            self._give_up_splicing()
        elif _splice is not None and self._read_task is Transport._read_task:
            self._use_read_task(SplicedTransport._read_piped)

    def _give_up_splicing(self) -> None:
        if self._kernel_pipe is not None:
            self._leave_kernel_pipe()
        self._seen = ()  # else a destination that is gone would be kept
        self._last_chunk = 0
        if self._read_task is SplicedTransport._read_piped:
            self._use_read_task(Transport._read_task)

    def _use_read_task(self, task: Callable[[Any], object]) -> None:
        self._read_task = task
        if self._reading is READING_ON:
            self._stop_reading()
            self._start_reading()

    def _read_piped(self) -> None:
        """Receive and hand on: the task of the read watcher, as `_on_readable` is."""
        if self._last_chunk < _LEAST_SPLICED or not self._splice_chunk():
            before = self._bytes_read
            self._receive()
            self._last_chunk = self._bytes_read - before
            return
        for _ in range(MOST_READS - 1):
            if self._last_chunk < READ_SIZE or not self._expects_more():
                return
            if not self._splice_chunk():
                self._full_reads = AFTER_VAIN_READ
                return

    def _splice_chunk(self) -> bool:
        """Move what has arrived to the only destination; False if it has to be read instead."""
        pipe = self._pipes[0] if self._pipes else None
        if pipe is None or not self._goes_straight(pipe):
            return False
        assert self._fd is not None
        try:
            kernel_pipe = self._kernel_pipe or self._join_kernel_pipe()
            if not kernel_pipe.is_ready():
                return False
        except OSError:
            self._give_up_splicing()
            return False
        try:
            count = kernel_pipe.fill(self._fd)
        except BlockingIOError:
            return False  # there may be urgent data in front, which only a read passes over
        except OSError as error:
            if error.errno in _UNSUITED:
                self._give_up_splicing()
                return False
            self._fail_in_lane(error)
            return True
        if not count:
            return False  # the end
        if self._idle_timer is not None:
            self._last_active = self._clock()
        self._bytes_read += count
        self._last_chunk = count
        self._pour(kernel_pipe, pipe, count)
        return True

    def _fail_in_lane(self, error: OSError) -> None:
        self._in_lane(lambda _: self._read_failed(error))

    def _goes_straight(self, pipe: Pipe) -> bool:
        """Whether data goes to nobody but one socket, and there to the kernel at once."""
        if self._straight_fd is None or self._lane is not None:
            return False
        listeners = self._events.get("data")
        destination = pipe.destination
        if listeners is not self._seen:
            # Each change of the listeners makes a new tuple: what was seen of this one stays true.
            if not (
                pipe.hears_alone()
                and isinstance(destination, Transport)
                and destination._dispatcher is self._dispatcher
            ):
                return False
            self._seen = listeners
        return (
            destination._clear_fd is not None
            and type(destination).write is _write
            and "write" not in destination.__dict__
        )

    def _pour(self, kernel_pipe: _KernelPipe, pipe: Pipe, count: int) -> None:
        """Do as ``destination.write(chunk)`` in `Transport`, and as the pipe does then."""
        destination = pipe.destination
        try:
            sent = kernel_pipe.pour(destination._clear_fd, count)
        except OSError as error:
            self._pour_failed(error, kernel_pipe.take(count), pipe)
            return
        rest = kernel_pipe.take(count - sent) if sent < count else b""
        if destination._idle_timer is not None:
            destination._last_active = destination._clock()
        destination._bytes_sent += sent
        if rest and not destination._wait_writable(memoryview(rest), count):
            self._in_lane(lambda _: pipe.stall())

    def _pour_failed(self, error: OSError, chunk: bytes, pipe: Pipe) -> None:
        if error.errno in _UNSUITED:
            self._give_up_splicing()
            self._in_lane(lambda _: pipe.on_data(chunk))
        else:
            pipe.destination._refuse(error, len(chunk))
            self._in_lane(lambda _: pipe.stall())

    # ---------------------------------------------------------------- the kernel's pipe

    def _join_kernel_pipe(self) -> _KernelPipe:
        kernel_pipe = _kernel_pipes.get(self._dispatcher)
        if kernel_pipe is None:
            kernel_pipe = _kernel_pipes[self._dispatcher] = _KernelPipe()
        kernel_pipe.users += 1
        self._kernel_pipe = kernel_pipe
        return kernel_pipe

    def _leave_kernel_pipe(self) -> None:
        kernel_pipe, self._kernel_pipe = self._kernel_pipe, None
        if kernel_pipe is not None:
            kernel_pipe.users -= 1
            if not kernel_pipe.users:
                del _kernel_pipes[self._dispatcher]
                kernel_pipe.close()
