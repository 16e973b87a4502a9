"""What is set and asked on the kernel's sockets: delays, probes, marks, queues.

All of it goes by descriptor, which stays its owner's. `gnet.kernel` makes the sockets.
"""

from __future__ import annotations

import _socket
import contextlib
import struct
from typing import Any, NamedTuple

from gnet.kernel import borrowed

__all__ = [
    "AcceptQueue",
    "accept_queue",
    "get_type_of_service",
    "has_news",
    "is_tcp",
    "reset_at_close",
    "set_keep_alive",
    "set_no_delay",
    "set_type_of_service",
]

#: Of struct tcp_info: tcpi_state, tcpi_unacked, tcpi_sacked (include/uapi/linux/tcp.h).
_TCP_INFO = struct.Struct("=B23xII")
_TCP_LISTEN = 10  # a tcpi_state (include/net/tcp_states.h)


class AcceptQueue(NamedTuple):
    """Connections that the kernel has made and nobody has accepted yet.

    ``length`` is how many there are now, ``maximum`` how many there may be: the backlog as the
    kernel took it. When it is full, the kernel lets new connections wait and their SYNs come again.
    """

    length: int
    maximum: int


def accept_queue(fd: int) -> AcceptQueue | None:
    """The accept queue of a listening TCP socket (Linux TCP_INFO); None if it cannot be told."""
    try:
        with borrowed(fd) as sock:
            info = sock.getsockopt(_socket.IPPROTO_TCP, _socket.TCP_INFO, _TCP_INFO.size)
    except (OSError, AttributeError):  # no TCP socket; no such option on this system
        return None
    # Of a listening socket the kernel tells its queue where others tell lost segments.
    state, length, maximum = _TCP_INFO.unpack(info)
    return AcceptQueue(length, maximum) if state == _TCP_LISTEN else None


def has_news(fd: int) -> bool:
    """Whether something of the peer's waits to be read: data, its end, or an error."""
    try:
        with borrowed(fd) as sock:
            sock.setblocking(False)  # whatever the default timeout of Python's sockets is
            sock.recv(1, _socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def set_no_delay(fd: int, enable: bool) -> None:
    """Send small segments at once (TCP_NODELAY). Raises ``OSError`` as setsockopt(2) does."""
    with borrowed(fd) as sock:
        sock.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, int(enable))


def set_keep_alive(fd: int, enable: bool, delay: int, interval: int, count: int) -> None:
    """Have the kernel probe an idle peer (SO_KEEPALIVE).

    Args:
        fd: A TCP socket.
        enable: Whether to probe; if not, the rest is left as it is.
        delay: Seconds without traffic before the first probe; 0 leaves the system's.
        interval: Seconds between probes.
        count: How many unanswered probes end the connection, with ``ETIMEDOUT``.
    Raises:
        OSError: As setsockopt(2) does.
    """
    with borrowed(fd) as sock:
        sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_KEEPALIVE, int(enable))
        if enable and delay:
            # macOS names the first probe's delay TCP_KEEPALIVE.
            idle = getattr(_socket, "TCP_KEEPIDLE", getattr(_socket, "TCP_KEEPALIVE", None))
            for option, value in (
                (idle, delay),
                (_socket.TCP_KEEPINTVL, interval),
                (_socket.TCP_KEEPCNT, count),
            ):
                sock.setsockopt(_socket.IPPROTO_TCP, option, value)


def is_tcp(fd: int) -> bool:
    """Whether it is a socket over IPv4 or IPv6, and no Unix socket or pipe."""
    try:
        with borrowed(fd) as sock:
            return sock.family in (_socket.AF_INET, _socket.AF_INET6)
    except OSError:
        return False


def _type_of_service(sock: Any) -> tuple[int, int]:
    """Level and name of the option: what IPv4 calls type of service, IPv6 calls traffic class."""
    if sock.family == _socket.AF_INET6:
        return _socket.IPPROTO_IPV6, _socket.IPV6_TCLASS
    return _socket.IPPROTO_IP, _socket.IP_TOS


def set_type_of_service(fd: int, tos: int) -> None:
    """Mark what is sent over TCP with a byte for routers. Raises ``OSError`` as setsockopt(2)."""
    with borrowed(fd) as sock:
        sock.setsockopt(*_type_of_service(sock), tos)


def get_type_of_service(fd: int) -> int:
    """What outgoing packets are marked with. Raises ``OSError`` as getsockopt(2) does."""
    with borrowed(fd) as sock:
        return int(sock.getsockopt(*_type_of_service(sock)))


def reset_at_close(fd: int) -> None:
    """Have the peer get an RST when the socket is closed, and unsent data dropped (SO_LINGER)."""
    with contextlib.suppress(OSError), borrowed(fd) as sock:
        sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_LINGER, struct.pack("ii", 1, 0))
