"""`BoundSocket`: a socket that is bound and waits for a server or a client to take it over.

Binding and using are apart: a program may bind while it may still use a low port, or learn the
port before anybody can connect. Node: net, "Class: net.BoundSocket".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnet import kernel
from gnet.address import AddressInfo, from_kernel, is_ip
from gnet.checks import check_boolean, check_port, check_string
from gnet.errors import node_error
from gnet.symbols import ABSENT

__all__ = ["BoundSocket", "adopt"]

#: Python's spelling of an option and Node's.
_OPTIONS = {
    "host": "host",
    "port": "port",
    "ipv6_only": "ipv6Only",
    "reuse_port": "reusePort",
    "path": "path",
}


class BoundSocket:
    """A kernel socket that is bound to an address, and neither listens nor connects.

    The constructor binds, or raises. Hand the object to ``server.listen``, or as ``handle`` to a
    `Socket`: that adopts it, and from then on every method but `dispose` raises. One that nobody
    adopts must be closed, or used as a context manager, which leaves an adopted one alone. A port
    that another bound socket has is only found in use when one of the two listens (Linux).

    Args:
        options: A mapping of the five below, in either spelling, instead of keywords.
        host: A numeric IP address, by default ``'0.0.0.0'``, with ``ipv6_only`` ``'::'``.
        port: TCP port; 0, the default, lets the system choose.
        ipv6_only: Do not take IPv4 connections on an IPv6 socket.
        reuse_port: Let several sockets share the port; the kernel spreads connections over them.
        path: A Unix socket's path, which excludes all the others. A NUL in front makes the name
            abstract (Linux).
    Raises:
        TypeError: ``ERR_INVALID_ARG_TYPE``; ``ERR_INVALID_ARG_VALUE`` for a host that is no
            address, or a path with other options.
        ValueError: ``ERR_SOCKET_BAD_PORT``.
        OSError: ``EADDRINUSE``, ``EADDRNOTAVAIL``, ``EACCES``, … with syscall ``'bind'``.

    Node: net, "new net.BoundSocket([options])".
    Example:
        with BoundSocket(host='127.0.0.1') as bound:
            print(bound.address().port)
            server.listen(bound)
    """

    __slots__ = ("__weakref__", "_address", "_socket")

    def __init__(
        self,
        options: Mapping[str, Any] = ABSENT,
        *,
        host: str | None = ABSENT,
        port: int | str | None = ABSENT,
        ipv6_only: bool | None = ABSENT,
        reuse_port: bool | None = ABSENT,
        path: str | None = ABSENT,
    ) -> None:
        if options is not ABSENT and not isinstance(options, Mapping):
            raise node_error("ERR_INVALID_ARG_TYPE", "options", "object", options)
        given = {"host": host, "port": port, "ipv6_only": ipv6_only}
        given |= {"reuse_port": reuse_port, "path": path}
        given = {key: value for key, value in given.items() if value is not ABSENT}
        if options is not ABSENT:
            for key, nodes in _OPTIONS.items():
                given.setdefault(key, options.get(nodes, options.get(key)))
        given = {key: value for key, value in given.items() if value is not None}
        self._socket: Any
        self._address: AddressInfo | str
        if "path" in given:
            self._bind_unix(given)
        else:
            self._bind_tcp(given)

    def _bind_tcp(self, given: dict[str, Any]) -> None:
        port = check_port(given.get("port", 0), "options.port")
        ipv6_only = given.get("ipv6_only", False)
        check_boolean(ipv6_only, "options.ipv6Only")
        reuse_port = given.get("reuse_port", False)
        check_boolean(reuse_port, "options.reusePort")
        host = given.get("host", "::" if ipv6_only else "0.0.0.0")
        check_string(host, "options.host")
        family = is_ip(host)
        if not family:
            reason = "must be a numeric IP address; net.BoundSocket does not perform DNS resolution"
            raise node_error("ERR_INVALID_ARG_VALUE", "options.host", host, reason)
        self._socket = kernel.bind_tcp(host, family, port, ipv6_only, reuse_port)
        self._address = from_kernel(self._socket.getsockname())

    def _bind_unix(self, given: dict[str, Any]) -> None:
        path = given["path"]
        check_string(path, "options.path")
        if not path:
            raise node_error("ERR_INVALID_ARG_VALUE", "options.path", path, "must not be empty")
        if len(given) > 1:
            others = ", ".join(_OPTIONS[key] for key in given if key != "path")
            reason = f"cannot be combined with {others}"
            raise node_error("ERR_INVALID_ARG_VALUE", "options.path", path, reason)
        self._socket = kernel.bind_unix(path)
        self._address = path

    @property
    def is_pipe(self) -> bool:
        """Whether it is, or was, bound to a path. Node: net, "boundSocket.isPipe"."""
        return isinstance(self._address, str)

    isPipe = is_pipe

    def address(self) -> AddressInfo | str:
        """Where it is bound: ``address``, ``family`` and ``port``, or the path.

        Raises:
            GnetError: ``ERR_SOCKET_HANDLE_ADOPTED`` when it was adopted or closed.

        Node: net, "boundSocket.address()".
        """
        self.fd()
        return self._address

    def fd(self) -> int:
        """The descriptor, which stays this object's own: do not close it.

        Raises:
            GnetError: ``ERR_SOCKET_HANDLE_ADOPTED`` when it was adopted or closed.

        Node: net, "boundSocket.fd()".
        """
        fd: int = self._socket.fileno()
        if fd < 0:
            raise node_error("ERR_SOCKET_HANDLE_ADOPTED")
        return fd

    def fileno(self) -> int:
        """The same under Python's name."""
        return self.fd()

    def close(self) -> None:
        """Give the address free again, and remove the file of a path.

        Raises:
            GnetError: ``ERR_SOCKET_HANDLE_ADOPTED`` when it was adopted or closed.

        Node: net, "boundSocket.close()".
        """
        self.fd()
        if isinstance(self._address, str):
            kernel.unlink_unix(self._address)
        self._socket.close()

    def dispose(self) -> None:
        """Close it, unless it was adopted or closed: what leaving a ``with`` block does.

        Node: net, ``boundSocket[Symbol.dispose]()``.
        """
        if self._socket.fileno() >= 0:
            self.close()

    def __enter__(self) -> BoundSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.dispose()

    def __repr__(self) -> str:
        if self._socket.fileno() < 0:
            return "<BoundSocket adopted or closed>"
        return f"<BoundSocket fd={self.fd()} {self._address!r}>"


def adopt(bound: BoundSocket) -> int:
    """Take the descriptor over from ``bound``; closing it is the caller's from now on.

    So is removing the file, if it is bound to a path: ask for its `BoundSocket.address` first.

    Raises:
        GnetError: ``ERR_SOCKET_HANDLE_ADOPTED`` when it was adopted before, or closed.
    """
    bound.fd()
    fd: int = bound._socket.detach()
    return fd
