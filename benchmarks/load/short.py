"""Connections that live for one request."""

import os
import socket
import time

from benchmarks.load.base import READING, Load
from benchmarks.load.connections import LoadError, open_socket

__all__ = ["ConnectLoad"]


class ConnectLoad(Load):
    """Short connections, a window of them at once: connect, echo one message, end.

    The client ends first and closes when the server has ended too, so the client is the one that
    keeps the port in TIME_WAIT.

    Args:
        port: Port of the server.
        window: How many connections are open at a time.
        size: Length of the message in bytes.
        spin: Whether to wait for answers without sleeping.
    """

    def __init__(self, port: int, window: int, size: int, spin: bool) -> None:
        super().__init__((), spin)
        self._port = port
        self._window = window
        self._payload = bytes(i % 251 for i in range(size))
        self._received: dict[int, int] = {}
        self._opened_at: dict[int, float] = {}

    def run(self, count: int) -> int:
        """Take that many connections from their start to their end, and return the count.

        None is open before or after, so the server has nothing to do between two runs.
        """
        self.time(count)
        return count

    def time(self, count: int) -> list[float]:
        """Do the same, and return how long each took to its end, in microseconds."""
        wait, sockets, received = self._wait, self._sockets, self._received
        opened_at, clock = self._opened_at, time.perf_counter
        size = len(self._payload)
        buffer = bytearray(size + 1)
        latencies_us: list[float] = []
        to_start = count
        for _ in range(min(self._window, count)):
            self._start()
            to_start -= 1
        while sockets:
            ready = wait()
            now = clock()
            for fd, _ in ready:
                # The socket blocks, which saves calls; it is read only when there is something.
                length = sockets[fd].recv_into(buffer)
                if length:
                    received[fd] += length
                    if received[fd] == size:
                        if buffer[:length] != self._payload[size - length :]:
                            raise LoadError("the echo differs from what was sent")
                        sockets[fd].shutdown(socket.SHUT_WR)
                elif received[fd] == size:
                    sockets.pop(fd).close()
                    latencies_us.append((now - opened_at[fd]) * 1e6)
                    if to_start:
                        self._start()
                        to_start -= 1
                else:
                    raise LoadError(f"{received[fd]} of {size} bytes came back before the end")
        return latencies_us

    def _start(self) -> None:
        """Open a connection and send its message."""
        now = time.perf_counter()
        sock = open_socket(self._port)
        fd = sock.fileno()
        self._sockets[fd] = sock
        self._received[fd] = 0
        self._opened_at[fd] = now
        os.write(fd, self._payload)
        self._epoll.register(fd, READING)
