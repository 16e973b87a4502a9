"""Making kernel sockets: bind, listen, connect, and the names of their ends.

Together with `gnet.transport` and `gnet.acceptor` the only caller of the kernel's socket API. An
errno leaves this room as an error with a code.
"""

from __future__ import annotations

import _socket
import contextlib
import errno
import fcntl
import math
import os
import stat
from collections.abc import Iterator
from typing import Any

import gevent.socket

from gnet.address import AddressInfo, from_kernel, is_ip
from gnet.errors import node_error, system_error

__all__ = [
    "bind_client",
    "bind_tcp",
    "bind_unix",
    "borrowed",
    "close",
    "connect_error",
    "listen_fd",
    "listen_tcp",
    "listen_unix",
    "local_name",
    "open_stream",
    "peer_name",
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


def _check_path(path: str) -> None:
    """Raise ``EINVAL`` for a path with a NUL inside, where the kernel would take it to end."""
    if path[:1] != "\0" and "\0" in path:
        raise OSError(errno.EINVAL, "a NUL in the path")


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
    sock: Any = None
    bound = False
    try:
        _check_path(path)
        sock = gevent.socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
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
        if sock is not None:
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
        # A number that no descriptor can have is none that is open.
        mode = os.fstat(fd if fd < 2**31 else -1).st_mode
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
    with borrowed(fd) as sock:
        return sock.type == _socket.SOCK_STREAM and sock.family in families


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
    sock: Any = None
    try:
        sock = _socket.socket(kind, _socket.SOCK_STREAM)
        sock.setblocking(False)
        if is_ip(address) != family:
            raise OSError(errno.EINVAL, "an address of the other family")
        sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        sock.bind(_sockaddr(kind, address, int(port) & 0xFFFF if math.isfinite(port) else 0))
        if port > 0 and sock.getsockname()[1] != port:
            raise OSError(errno.EADDRINUSE, "no such port")
    except OSError as error:
        if sock is not None:
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
    sock: Any = None
    try:
        _check_path(path)
        sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.bind(path)
    except (OSError, ValueError) as error:
        if sock is not None:
            sock.close()
        # Without an errno it is Python that refused the path: too long, or not to be encoded.
        number = (isinstance(error, OSError) and error.errno) or errno.EINVAL
        # As for listen: a directory that is not there is EACCES.
        number = errno.EACCES if number == errno.ENOENT else number
        raise system_error(number, "bind", path) from None
    return sock


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
    with borrowed(fd) as sock:
        kinds = {
            (_socket.SOCK_STREAM, _socket.AF_UNIX): "PIPE",
            (_socket.SOCK_STREAM, _socket.AF_INET): "TCP",
            (_socket.SOCK_STREAM, _socket.AF_INET6): "TCP",
            (_socket.SOCK_DGRAM, _socket.AF_INET): "UDP",
            (_socket.SOCK_DGRAM, _socket.AF_INET6): "UDP",
        }
        return kinds.get((sock.type, sock.family), "UNKNOWN")


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


def start_connect(family: int, address: str, port: int = 0, bound: Any = None) -> tuple[Any, int]:
    """Make a socket and start connecting it, without waiting.

    Args:
        family: 4, 6, or 0 for a Unix socket.
        address: An IP address, or the path.
        port: TCP port.
        bound: The socket to connect, if there is one already. A Unix socket is closed, and another
            one made, if the address is an IP address, as Node does.
    Returns:
        The socket and 0, or ``EINPROGRESS``, or the errno why it cannot connect.
    Raises:
        OSError: The errno why there can be no socket: ``EINVAL`` for an address of another family.
    """
    kind = {4: _socket.AF_INET, 6: _socket.AF_INET6, 0: _socket.AF_UNIX}[family]
    if bound is not None and bound.family != kind:
        if bound.family != _socket.AF_UNIX:
            return bound, errno.EAFNOSUPPORT if family == 6 else errno.EINVAL
        bound.close()
        bound = None
    if bound is None and family and is_ip(address) != family:
        raise OSError(errno.EINVAL, "an address of the other family")
    sock = _socket.socket(kind, _socket.SOCK_STREAM) if bound is None else bound
    sock.setblocking(False)
    try:
        if not family:
            _check_path(address)
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
def borrowed(fd: int) -> Iterator[Any]:
    """A socket object for a descriptor that stays its owner's."""
    sock = _socket.socket(fileno=fd)
    try:
        yield sock
    finally:
        sock.detach()


def local_name(fd: int) -> AddressInfo:
    """The socket's own end; empty if it is a Unix socket, or unknown."""
    try:
        with borrowed(fd) as sock:
            return from_kernel(sock.getsockname())
    except OSError:
        return AddressInfo()


def peer_name(fd: int) -> AddressInfo:
    """The other end; empty if it is a Unix socket, or gone already."""
    try:
        with borrowed(fd) as sock:
            return from_kernel(sock.getpeername())
    except OSError:
        return AddressInfo()


def shut_down_writing(fd: int) -> None:
    """Send a FIN. Raises ``OSError`` as shutdown(2) does."""
    with borrowed(fd) as sock:
        sock.shutdown(_socket.SHUT_WR)


def close(fd: int) -> None:
    """Close the descriptor, at once: in a patched process os.close() waits for the loop to wake."""
    try:  # noqa: SIM105  # suppress() would cost as much again, for each connection
        _socket.close(fd)
    except OSError:
        pass  # Linux has closed it all the same, whatever it has to say about the connection
