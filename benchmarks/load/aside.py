"""Requests and answers, while the client also does something else on other connections."""

import select
import socket
from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks.load.connections import STALL_S, LoadError, open_socket
from benchmarks.load.requests import RequestLoad
from benchmarks.servers.agreement import HOST

__all__ = ["BlockedLoad", "ProxyLoad", "Upstream"]

#: A message upon which the listener sleeps.
BLOCKING = b"!" + bytes(63)


class Upstream:
    """Where a proxy is to connect to: a listening socket of the client's own."""

    def __init__(self) -> None:
        self._listener = socket.create_server((HOST, 0))
        self._listener.settimeout(STALL_S)
        self.port: int = self._listener.getsockname()[1]

    def close(self) -> None:
        """Listen no longer; ``contextlib.closing`` calls this."""
        self._listener.close()

    def open_pairs(self, port: int, count: int) -> list[tuple[socket.socket, socket.socket]]:
        """Connect to a proxy so often; return each connection with its far end."""
        with ExitStack() as opened:
            pairs = []
            for _ in range(count):
                near = opened.enter_context(open_socket(port))
                pairs.append((near, opened.enter_context(self._accept())))
            opened.pop_all()  # They are the caller's now.
        return pairs

    def _accept(self) -> socket.socket:
        """Return the next connection that the proxy makes."""
        try:
            sock, _ = self._listener.accept()
        except TimeoutError as error:
            raise LoadError(f"the proxy did not connect for {STALL_S:g} s") from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


class ProxyLoad(RequestLoad):
    """Send messages into a proxy, and be the echo server behind it.

    One process does both, since two that share a core would wait for each other.

    Args:
        pairs: Connections to the proxy, each with its far end; the load takes over both.
        message: What to send.
        spin: Whether to wait without sleeping.
    """

    def __init__(
        self, pairs: Sequence[tuple[socket.socket, socket.socket]], message: bytes, spin: bool
    ) -> None:
        super().__init__([near for near, _ in pairs], message, message, spin)
        self._far = {self._watch(far) for _, far in pairs}

    def _wait(self) -> list[tuple[int, int]]:
        """Return what is ready on this side of the proxy; echo what is on the far one."""
        near = []
        for fd, events in super()._wait():
            if fd in self._far:
                self._echo(fd, events)
            else:
                near.append((fd, events))
        return near

    def _echo(self, fd: int, events: int) -> None:
        """Send back what arrived at a far end, after what could not be sent before."""
        if events & select.EPOLLOUT:
            self._send_rest(fd)
        if events & select.EPOLLIN:
            data = self._read(fd, len(self._buffer))
            if fd in self._unsent:
                self._unsent[fd] = memoryview(bytes(self._unsent[fd]) + data)
            else:
                self._send(fd, data)


class BlockedLoad(RequestLoad):
    """Echo messages on some connections, while the listeners of others sleep all the time.

    ``run`` and ``time`` count and time the former only. Call ``settle`` after each.

    Args:
        sockets: Connections that are looked at; the load takes over these and the others.
        blocking: Connections whose every message makes the server's listener sleep.
        message: What to send on the former.
        spin: Whether to wait without sleeping.
    """

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        blocking: Sequence[socket.socket],
        message: bytes,
        spin: bool,
    ) -> None:
        super().__init__(sockets, message, message, spin)
        self._blocking = {self._watch(sock) for sock in blocking}
        #: Those of them that have a message under way.
        self._asleep: set[int] = set()

    def run(self, seconds: float) -> int:
        """Make load for about that long; return how many messages came back to the others."""
        self._put_to_sleep()
        return super().run(seconds)

    def time(self, seconds: float) -> list[float]:
        """Make the same load, and return how long each of those took, in microseconds."""
        self._put_to_sleep()
        return super().time(seconds)

    def settle(self) -> None:
        """Wait until the last sleeping listener has answered."""
        while self._asleep:
            for fd, _ in super()._wait():
                self._read_late(fd)
                self._asleep.remove(fd)

    def _wait(self) -> list[tuple[int, int]]:
        """Return what is ready on the others; put a listener that woke up to sleep again."""
        others = []
        for fd, events in super()._wait():
            if fd in self._blocking:
                self._read_late(fd)
                self._send(fd, BLOCKING)
            else:
                others.append((fd, events))
        return others

    def _put_to_sleep(self) -> None:
        """Send a message that makes its listener sleep, on each connection meant for that."""
        for fd in self._blocking:
            self._send(fd, BLOCKING)
        self._asleep |= self._blocking

    def _read_late(self, fd: int) -> None:
        """Read the answer of a listener that slept."""
        if (answer := self._read(fd, len(BLOCKING) + 1)) != BLOCKING:
            raise LoadError(f"a listener that blocked answered {answer!r}")
