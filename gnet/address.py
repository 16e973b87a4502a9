"""IP addresses, and the frozen objects in which gnet tells them.

Node: net, "net.isIP(input)", "server.address()", event ``'drop'``.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

__all__ = ["AddressInfo", "DropInfo", "is_ip", "is_ipv4", "is_ipv6"]

#: Dotted decimal without leading zeros, which Python's ipaddress refuses as well.
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


def is_ip(text: object) -> int:
    """4 for an IPv4 address, 6 for an IPv6 address with or without a zone, 0 for anything else."""
    if not isinstance(text, str):
        return 0
    if ":" not in text:
        return 4 if _IPV4.fullmatch(text) and _is_address(text) else 0
    address, zone_mark, zone = text.partition("%")
    if zone_mark and not re.fullmatch(r"[0-9a-zA-Z\-.:]+", zone):
        return 0
    return 6 if ":" in address and _is_address(address) else 0


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return text.isascii()


def is_ipv4(text: object) -> bool:
    """Whether ``text`` is an IPv4 address in dotted decimal."""
    return is_ip(text) == 4


def is_ipv6(text: object) -> bool:
    """Whether ``text`` is an IPv6 address."""
    return is_ip(text) == 6


class Info(Mapping[str, Any]):
    """A frozen result that reads both ways: ``info.local_port`` and ``info['localPort']``.

    It equals a dict of Node's keys. A key whose value is unknown is left out.
    """

    __slots__ = ("_values",)

    #: Node's keys, in Node's order; the attributes are their snake_case forms.
    KEYS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **values: Any) -> None:
        self._values = {key: values[key] for key in self.KEYS if values.get(key) is not None}

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        inside = ", ".join(f"{key}={value!r}" for key, value in self._values.items())
        return f"{type(self).__name__}({inside})"


def _field(key: str) -> Any:
    return property(lambda self: self._values.get(key), doc=f"Node: ``{key}``; None if unknown.")


class AddressInfo(Info):
    """One end of a connection: ``address``, ``family`` (``'IPv4'`` or ``'IPv6'``), ``port``."""

    __slots__ = ()
    KEYS = ("address", "family", "port")

    address: str = _field("address")
    family: str = _field("family")
    port: int = _field("port")


class DropInfo(Info):
    """Both ends of a connection that was refused: what ``'drop'`` tells."""

    __slots__ = ()
    KEYS = (
        "localAddress",
        "localPort",
        "localFamily",
        "remoteAddress",
        "remotePort",
        "remoteFamily",
    )

    local_address: str = _field("localAddress")
    localAddress = local_address
    local_port: int = _field("localPort")
    localPort = local_port
    local_family: str = _field("localFamily")
    localFamily = local_family
    remote_address: str = _field("remoteAddress")
    remoteAddress = remote_address
    remote_port: int = _field("remotePort")
    remotePort = remote_port
    remote_family: str = _field("remoteFamily")
    remoteFamily = remote_family


def is_link_local(address: str) -> bool:
    """Whether an IPv6 address is of ``fe80::/10``, which needs a zone to be of use."""
    plain = address.partition("%")[0]
    return is_ipv6(plain) and ipaddress.ip_address(plain).is_link_local


def from_kernel(name: Any) -> AddressInfo:
    """Node's form of what ``getsockname``, ``getpeername`` and ``accept`` give.

    Empty for a Unix socket, whose name is a path. IPv6 names have four parts, IPv4 names two.
    """
    if not isinstance(name, tuple):
        return AddressInfo()
    family = "IPv6" if len(name) == 4 else "IPv4"
    return AddressInfo(address=name[0], family=family, port=name[1])
