"""`SocketAddress`: an IP address with its port, checked and frozen.

Node: net, "Class: net.SocketAddress".
"""

from __future__ import annotations

import re
from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from collections.abc import Mapping
from typing import Any

from gnet.checks import check_integer, check_port, check_string
from gnet.errors import node_error
from gnet.symbols import ABSENT

__all__ = ["SocketAddress", "ip_number"]

_KINDS = {"ipv4": AF_INET, "ipv6": AF_INET6}
#: ``1.2.3.4``, ``1.2.3.4:80``, ``[::1]``, ``[::1]:80``; the port may be empty, as in a URL.
_PARSED = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<four>[0-9.]+))(?::(?P<port>[0-9]*))?")


def _packed(address: str, family: str) -> bytes | None:
    """The bytes of an address; None if it is none of that family. A zone is passed over."""
    if family == "ipv6":
        address = address.partition("%")[0]
    try:
        return inet_pton(_KINDS[family], address)
    except (OSError, ValueError):  # ValueError: a NUL, or what has no UTF-8
        return None


def ip_number(address: str, family: str) -> int | None:
    """An address of ``'ipv4'`` or ``'ipv6'`` as a number; None if it is none of that family."""
    packed = _packed(address, family)
    return None if packed is None else int.from_bytes(packed, "big")


class SocketAddress:
    """An IP address with its port; frozen, hashable, and equal to its like.

    Args:
        options: A mapping of the four below, instead of keywords.
        address: An IP address, by default ``'127.0.0.1'`` or ``'::'``. A zone is dropped.
        family: ``'ipv4'`` (the default) or ``'ipv6'``, in any case.
        flowlabel: IPv6 flow label; of no meaning for IPv4, where it reads 0.
        port: TCP port.
    Raises:
        TypeError: ``ERR_INVALID_ARG_TYPE``; ``ERR_INVALID_ARG_VALUE`` for an unknown family.
        ValueError: ``ERR_SOCKET_BAD_PORT``; ``ERR_OUT_OF_RANGE`` for a flow label that is no
            whole number from 0 to 2**32 - 1.
        GnetError: ``ERR_INVALID_ADDRESS`` if ``address`` is none of that family.

    Node: net, "new net.SocketAddress([options])". Differs: a flow label above 2**20 - 1 is kept,
    where it aborts Node's process.
    """

    __slots__ = ("_address", "_family", "_flowlabel", "_port")

    def __init__(
        self,
        options: Mapping[str, Any] = ABSENT,
        *,
        address: str = ABSENT,
        family: str = ABSENT,
        flowlabel: int = ABSENT,
        port: int | str = ABSENT,
    ) -> None:
        if options is not ABSENT:
            if not isinstance(options, Mapping):
                raise node_error("ERR_INVALID_ARG_TYPE", "options", "object", options)
            address = options.get("address", ABSENT) if address is ABSENT else address
            family = options.get("family", ABSENT) if family is ABSENT else family
            flowlabel = options.get("flowlabel", ABSENT) if flowlabel is ABSENT else flowlabel
            port = options.get("port", ABSENT) if port is ABSENT else port
        given = "ipv4" if family is ABSENT else family
        if address is ABSENT:
            # Node looks at the family as it was written: 'IPv4' alone gets '::', and is refused.
            address = "127.0.0.1" if given == "ipv4" else "::"
        kind = given.lower() if isinstance(given, str) else given
        if kind not in ("ipv4", "ipv6"):
            raise node_error("ERR_INVALID_ARG_VALUE", "options.family", given)
        check_string(address, "options.address")
        self._port = 0 if port is ABSENT else check_port(port, "options.port")
        label = 0 if flowlabel is ABSENT else flowlabel
        label = check_integer(label, "options.flowlabel", 0, 2**32 - 1)
        packed = _packed(address, kind)
        if packed is None:
            raise node_error("ERR_INVALID_ADDRESS")
        self._address = inet_ntop(_KINDS[kind], packed)
        self._family = kind
        self._flowlabel = label if kind == "ipv6" else 0

    @property
    def address(self) -> str:
        """The address in its shortest form. Node: net, "socketaddress.address"."""
        return self._address

    @property
    def family(self) -> str:
        """``'ipv4'`` or ``'ipv6'``. Node: net, "socketaddress.family"."""
        return self._family

    @property
    def flowlabel(self) -> int:
        """The IPv6 flow label. Node: net, "socketaddress.flowlabel"."""
        return self._flowlabel

    @property
    def port(self) -> int:
        """The port. Node: net, "socketaddress.port"."""
        return self._port

    def to_json(self) -> dict[str, Any]:
        """All four as a dict for ``json.dumps``, which the constructor takes back.

        Node: net, "Class: net.SocketAddress", ``toJSON()``.
        """
        return {
            "address": self._address,
            "port": self._port,
            "family": self._family,
            "flowlabel": self._flowlabel,
        }

    toJSON = to_json

    @staticmethod
    def parse(text: str) -> SocketAddress | None:
        """Read ``1.2.3.4:80`` or ``[::1]:80``, the port optional; None for anything else.

        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE`` if ``text`` is no string.

        Node: net, "SocketAddress.parse(input)". Differs: port 80 is read as well, which Node
        loses, and what only a URL can hold (``127.1``, ``user@1.2.3.4``, ``1.2.3.4/path``) is no
        address here.
        """
        check_string(text, "input")
        found = _PARSED.fullmatch(text)
        if found is None:
            return None
        family = "ipv4" if found["six"] is None else "ipv6"
        address, digits = found["six"] or found["four"], (found["port"] or "").lstrip("0")
        if ip_number(address, family) is None or len(digits) > 5 or int(digits or 0) > 65535:
            return None
        return SocketAddress(address=address, family=family, port=int(digits or 0))

    @staticmethod
    def is_socket_address(value: object) -> bool:
        """Whether ``value`` is one. Node: ``SocketAddress.isSocketAddress(value)``."""
        return isinstance(value, SocketAddress)

    isSocketAddress = is_socket_address

    def _key(self) -> tuple[object, ...]:
        return (self._family, self._address, self._port, self._flowlabel)

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, SocketAddress) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        inside = ", ".join(f"{key}={value!r}" for key, value in self.to_json().items())
        return f"SocketAddress({inside})"
