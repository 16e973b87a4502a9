"""Connections to a server: opening them, one or many, and ending them."""

import itertools
import socket
import struct
from collections.abc import Iterable
from contextlib import ExitStack

from benchmarks.servers.agreement import HOST

__all__ = [
    "STALL_S",
    "LoadError",
    "end_politely",
    "open_many",
    "open_socket",
    "open_sockets",
    "reset_all",
]

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
    """The server did not do what was asked of it."""


def open_socket(port: int) -> socket.socket:
    """Return a blocking socket that is connected to the port of the server."""
    sock = socket.socket()
    try:
        sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        # A server must not wait for the end of a message because of how the client sends it.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.bind(_next_source())
        sock.connect((HOST, port))
    except BaseException:
        sock.close()
        raise
    return sock


def open_sockets(port: int, count: int) -> list[socket.socket]:
    """Return so many connections, which the server may not have accepted yet."""
    with ExitStack() as opened:
        sockets = [opened.enter_context(open_socket(port)) for _ in range(count)]
        opened.pop_all()  # They are the caller's now.
    return sockets


def open_many(port: int, count: int, batch: int = 100) -> list[socket.socket]:
    """Open connections to an echo server and return them once it has accepted them all.

    The last connection of each batch makes one echo: connections are accepted in order, so its
    answer says that those before it were accepted too, and the accept queue never fills up.
    """
    sockets: list[socket.socket] = []
    try:
        while len(sockets) < count:
            sockets += open_sockets(port, min(batch, count - len(sockets)))
            _echo_once(sockets[-1])
    except BaseException:
        for sock in sockets:
            sock.close()
        raise
    return sockets


def _echo_once(sock: socket.socket) -> None:
    """Send a byte and read it back."""
    sock.settimeout(STALL_S)
    sock.sendall(b"?")
    if (answer := sock.recv(2)) != b"?":
        raise LoadError(f"the echo of b'?' is {answer!r}")
    sock.settimeout(None)


def end_politely(sockets: list[socket.socket]) -> None:
    """End the connections and return when the server has ended its side of each."""
    for sock in sockets:
        sock.shutdown(socket.SHUT_WR)
    for sock in sockets:
        sock.settimeout(STALL_S)
        if sock.recv(1):
            raise LoadError("data arrived that was not asked for")
        sock.close()


def reset_all(sockets: Iterable[socket.socket]) -> None:
    """Close the connections with a reset, which leaves none of them in TIME_WAIT."""
    for sock in sockets:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
