"""Making kernel sockets: bind, listen, connect, and the names of their ends.

Together with `gnet.transport` and `gnet.acceptor` the only caller of the kernel's socket API. An
errno leaves this room as an error with a code.
"""

from __future__ import annotations

import _socket
import contextlib
import errno
import os
import stat
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import gevent.socket

from gnet.address import AddressInfo, from_kernel
from gnet.errors import system_error

__all__ = [
    "AcceptQueue",
    "accept_queue",
    "bind_tcp",
    "bind_unix",
    "close",
    "close_with_reset",
    "connect_error",
    "has_news",
    "listen_fd",
    "listen_tcp",
    "listen_unix",
    "local_name",
    "peer_name",
    "reset_at_close",
    "set_keep_alive",
    "set_no_delay",
    "shut_down_writing",
    "start_connect",
    "unlink_unix",
]

#: libuv's and Node's: Linux rounds it up to 512 entries and caps it at net.core.somaxconn.
DEFAULT_BACKLOG = 511

#: Of struct tcp_info: tcpi_state, tcpi_unacked, tcpi_sacked (include/uapi/linux/tcp.h).
_TCP_INFO = struct.Struct("=B23xII")
_TCP_LISTEN = 10  # a tcpi_state (include/net/tcp_states.h)


def _sockaddr(family: int, address: str, port: int) -> Any:
    """What bind and connect take; the zone of an IPv6 address becomes its number."""
    if family == _socket.AF_INET6 and "%" in address:
        plain, _, zone = address.partition("%")
        try:
            return (plain, port, 0, int(zone) if zone.isdigit() else _socket.if_nametoindex(zone))
        except OSError:
            raise OSError(errno.EINVAL, f"no interface is named {zone}") from None
    return (address, port)


def listen_tcp(
    address: str | None,
    family: int,
    port: int,
    backlog: int,
    *,
    ipv6_only: bool = False,
    reuse_port: bool = False,
) -> Any:
    """A listening TCP socket of gevent's.

    Args:
        address: An IP address; None for any, over IPv6 and IPv4 if the machine has IPv6.
        family: 4 or 6; ignored for any address.
        port: 0 lets the system choose.
        backlog: Length of the accept queue.
        ipv6_only: Leave IPv4 out of an IPv6 socket; nothing to an IPv4 one.
        reuse_port: Let other sockets of this user listen on the port, too (SO_REUSEPORT).
    Raises:
        OSError: ``EADDRINUSE``, ``EACCES``, ``EADDRNOTAVAIL``, ``ENOTSUP`` where there is no
            SO_REUSEPORT, … with syscall ``'listen'``.
    """

    def listen(kind: int, where: str) -> Any:
        return _listen(kind, where, port, backlog, ipv6_only, reuse_port)

    if address is None:
        try:
            return listen(_socket.AF_INET6, "::")
        except OSError as error:
            # As libuv: what IPv6 refuses is tried over IPv4, whose error then counts. A port in
            # use is in use for both.
            if error.errno == errno.EADDRINUSE:
                raise
            return listen(_socket.AF_INET, "0.0.0.0")
    return listen(_socket.AF_INET6 if family == 6 else _socket.AF_INET, address)


def _listen(
    family: int, address: str, port: int, backlog: int, ipv6_only: bool, reuse_port: bool
) -> Any:
    try:
        sock = gevent.socket.socket(family, _socket.SOCK_STREAM)
    except OSError as error:
        raise system_error(error.errno or 0, "listen", address, port, describe=True) from None
    try:
        # A port in TIME_WAIT can be bound again; one in use cannot (Linux).
        sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        if family == _socket.AF_INET6:
            sock.setsockopt(_socket.IPPROTO_IPV6, _socket.IPV6_V6ONLY, int(ipv6_only))
        if reuse_port:
            if not hasattr(_socket, "SO_REUSEPORT"):
                raise OSError(errno.ENOTSUP, "no SO_REUSEPORT")
            sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEPORT, 1)
        sock.bind(_sockaddr(family, address, port))
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        raise system_error(error.errno or 0, "listen", address, port, describe=True) from None
    return sock


def listen_unix(
    path: str, backlog: int, *, readable_all: bool = False, writable_all: bool = False
) -> Any:
    """A listening Unix socket of gevent's at ``path``; a NUL in front makes it abstract (Linux).

    Args:
        path: Where its file shall be; there must be none yet.
        backlog: Length of the accept queue.
        readable_all: Give the file read permission for everybody.
        writable_all: Give it write permission for everybody, which connecting needs. If either
            is given, the file has no permissions but these; else what the umask leaves.
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
        mode = 0o444 * readable_all | 0o222 * writable_all
        if mode:
            os.chmod(path, mode)
    except OSError as error:
        sock.close()
        if bound:
            unlink_unix(path)
        # Node says EACCES for a directory that is not there, as libuv does for Windows' sake.
        number = errno.EACCES if error.errno == errno.ENOENT else error.errno or 0
        raise system_error(number, "listen", path, -1, describe=True) from None
    return sock


def listen_fd(fd: int, backlog: int, port: int | None = None, *, shared: bool = False) -> Any:
    """A listening socket of gevent's over a descriptor, bound or listening already.

    Args:
        fd: Taken over, and closed if it is a socket or pipe that cannot listen.
        backlog: Length of the accept queue.
        port: For the error, as Node tells it: -1 for a handle, None for a number.
        shared: Leave the descriptor to its owner and use a duplicate.
    Raises:
        OSError: ``EINVAL`` for what is no TCP or Unix stream socket, or a connected one;
            ``ENOTSOCK`` for a pipe. With syscall ``'listen'``.
    """
    try:
        mode = os.fstat(fd).st_mode
        if stat.S_ISFIFO(mode):
            if not shared:
                close(fd)
            raise OSError(errno.ENOTSOCK, "a pipe")
        if not stat.S_ISSOCK(mode) or not _is_stream(fd):
            raise OSError(errno.EINVAL, "no stream socket")
        sock = gevent.socket.socket(fileno=os.dup(fd) if shared else fd)
        try:
            sock.listen(backlog)
        except OSError:
            sock.close()
            raise
    except OSError as error:
        # Whatever is no descriptor at all is an invalid argument to Node, too.
        number = errno.EINVAL if error.errno == errno.EBADF else error.errno or 0
        raise system_error(number, "listen", None, port, describe=True) from None
    return sock


def _is_stream(fd: int) -> bool:
    families = (_socket.AF_INET, _socket.AF_INET6, _socket.AF_UNIX)
    with _borrowed(fd) as sock:
        return sock.type == _socket.SOCK_STREAM and sock.family in families


def unlink_unix(path: str) -> None:
    """Remove the file of a Unix socket, as its server does when it closes."""
    if not path.startswith("\0"):
        with contextlib.suppress(OSError):  # somebody else was quicker
            os.unlink(path)


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
        with _borrowed(fd) as sock:
            info = sock.getsockopt(_socket.IPPROTO_TCP, _socket.TCP_INFO, _TCP_INFO.size)
    except (OSError, AttributeError):  # no TCP socket; no such option on this system
        return None
    # Of a listening socket the kernel tells its queue where others tell lost segments.
    state, length, maximum = _TCP_INFO.unpack(info)
    return AcceptQueue(length, maximum) if state == _TCP_LISTEN else None


def has_news(fd: int) -> bool:
    """Whether something of the peer's waits to be read: data, its end, or an error."""
    try:
        with _borrowed(fd) as sock:
            sock.setblocking(False)  # whatever the default timeout of Python's sockets is
            sock.recv(1, _socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


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


def start_connect(family: int, address: str, port: int = 0) -> tuple[Any, int]:
    """Make a socket and start connecting it, without waiting.

    Args:
        family: 4, 6, or 0 for a Unix socket.
        address: An IP address, or the path.
        port: TCP port.
    Returns:
        The socket and 0, or ``EINPROGRESS``, or the errno why it cannot connect.
    Raises:
        OSError: The errno why there can be no socket.
    """
    kind = {4: _socket.AF_INET, 6: _socket.AF_INET6, 0: _socket.AF_UNIX}[family]
    sock = _socket.socket(kind, _socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        return sock, sock.connect_ex(_sockaddr(kind, address, port) if family else address)
    except (OSError, ValueError):
        return sock, errno.EINVAL  # a path that is too long, or no name of a file


def connect_error(sock: Any) -> int:
    """The errno a connection attempt ended with; 0 if it succeeded."""
    return int(sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_ERROR))


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


def reset_at_close(fd: int) -> None:
    """Have the peer get an RST when the socket is closed, and unsent data dropped (SO_LINGER)."""
    with contextlib.suppress(OSError), _borrowed(fd) as sock:
        sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_LINGER, struct.pack("ii", 1, 0))


def close_with_reset(fd: int) -> None:
    """Close the descriptor so that the peer gets an RST and unsent data is dropped."""
    reset_at_close(fd)
    close(fd)


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
