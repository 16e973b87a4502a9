"""From the text of an address to a listening socket: ``tcp://``, ``tcp6://``, ``unix:``, ``fd:``.

The sockets are Python's own, made without gevent's hub: the process that makes them may be one that
forks, or starts, those who serve. Whoever serves hands them to `gnet.Server.listen` as ``fd``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Address",
    "AddressError",
    "ListenError",
    "SocketFile",
    "activated",
    "hold_port",
    "open_listener",
    "open_listeners",
    "parse",
    "shown",
]

_TCP = re.compile(
    r"(?P<scheme>tcp6?)://(?:\[(?P<ip>[^\[\]]*)\]|(?P<name>[^:/\[\]]*)):(?P<port>\d{1,9})"
)

#: The first descriptor that systemd passes: sd_listen_fds(3).
_FIRST_ACTIVATED = 3


class AddressError(ValueError):
    """A text that is no address."""


class ListenError(OSError):
    """Nothing can listen there. The text says where and why; ``errno`` is the system's."""

    def __str__(self) -> str:
        return str(self.args[-1])


@dataclass(frozen=True)
class Address:
    """Where to listen.

    ``family`` is one of the socket module's; for a descriptor 0, since it is what it is. ``host``
    is empty for any address, a path for a Unix socket (with a NUL in front for an abstract one).
    ``port`` is the TCP port, or the number of the descriptor.
    """

    text: str
    family: int
    host: str = ""
    port: int = 0
    dual_stack: bool = False  # any address, over IPv6 and IPv4

    @property
    def file(self) -> str | None:
        """The file of a Unix socket that is listened on here, if there is one."""
        is_file = self.family == socket.AF_UNIX and not self.host.startswith("\0")
        return self.host if is_file else None

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> Address:
    """Read an address.

    Args:
        text: ``tcp://HOST:PORT``, where no host means any and an IPv6 address stands in brackets;
            ``tcp6://[HOST]:PORT``, which leaves IPv4 out; ``unix:PATH``, or ``unix:@NAME`` for an
            abstract one (Linux); ``fd:NUMBER`` of a socket that the process was started with.
    Raises:
        AddressError: It is none of them.
    """
    scheme, _, rest = text.partition(":")
    if scheme == "unix" and rest:
        if "\0" in rest:
            raise AddressError(f"{text!r}: no path has a NUL in it")
        return Address(text, socket.AF_UNIX, "\0" + rest[1:] if rest[0] == "@" else rest)
    if scheme == "fd":
        number = rest.removeprefix("//")
        if number.isdecimal() and len(number) < 10:
            return Address(text, 0, port=int(number))
        raise AddressError(f"{text!r}: expected fd:NUMBER, such as fd:3")
    return _parse_tcp(text)


def _parse_tcp(text: str) -> Address:
    found = _TCP.fullmatch(text)
    if found is None:
        forms = "tcp://HOST:PORT, tcp6://[HOST]:PORT, unix:PATH or fd:NUMBER"
        raise AddressError(f"{text!r}: expected {forms}")
    port = int(found["port"])
    if port > 65535:
        raise AddressError(f"{text!r}: a port is at most 65535")
    host = found["ip"] if found["ip"] is not None else found["name"]
    is_tcp6 = found["scheme"] == "tcp6"
    if host and not is_tcp6 and found["ip"] is None:
        return Address(text, socket.AF_INET, host, port)
    try:
        packed = socket.inet_pton(socket.AF_INET6, host.partition("%")[0] if host else "::")
    except OSError:
        raise AddressError(f"{text!r}: {host!r} is no IPv6 address") from None
    is_any = not any(packed)
    return Address(
        text, socket.AF_INET6, "::" if is_any else host, port, dual_stack=is_any and not is_tcp6
    )


def activated(environ: Mapping[str, str]) -> list[Address]:
    """The sockets that systemd has passed to this process: ``LISTEN_FDS``, sd_listen_fds(3)."""
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return []  # meant for another process, or for none
    count = environ.get("LISTEN_FDS", "")
    numbers = range(_FIRST_ACTIVATED, _FIRST_ACTIVATED + (int(count) if count.isdecimal() else 0))
    return [parse(f"fd:{number}") for number in numbers]


def open_listener(address: Address, backlog: int, *, reuse_port: bool = False) -> socket.socket:
    """A socket that listens at the address.

    Args:
        address: Where. A name is looked up here, and its first address counts. A Unix socket's
            file that nobody listens on any more is replaced.
        backlog: Length of the kernel's accept queue.
        reuse_port: Let other sockets of this user listen on the TCP port, too (SO_REUSEPORT).
    Raises:
        ListenError: ``EADDRINUSE``, ``EACCES``, ``EADDRNOTAVAIL``, ``ENOTSOCK``, …
    """
    with _explained(address):
        if not address.family:
            return _take_over(address.port, backlog)
        if address.family == socket.AF_UNIX:
            return _open_unix(address.host, backlog)
        return _open_tcp(address, backlog, reuse_port)


def hold_port(address: Address) -> socket.socket:
    """A socket that has a TCP port, and does not listen, for others that do with ``reuse_port``.

    Raises:
        ListenError: As `open_listener`.
    """
    with _explained(address):
        return _open_tcp(address, None, reuse_port=True)


@contextlib.contextmanager
def _explained(address: Address) -> Iterator[None]:
    try:
        yield
    except UnicodeError:  # of getaddrinfo(), which encodes names
        raise ListenError(
            errno.EINVAL, f"cannot listen on {address}: not the name of a host"
        ) from None
    except OSError as error:
        code = errno.errorcode.get(error.errno or 0)
        why = os.strerror(error.errno).lower() if code and error.errno else error.strerror or error
        told = f"cannot listen on {address}: {why}" + (f" ({code})" if code else "")
        raise ListenError(error.errno, told) from error


def _open_tcp(address: Address, backlog: int | None, reuse_port: bool) -> socket.socket:
    family, host = address.family, address.host
    where: tuple[Any, ...] = (host, address.port)
    if not address.dual_stack:
        kind = 0 if family == socket.AF_INET else family  # a name may have addresses of either
        found = socket.getaddrinfo(host, address.port, kind, socket.SOCK_STREAM)
        family, _, _, _, where = found[0]
    try:
        return _bound(family, where, backlog, address.dual_stack, reuse_port)
    except OSError as error:
        if not address.dual_stack or error.errno == errno.EADDRINUSE:
            raise
        # A machine without IPv6.
        return _bound(socket.AF_INET, ("0.0.0.0", address.port), backlog, False, reuse_port)


def _bound(
    family: int, where: tuple[Any, ...], backlog: int | None, dual_stack: bool, reuse_port: bool
) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not dual_stack))
        if reuse_port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(where)
        if backlog is not None:
            listener.listen(backlog)
    except BaseException:
        listener.close()
        raise
    return listener


def _open_unix(path: str, backlog: int) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        try:
            listener.bind(path)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not _is_stale(path):
                raise
            os.unlink(path)
            listener.bind(path)
        listener.listen(backlog)
    except BaseException:
        listener.close()
        raise
    return listener


def _is_stale(path: str) -> bool:
    """Whether it is the file of a Unix socket that nobody listens on any more."""
    if path.startswith("\0") or not stat.S_ISSOCK(os.stat(path).st_mode):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


def _take_over(fd: int, backlog: int) -> socket.socket:
    listener = socket.socket(fileno=fd)
    try:
        listener.set_inheritable(False)  # by whatever the application starts: sd_listen_fds(3)
        if listener.type != socket.SOCK_STREAM:
            raise OSError(errno.EINVAL, "no stream socket")
        listener.listen(backlog)
    except BaseException:
        listener.detach()  # it is not ours to close: nothing was served on it
        raise
    return listener


@dataclass(frozen=True)
class SocketFile:
    """The file of a Unix socket that was made here; another's may have come in its place."""

    path: str
    device: int
    inode: int

    @classmethod
    def of(cls, address: Address) -> SocketFile | None:
        """That of a socket which listens at the address by now; None if it has no file."""
        if address.file is None:
            return None
        path = os.path.abspath(address.file)  # the application may change the directory
        status = os.stat(path)
        return cls(path, status.st_dev, status.st_ino)

    def remove(self) -> None:
        """Remove it, unless it is a successor's. To be called before its socket is closed."""
        with contextlib.suppress(OSError):  # somebody else was quicker
            status = os.stat(self.path)
            if (status.st_dev, status.st_ino) == (self.device, self.inode):
                os.unlink(self.path)


def open_listeners(
    addresses: Iterable[Address], backlog: int, *, reuse_port: bool, undo: contextlib.ExitStack
) -> list[tuple[socket.socket, SocketFile | None]]:
    """All of them, each with its file, if it has one; ``undo`` closes and removes them.

    Raises:
        ListenError: As `open_listener`; what was opened before is for ``undo``.
    """
    opened = []
    for address in addresses:
        listener = open_listener(address, backlog, reuse_port=reuse_port)
        undo.callback(listener.close)
        file = SocketFile.of(address)
        if file is not None:
            undo.callback(file.remove)
        opened.append((listener, file))
    return opened


def shown(listener: socket.socket) -> str:
    """The address as a text, with the port that the system has chosen."""
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        text = os.fsdecode(name)
        return f"unix:@{text[1:]}" if text.startswith("\0") else f"unix:{text}"
    host, port = name[:2]
    if listener.family == socket.AF_INET6:
        scheme = "tcp6" if listener.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) else "tcp"
        return f"{scheme}://[{host}]:{port}"
    return f"tcp://{host}:{port}"
