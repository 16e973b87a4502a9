"""Lasting connections with requests and answers of a fixed length."""

import select
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.load.base import Load
from benchmarks.load.connections import LoadError

__all__ = ["RequestLoad"]


class RequestLoad(Load):
    """Send a request on each connection, read the answer, send again.

    Args:
        sockets: Connections, which the load takes over.
        request: What to send.
        answer: What comes back; for an echo the same.
        spin: Whether to wait for answers without sleeping.
        under_way: How many requests are under way at a time. With fewer than there are
            connections, the one that has rested longest comes next.
    """

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        request: bytes,
        answer: bytes,
        spin: bool,
        under_way: int | None = None,
    ) -> None:
        super().__init__(sockets, spin)
        self._request = request
        self._answer = answer
        self._answer_size = len(answer)
        # Longer than an answer, so that too many bytes are noticed.
        self._buffer = bytearray(len(answer) + 1)
        self._receive = {fd: sock.recv_into for fd, sock in self._sockets.items()}
        #: Bytes still to come of an answer that arrives in pieces.
        self._rest: dict[int, int] = {}
        #: Connections without a request.
        self._resting = deque(self._receive)
        self._under_way = min(under_way or len(self._receive), len(self._receive))

    def warm_up(self, seconds: float) -> None:
        """Make one request on each connection, compare what comes back, and then make load.

        In ``run`` and ``time`` only the length of an answer is looked at.
        """
        for fd in self._receive:
            self._try(fd)
        self.run(seconds)

    def run(self, seconds: float) -> int:
        """Make load for about that long; return how many requests were answered.

        None is under way before or after, so the server has nothing to do between two runs.
        """
        wait, send, request, clock = self._wait, self._send, self._request, time.perf_counter
        rest, wake = self._resting.append, self._resting.popleft
        deadline = clock() + seconds
        for _ in range(self._under_way):
            send(wake(), request)
        count = 0
        while clock() < deadline:
            for fd in self._answered(wait()):
                count += 1
                rest(fd)
                send(wake(), request)
        return count + self._finish()

    def time(self, seconds: float) -> list[float]:
        """Make the same load, and return how long each answer took, in microseconds."""
        wait, send, request, clock = self._wait, self._send, self._request, time.perf_counter
        rest, wake = self._resting.append, self._resting.popleft
        sent_at: dict[int, float] = {}
        latencies_us: list[float] = []
        now = clock()
        deadline = now + seconds
        for _ in range(self._under_way):
            fd = wake()
            sent_at[fd] = clock()
            send(fd, request)
        while now < deadline:
            ready = wait()
            # Read once: what the client takes to come to the last of them is not the server's.
            now = clock()
            for answered in self._answered(ready):
                latencies_us.append((now - sent_at[answered]) * 1e6)
                rest(answered)
                fd = wake()
                sent_at[fd] = clock()
                send(fd, request)
        self._finish()
        return latencies_us

    def _answered(self, ready: Iterable[tuple[int, int]]) -> Iterator[int]:
        """Read what is ready, and yield each connection whose answer is whole with that."""
        receive, buffer, size, writable = (
            self._receive,
            self._buffer,
            self._answer_size,
            select.EPOLLOUT,
        )
        for fd, events in ready:
            if events & writable:
                self._send_rest(fd)
                if events == writable:
                    continue
            received = receive[fd](buffer)
            if received == size or self._is_whole(fd, received):
                yield fd

    def _is_whole(self, fd: int, received: int) -> bool:
        """Note that bytes of an answer arrived, and tell whether they were the last ones."""
        if not received:
            raise LoadError("the server ended a connection")
        rest = self._rest.pop(fd, self._answer_size) - received
        if rest < 0:
            raise LoadError("more came back than was asked for")
        if rest:
            self._rest[fd] = rest
        return not rest

    def _finish(self) -> int:
        """Read the answers under way, and return how many those were."""
        left = self._under_way
        while left:
            for fd in self._answered(self._wait()):
                self._resting.append(fd)
                left -= 1
        return self._under_way

    def _try(self, fd: int) -> None:
        """Make one request, and compare the answer."""
        self._send(fd, self._request)
        received = b""
        while len(received) < self._answer_size:
            for _, events in self._wait():
                if events & select.EPOLLOUT:
                    self._send_rest(fd)
                if events & select.EPOLLIN:
                    received += self._read(fd, len(self._buffer))
        if received != self._answer:
            raise LoadError("the answer differs from the one that was agreed on")
