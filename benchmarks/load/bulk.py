"""One connection, as many bytes as it takes in one direction."""

import select

from benchmarks.load.base import Load
from benchmarks.load.connections import LoadError, open_socket
from benchmarks.servers.agreement import PORTION

__all__ = ["BulkInLoad", "BulkOutLoad"]

MIB = 1024 * 1024

#: Bytes written or read at a time. Large, so that the client is not what holds up the server.
STRETCH = MIB


class _BulkLoad(Load):
    """A connection to a server, and room for what goes through it.

    Args:
        port: Port of the server.
        spin: Whether to wait without sleeping.
    """

    def __init__(self, port: int, spin: bool) -> None:
        sock = open_socket(port)
        super().__init__([sock], spin)
        self._socket = sock
        self._buffer = bytearray(STRETCH)

    def _read_some(self) -> int:
        """Read what there is and return how much; 0 if there is nothing."""
        try:
            length = self._socket.recv_into(self._buffer)
        except BlockingIOError:
            return 0
        if not length:
            raise LoadError("the server ended the connection")
        return length


class BulkInLoad(_BulkLoad):
    """Write to a ``sink``, which acknowledges each portion with one byte."""

    def run(self, portions: int) -> int:
        """Write so many portions; return how many MiB that were, once all are acknowledged."""
        stretch = memoryview(self._buffer)
        fd = self._socket.fileno()
        for _ in range(portions):
            left = PORTION
            acknowledged = 0
            while left or self._unsent or not acknowledged:
                while left and not self._unsent:
                    self._send(fd, stretch)
                    left -= STRETCH
                for _, events in self._wait():
                    if events & select.EPOLLOUT:
                        self._send_rest(fd)
                    if events & select.EPOLLIN:
                        acknowledged += self._read_some()
            if acknowledged > 1:
                raise LoadError("more was acknowledged than was sent")
        return portions * PORTION // MIB


class BulkOutLoad(_BulkLoad):
    """Read from a ``source``, which writes a portion for each byte that asks for it."""

    def run(self, portions: int) -> int:
        """Read so many portions, one after the other; return how many MiB that were."""
        for _ in range(portions):
            self._send(self._socket.fileno(), b".")
            left = PORTION
            while left:
                self._wait()
                while length := self._read_some():
                    left -= length
            if left < 0:
                raise LoadError("more came than was asked for")
        return portions * PORTION // MIB
