"""What all loads share: sockets under one ``epoll``, a way to wait, a way to send."""

import os
import select
import socket
import time
from collections.abc import Iterable

from benchmarks.load.connections import STALL_S, LoadError, reset_all

__all__ = ["Load"]

READING = select.EPOLLIN | select.EPOLLET
READING_AND_WRITING = READING | select.EPOLLOUT


class Load:
    """Sockets that are watched for something to read, and closed together.

    Args:
        sockets: Connections, which the load takes over.
        spin: Whether to wait without sleeping.
    """

    def __init__(self, sockets: Iterable[socket.socket], spin: bool) -> None:
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        #: What the kernel has not taken yet, by descriptor.
        self._unsent: dict[int, memoryview] = {}
        # A client that sleeps makes the server pay for waking it, the more often the slower the
        # server is. A client on another machine would not, so one with a core of its own spins.
        self._poll_s = 0.0 if spin else 0.1
        for sock in sockets:
            self._watch(sock)

    def close(self) -> None:
        """Reset all connections that are open; ``contextlib.closing`` calls this."""
        reset_all(self._sockets.values())
        self._epoll.close()

    def _watch(self, sock: socket.socket) -> int:
        """Take over a connection, and return its descriptor."""
        sock.setblocking(False)
        fd = sock.fileno()
        self._sockets[fd] = sock
        self._epoll.register(fd, READING)
        return fd

    def _wait(self) -> list[tuple[int, int]]:
        """Return what is ready; raise ``LoadError`` if nothing comes for a long time."""
        poll, timeout = self._epoll.poll, self._poll_s
        stuck_at = time.monotonic() + STALL_S
        while not (ready := poll(timeout)):
            if time.monotonic() > stuck_at:
                raise LoadError(f"nothing came back for {STALL_S:g} s")
        return ready

    def _read(self, fd: int, most: int) -> bytes:
        """Read from a connection that has something to read; ``most`` exceeds what that can be."""
        data = self._sockets[fd].recv(most)
        if not data:
            raise LoadError("the server ended a connection")
        return data

    def _send(self, fd: int, data: bytes | memoryview) -> None:
        """Write to a connection that has nothing unsent; keep what the kernel does not take."""
        try:
            written = os.write(fd, data)
        except BlockingIOError:
            written = 0
        if written < len(data):
            self._unsent[fd] = memoryview(data)[written:]
            self._epoll.modify(fd, READING_AND_WRITING)

    def _send_rest(self, fd: int) -> None:
        """Write what was kept, as far as the kernel takes it; call this upon ``EPOLLOUT``."""
        rest = self._unsent.pop(fd)
        self._send(fd, rest)
        if fd not in self._unsent:
            self._epoll.modify(fd, READING)
