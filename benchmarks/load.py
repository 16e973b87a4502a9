"""The client: it makes load over loopback with as little work per operation as Python allows.

It runs in the benchmark's own process, on a core of its own, and knows a server only by its
port. What the server used is measured elsewhere.

Two habits keep it cheap: one ``epoll`` answer is worked through as a whole, and the calls of the
inner loops are bound once. Sockets are watched edge-triggered, since a small message arrives in
one piece and is read in one piece, which empties the socket.
"""

import itertools
import os
import select
import socket
import struct
import time
from collections.abc import Callable

__all__ = [
    "ConnectLoad",
    "EchoLoad",
    "LoadError",
    "check_echo",
    "end_politely",
    "open_many",
    "reset_all",
]

HOST = "127.0.0.1"

#: Seconds without any event after which a server counts as stuck.
STALL_S = 5.0

#: Client addresses taken in turn. A port of the client's is blocked for a minute after its
#: connection ended (TIME_WAIT), so one address alone could run out of ports.
SOURCES = tuple(f"127.0.0.{n}" for n in range(2, 10))

#: ``bind`` fixes the address only; the port is chosen by ``connect``, which may take one that
#: is in use towards another server. Python exports the name from 3.12 on.
IP_BIND_ADDRESS_NO_PORT = 24

_next_source = itertools.cycle([(source, 0) for source in SOURCES]).__next__


class LoadError(Exception):
    """The server did not do what an echo server does."""


def open_socket(port: int) -> socket.socket:
    """Return a blocking socket that is connected to the port of the server."""
    sock = socket.socket()
    sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    sock.bind(_next_source())
    sock.connect((HOST, port))
    return sock


def check_echo(sock: socket.socket, payload: bytes) -> None:
    """Send a message and read it back whole; raise ``LoadError`` if it comes back changed."""
    sock.settimeout(STALL_S)
    sock.sendall(payload)
    answer = b""
    while len(answer) < len(payload):
        chunk = sock.recv(len(payload) - len(answer))
        if not chunk:
            raise LoadError("the connection ended in the middle of an echo")
        answer += chunk
    if answer != payload:
        raise LoadError("the echo differs from what was sent")
    sock.settimeout(None)


def open_many(port: int, count: int, batch: int = 100) -> list[socket.socket]:
    """Open connections and return them once the server has accepted them all.

    The last connection of each batch makes one echo: connections are accepted in order, so its
    answer says that those before it were accepted too, and the accept queue never fills up.
    """
    sockets: list[socket.socket] = []
    try:
        for number in range(1, count + 1):
            sockets.append(open_socket(port))
            if number % batch == 0 or number == count:
                check_echo(sockets[-1], b"?")
    except BaseException:
        for sock in sockets:
            sock.close()
        raise
    return sockets


def end_politely(sockets: list[socket.socket]) -> None:
    """End the connections and return when the server has ended its side of each."""
    for sock in sockets:
        sock.shutdown(socket.SHUT_WR)
    for sock in sockets:
        sock.settimeout(STALL_S)
        if sock.recv(1):
            raise LoadError("data arrived that was not asked for")
        sock.close()


def reset_all(sockets: list[socket.socket]) -> None:
    """Close the connections with a reset, which leaves none of them in TIME_WAIT."""
    for sock in sockets:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()


class _Load:
    """What both loads share: sockets under one ``epoll``, and a way to wait."""

    def __init__(self, size: int, spin: bool) -> None:
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._payload = bytes(i % 251 for i in range(size))
        # A client that sleeps makes the server pay for waking it, the more often the slower the
        # server is. A client on another machine would not, so one with a core of its own spins.
        self._poll_s = 0.0 if spin else 0.1

    def close(self) -> None:
        """Close all sockets; ``contextlib.closing`` calls this."""
        for sock in self._sockets.values():
            sock.close()
        self._epoll.close()

    def _wait(self) -> list[tuple[int, int]]:
        """Return what is ready; raise ``LoadError`` if nothing comes for a long time."""
        poll, timeout = self._epoll.poll, self._poll_s
        stuck_at = time.monotonic() + STALL_S
        while not (ready := poll(timeout)):
            if time.monotonic() > stuck_at:
                raise LoadError(f"nothing came back for {STALL_S:g} s")
        return ready


class EchoLoad(_Load):
    """Lasting connections with one message each under way: send, read it back, send again.

    Args:
        port: Port of the server.
        connections: How many connections.
        size: Length of a message in bytes.
        spin: Whether to wait for answers without sleeping.
    """

    def __init__(self, port: int, connections: int, size: int, spin: bool) -> None:
        super().__init__(size, spin)
        self._receive: dict[int, Callable[[bytearray], int]] = {}
        #: Bytes still to come, for the rare connection whose echo arrives in pieces.
        self._rest: dict[int, int] = {}
        for sock in open_many(port, connections):
            fd = sock.fileno()
            self._sockets[fd] = sock
            self._receive[fd] = sock.recv_into
            check_echo(sock, self._payload)
            sock.setblocking(False)
            self._epoll.register(fd, select.EPOLLIN | select.EPOLLET)

    def run(self, seconds: float) -> int:
        """Make load for about that long; return how many messages went out and came back.

        None is under way before or after, so the server has nothing to do between two runs.
        """
        wait, receive, write = self._wait, self._receive, os.write
        payload, size = self._payload, len(self._payload)
        # Longer than a message, so that an echo of too many bytes is noticed.
        buffer = bytearray(size + 1)
        clock = time.perf_counter
        deadline = clock() + seconds
        for fd in receive:
            write(fd, payload)
        count = 0
        while clock() < deadline:
            ready = wait()
            count += len(ready)
            for fd, _ in ready:
                received = receive[fd](buffer)
                if received == size or self._is_whole(fd, received):
                    write(fd, payload)
                else:
                    count -= 1
        return count + self._read_the_last(buffer)

    def _read_the_last(self, buffer: bytearray) -> int:
        """Read the message under way on each connection; return how many those were."""
        left = len(self._receive)
        while left:
            for fd, _ in self._wait():
                left -= self._is_whole(fd, self._receive[fd](buffer))
        return len(self._receive)

    def _is_whole(self, fd: int, received: int) -> bool:
        """Note that bytes of an echo arrived, and tell whether they were the last ones."""
        if not received:
            raise LoadError("the server ended a connection")
        rest = self._rest.pop(fd, len(self._payload)) - received
        if rest < 0:
            raise LoadError("more came back than was sent")
        if rest:
            self._rest[fd] = rest
        return not rest


class ConnectLoad(_Load):
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
        super().__init__(size, spin)
        self._port = port
        self._window = window
        self._received: dict[int, int] = {}
        first = open_socket(port)
        check_echo(first, self._payload)
        end_politely([first])

    def run(self, count: int) -> int:
        """Take that many connections from their start to their end, and return the count.

        None is open before or after, so the server has nothing to do between two runs.
        """
        wait, sockets, received = self._wait, self._sockets, self._received
        size = len(self._payload)
        buffer = bytearray(size + 1)
        to_start = count
        for _ in range(min(self._window, count)):
            self._start()
            to_start -= 1
        while sockets:
            for fd, _ in wait():
                # The socket blocks, which saves calls; it is read only when there is something.
                length = sockets[fd].recv_into(buffer)
                if length:
                    received[fd] += length
                    if received[fd] == size:
                        sockets[fd].shutdown(socket.SHUT_WR)
                elif received[fd] == size:
                    sockets.pop(fd).close()
                    if to_start:
                        self._start()
                        to_start -= 1
                else:
                    raise LoadError(f"{received[fd]} of {size} bytes came back before the end")
        return count

    def _start(self) -> None:
        """Open a connection and send its message."""
        sock = open_socket(self._port)
        fd = sock.fileno()
        self._sockets[fd] = sock
        self._received[fd] = 0
        os.write(fd, self._payload)
        self._epoll.register(fd, select.EPOLLIN | select.EPOLLET)
