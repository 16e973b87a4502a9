"""Making kernel sockets: bind, listen, connect, and the names of their ends.

Together with `gnet.transport` and `gnet.acceptor` the only caller of the kernel's socket API. An
errno leaves this room as an error with a code.
"""

from __future__ import annotations

import _socket
import contextlib
import errno
import fcntl
import os
import stat
import struct
from collections.abc import Iterator
from typing import Any

import gevent.socket

from gnet.address import AddressInfo, from_kernel, is_ip
from gnet.errors import node_error, system_error

__all__ = [
    "bind_client",
    "bind_tcp",
    "bind_unix",
    "close",
    "close_with_reset",
    "connect_error",
    "get_type_of_service",
    "is_tcp",
    "listen_tcp",
    "listen_unix",
    "local_name",
    "open_stream",
    "peer_name",
    "reset_at_close",
    "set_keep_alive",
    "set_no_delay",
    "set_type_of_service",
    "shut_down_writing",
    "socket_of",
    "start_connect",
    "unlink_unix",
]

#: libuv's and Node's: Linux rounds it up to 512 entries and caps it at net.core.somaxconn.
DEFAULT_BACKLOG = 511


def _sockaddr(family: int, address: str, port: int) -> Any:
    """What bind and connect take; the zone of an IPv6 address becomes its number."""
    if family == _socket.AF_INET6 and "%" in address:
        plain, _, zone = address.partition("%")
        try:
            return (plain, port, 0, int(zone) if zone.isdigit() else _socket.if_nametoindex(zone))
        except OSError:
            raise OSError(errno.EINVAL, f"no interface is named {zone}") from None
    return (address, port)


def listen_tcp(address: str | None, family: int, port: int, backlog: int) -> Any:
    """A listening TCP socket of gevent's.

    Args:
        address: An IP address; None for any, over IPv6 and IPv4 if the machine has IPv6.
        family: 4 or 6; ignored for any address.
        port: 0 lets the system choose.
        backlog: Length of the accept queue.
    Raises:
        OSError: ``EADDRINUSE``, ``EACCES``, ``EADDRNOTAVAIL``, … with syscall ``'listen'``.
    """
    if address is None:
        try:
            return _listen(_socket.AF_INET6, "::", port, backlog)
        except OSError as error:
            # As libuv: what IPv6 refuses is tried over IPv4, whose error then counts. A port in
            # use is in use for both.
            if error.errno == errno.EADDRINUSE:
                raise
            return _listen(_socket.AF_INET, "0.0.0.0", port, backlog)
    return _listen(_socket.AF_INET6 if family == 6 else _socket.AF_INET, address, port, backlog)


def _listen(family: int, address: str, port: int, backlog: int) -> Any:
    try:
        sock = gevent.socket.socket(family, _socket.SOCK_STREAM)
    except OSError as error:
        raise system_error(error.errno or 0, "listen", address, port, describe=True) from None
    try:
        # A port in TIME_WAIT can be bound again; one in use cannot (Linux).
        sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        if family == _socket.AF_INET6:
            sock.setsockopt(_socket.IPPROTO_IPV6, _socket.IPV6_V6ONLY, 0)
        sock.bind(_sockaddr(family, address, port))
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        raise system_error(error.errno or 0, "listen", address, port, describe=True) from None
    return sock


def listen_unix(path: str, backlog: int) -> Any:
    """A listening Unix socket of gevent's at ``path``; a NUL in front makes it abstract (Linux).

    Raises:
        OSError: ``EADDRINUSE`` if there is a file, stale or not; ``EACCES``, ``ENOENT``, … With
            syscall ``'listen'``, the path as ``address`` and port -1, as in Node.
    """
    sock = gevent.socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    bound = False
    try:
        try:
            sock.bind(path)
        except OSError as error:
            if error.errno is not None:
                raise
            # Python checks the length itself: "AF_UNIX path too long". The kernel's is EINVAL.
            raise OSError(errno.EINVAL, "path too long") from None
        except ValueError:  # no name of a file, such as a lone surrogate
            raise OSError(errno.EINVAL, "path cannot be encoded") from None
        bound = True
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        if bound:
            unlink_unix(path)
        # Node says EACCES for a directory that is not there, as libuv does for Windows' sake.
        number = errno.EACCES if error.errno == errno.ENOENT else error.errno or 0
        raise system_error(number, "listen", path, -1, describe=True) from None
    return sock


def unlink_unix(path: str) -> None:
    """Remove the file of a Unix socket, as its server does when it closes."""
    if not path.startswith("\0"):
        with contextlib.suppress(OSError):  # somebody else was quicker
            os.unlink(path)


def bind_client(family: int, address: str, port: float) -> Any:
    """Make a socket that will connect from a local address and port.

    Args:
        family: 4 or 6: of the peer.
        address: The local IP address.
        port: The local port; 0 lets the system choose.
    Raises:
        OSError: ``EADDRINUSE``, ``EADDRNOTAVAIL``, ``EACCES``, or ``EINVAL`` for an address of the
            other family, with syscall ``'bind'``. A port that there is not counts as in use, as
            in Node.
    """
    kind = {4: _socket.AF_INET, 6: _socket.AF_INET6}[family]
    sock = _socket.socket(kind, _socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        if is_ip(address) != family:
            raise OSError(errno.EINVAL, "an address of the other family")
        sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        sock.bind(_sockaddr(kind, address, int(port) & 0xFFFF))
        if port > 0 and sock.getsockname()[1] != port:
            raise OSError(errno.EADDRINUSE, "no such port")
    except OSError as error:
        sock.close()
        number = error.errno or 0
        raise system_error(number, "bind", address, port or None) from None
    return sock


def bind_tcp(address: str, family: int, port: int, ipv6_only: bool, reuse_port: bool) -> Any:
    """A TCP socket that is bound, and neither listens nor connects.

    Args:
        address: An IP address.
        family: 4 or 6.
        port: 0 lets the system choose.
        ipv6_only: Whether an IPv6 socket leaves IPv4 alone (IPV6_V6ONLY).
        reuse_port: Whether several sockets may share the port (SO_REUSEPORT).
    Raises:
        OSError: ``EADDRINUSE``, ``EACCES``, ``EADDRNOTAVAIL``, … with syscall ``'bind'``.
    """
    kind = _socket.AF_INET6 if family == 6 else _socket.AF_INET
    try:
        sock = _socket.socket(kind, _socket.SOCK_STREAM)
    except OSError as error:
        raise system_error(error.errno or 0, "bind", address, port) from None
    try:
        sock.setblocking(False)
        sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEPORT, 1)
        if family == 6:
            sock.setsockopt(_socket.IPPROTO_IPV6, _socket.IPV6_V6ONLY, int(ipv6_only))
        sock.bind(_sockaddr(kind, address, port))
    except OSError as error:
        sock.close()
        raise system_error(error.errno or 0, "bind", address, port) from None
    return sock


def bind_unix(path: str) -> Any:
    """A Unix socket that is bound to ``path``, and neither listens nor connects.

    Raises:
        OSError: ``EADDRINUSE`` if there is a file, stale or not; ``EACCES``, ``EINVAL``, … With
            syscall ``'bind'`` and the path as ``address``.
    """
    sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.bind(path)
    except (OSError, ValueError) as error:
        sock.close()
        # Without an errno it is Python that refused the path: too long, or not to be encoded.
        number = (isinstance(error, OSError) and error.errno) or errno.EINVAL
        # As for listen: a directory that is not there is EACCES.
        number = errno.EACCES if number == errno.ENOENT else number
        raise system_error(number, "bind", path) from None
    return sock


def start_connect(family: int, address: str, port: int = 0, bound: Any = None) -> tuple[Any, int]:
    """Make a socket and start connecting it, without waiting.

    Args:
        family: 4, 6, or 0 for a Unix socket.
        address: An IP address, or the path.
        port: TCP port.
        bound: The socket to connect, if there is one already.
    Returns:
        The socket and 0, or ``EINPROGRESS``, or the errno why it cannot connect.
    Raises:
        OSError: The errno why there can be no socket.
    """
    kind = {4: _socket.AF_INET, 6: _socket.AF_INET6, 0: _socket.AF_UNIX}[family]
    sock = _socket.socket(kind, _socket.SOCK_STREAM) if bound is None else bound
    sock.setblocking(False)
    try:
        return sock, sock.connect_ex(_sockaddr(kind, address, port) if family else address)
    except (OSError, ValueError):
        return sock, errno.EINVAL  # a path that is too long, or no name of a file


def connect_error(sock: Any) -> int:
    """The errno a connection attempt ended with; 0 if it succeeded."""
    return int(sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_ERROR))


def socket_of(fd: int) -> Any:
    """The socket object of a descriptor that is taken over."""
    return _socket.socket(fileno=fd)


@contextlib.contextmanager
def _borrowed(fd: int) -> Iterator[Any]:
    """A socket object for a descriptor that stays its owner's."""
    sock = _socket.socket(fileno=fd)
    try:
        yield sock
    finally:
        sock.detach()


def local_name(fd: int) -> AddressInfo:
    """The socket's own end; empty if it is a Unix socket, or unknown."""
    try:
        with _borrowed(fd) as sock:
            return from_kernel(sock.getsockname())
    except OSError:
        return AddressInfo()


def peer_name(fd: int) -> AddressInfo:
    """The other end; empty if it is a Unix socket, or gone already."""
    try:
        with _borrowed(fd) as sock:
            return from_kernel(sock.getpeername())
    except OSError:
        return AddressInfo()


def set_no_delay(fd: int, enable: bool) -> None:
    """Send small segments at once (TCP_NODELAY). Raises ``OSError`` as setsockopt(2) does."""
    with _borrowed(fd) as sock:
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
    with _borrowed(fd) as sock:
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
        with _borrowed(fd) as sock:
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
    with _borrowed(fd) as sock:
        sock.setsockopt(*_type_of_service(sock), tos)


def get_type_of_service(fd: int) -> int:
    """What outgoing packets are marked with. Raises ``OSError`` as getsockopt(2) does."""
    with _borrowed(fd) as sock:
        return int(sock.getsockopt(*_type_of_service(sock)))


def reset_at_close(fd: int) -> None:
    """Have closing send an RST to the peer and drop what is unsent (SO_LINGER)."""
    with contextlib.suppress(OSError), _borrowed(fd) as sock:
        sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_LINGER, struct.pack("ii", 1, 0))


def close_with_reset(fd: int) -> None:
    """Close the descriptor so that the peer gets an RST and unsent data is dropped."""
    reset_at_close(fd)
    close(fd)


def open_stream(fd: int) -> bool:
    """Prepare a descriptor that came from elsewhere: a stream socket, or one end of a pipe.

    Returns:
        Whether it can be read from.
    Raises:
        TypeError: ``ERR_INVALID_FD_TYPE`` for anything else, a closed one included.
    """
    kind = _kind(fd)
    if kind not in ("TCP", "PIPE"):
        raise node_error("ERR_INVALID_FD_TYPE", kind)
    os.set_blocking(fd, False)
    return fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE != os.O_WRONLY


def _kind(fd: int) -> str:
    """Node's name for what is behind a descriptor: libuv's ``uv_guess_handle``."""
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return "UNKNOWN"
    if os.isatty(fd):
        return "TTY"
    if stat.S_ISREG(mode) or stat.S_ISCHR(mode):
        return "FILE"
    if stat.S_ISFIFO(mode):
        return "PIPE"
    if not stat.S_ISSOCK(mode):
        return "UNKNOWN"
    with _borrowed(fd) as sock:
        kinds = {
            (_socket.SOCK_STREAM, _socket.AF_UNIX): "PIPE",
            (_socket.SOCK_STREAM, _socket.AF_INET): "TCP",
            (_socket.SOCK_STREAM, _socket.AF_INET6): "TCP",
            (_socket.SOCK_DGRAM, _socket.AF_INET): "UDP",
            (_socket.SOCK_DGRAM, _socket.AF_INET6): "UDP",
        }
        return kinds.get((sock.type, sock.family), "UNKNOWN")


def shut_down_writing(fd: int) -> None:
    """Send a FIN. Raises ``OSError`` as shutdown(2) does."""
    with _borrowed(fd) as sock:
        sock.shutdown(_socket.SHUT_WR)


def close(fd: int) -> None:
    """Close the descriptor."""
    try:  # noqa: SIM105  # suppress() would cost as much again, for each connection
        os.close(fd)
    except OSError:
        pass  # Linux has closed it all the same, whatever it has to say about the connection
