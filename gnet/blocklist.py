"""`BlockList`: IP addresses, ranges and subnets, and whether an address is among them.

A server asks it for each connection, so what an answer needs is made ready: single addresses
stand in sets, ranges and subnets are merged into disjoint spans of numbers that are searched by
halves. A thousand rules cost little more than one. Node: net, "Class: net.BlockList".
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

from gnet.checks import check_integer, check_string
from gnet.errors import node_error
from gnet.socket_address import SocketAddress, ip_number

__all__ = ["BlockList"]

#: First and last number of ``::ffff:0:0/96``, where IPv4 is mapped into IPv6 (RFC 4291 2.5.5.2).
_MAPPED = 0xFFFF << 32
_MAPPED_END = _MAPPED | 0xFFFFFFFF
_BITS = {"ipv4": 32, "ipv6": 128}
_LABELS = {"ipv4": "IPv4", "ipv6": "IPv6"}

#: The texts of rules, wherever they stand in a string, as Node finds them.
_IPV4 = r"\d{1,3}(?:\.\d{1,3}){3}"
_IPV6 = rf"(?:[0-9a-f:]{{0,29}}:{_IPV4}|[0-9a-f:]{{1,39}})"  # Node knows the second form only
_PATTERNS = [
    (
        family,
        re.compile(rf"Subnet: {label} ({address})/(\d{{1,{digits}}})", flags),
        re.compile(rf"Address: {label} ({address})", flags),
        re.compile(rf"Range: {label} ({address})-({address})", flags),
    )
    for family, label, address, digits, flags in (
        ("ipv4", "IPv4", _IPV4, 2, re.ASCII),
        ("ipv6", "IPv6", _IPV6, 3, re.ASCII | re.IGNORECASE),
    )
]

#: First and last number of what a rule covers.
_Span = tuple[int, int]


def _socket_address(value: Any, name: str, family: Any) -> SocketAddress:
    """``value`` as it is, or the address that it names."""
    if isinstance(value, SocketAddress):
        return value
    check_string(value, name)
    check_string(family, "family")
    return SocketAddress(address=value, family=family)


def _number(address: SocketAddress) -> int:
    number = ip_number(address.address, address.family)
    assert number is not None, address
    return number


def _as_ipv4(address: SocketAddress) -> int | None:
    """Its number among the IPv4 addresses; None for IPv6 that is not mapped."""
    number = _number(address)
    if address.family == "ipv4":
        return number
    return number - _MAPPED if _MAPPED <= number <= _MAPPED_END else None


def _mapped_part(span: _Span) -> _Span | None:
    """What of a span of IPv6 is IPv4, in IPv4's numbers."""
    first, last = max(span[0], _MAPPED), min(span[1], _MAPPED_END)
    return (first - _MAPPED, last - _MAPPED) if first <= last else None


def _range_spans(start: SocketAddress, end: SocketAddress) -> tuple[_Span | None, _Span | None]:
    """What a range covers of IPv4 and of IPv6.

    An address that cannot be compared with one end, as IPv6 that is not mapped cannot with IPv4,
    is outside. Nor does a range between unmapped IPv6 addresses cover any IPv4, though the mapped
    form of it may lie between them.
    """
    first, last = _as_ipv4(start), _as_ipv4(end)
    four = (first, last) if first is not None and last is not None else None
    low = _number(start) | (_MAPPED if start.family == "ipv4" else 0)
    high = _number(end) | (_MAPPED if end.family == "ipv4" else 0)
    if "ipv4" in (start.family, end.family):
        low, high = max(low, _MAPPED), min(high, _MAPPED_END)
    return four, (low, high) if low <= high else None


def _subnet_spans(network: SocketAddress, prefix: int) -> tuple[_Span | None, _Span]:
    """What a subnet covers of IPv4 and of IPv6."""
    rest = (1 << (_BITS[network.family] - prefix)) - 1
    number = _number(network)
    span = (number & ~rest, number | rest)
    if network.family == "ipv4":
        return span, (span[0] | _MAPPED, span[1] | _MAPPED)
    return _mapped_part(span), span


class _Spans:
    """Disjoint spans in ascending order."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, spans: Iterable[_Span | None]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for first, last in sorted(span for span in spans if span is not None):
            if self._ends and first <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], last)
            else:
                self._starts.append(first)
                self._ends.append(last)

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._starts, number)
        return place > 0 and number <= self._ends[place - 1]


class BlockList:
    """Rules of IP addresses, ranges and subnets, and `check` whether one of them covers an address.

    Wherever an address is asked for, a `SocketAddress` will do, whose family then counts. IPv4
    rules also cover the IPv4-mapped IPv6 addresses (``::ffff:1.2.3.4``), and the other way round.
    Rules may come and go at any time.

    Node: net, "Class: net.BlockList".
    Example:
        blocked = BlockList()
        blocked.add_subnet('10.0.0.0', 8)
        blocked.check('10.1.2.3')  # True
    """

    __slots__ = ("_addresses", "_covered", "_rules", "_spans")

    #: The address blocks of private, loopback and link-local use, for `add_cidrs`.
    PRIVATE_RANGES: tuple[str, ...] = (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "::1/128",
        "169.254.0.0/16",
        "fe80::/10",
        "fc00::/7",
    )

    def __init__(self) -> None:
        self.clear()

    @property
    def rules(self) -> list[str]:
        """The rules as texts, the latest first, each as often as it was added.

        ``'Address: IPv4 1.2.3.4'``, ``'Range: IPv4 1.2.3.4-1.2.3.9'``, ``'Subnet: IPv6 f::/16'``.
        Node: net, "blockList.rules".
        """
        return self._rules[::-1]

    @property
    def size(self) -> int:
        """How many different rules there are. Node: net, "blockList.size"."""
        return len(set(self._rules))

    def check(self, address: str | SocketAddress, family: str = "ipv4") -> bool:
        """Whether a rule covers ``address``; False for what is no address of that family.

        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE``.

        Node: net, "blockList.check(address[, type])".
        """
        if isinstance(address, SocketAddress):
            text, family = address.address, address.family
        else:
            check_string(address, "address")
            check_string(family, "family")
            text, family = address, family.lower()
            if family not in _BITS:
                return False
        number = ip_number(text, family)
        if number is None:
            return False
        four, six = self._addresses
        if family == "ipv4":
            if number in four or number | _MAPPED in six:
                return True
        elif number in six or (number >> 32 == 0xFFFF and number & 0xFFFFFFFF in four):
            return True
        return bool(self._spans) and number in self._merged()[family == "ipv6"]

    # ---------------------------------------------------------------- adding

    def add_address(self, address: str | SocketAddress, family: str = "ipv4") -> None:
        """Add a rule for one address.

        Args:
            address: An IP address.
            family: Of what: ``'ipv4'`` or ``'ipv6'``.
        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE``; ``ERR_INVALID_ARG_VALUE`` for an unknown family.
            GnetError: ``ERR_INVALID_ADDRESS``.

        Node: net, "blockList.addAddress(address[, type])".
        """
        one = _socket_address(address, "address", family)
        self._addresses[one.family == "ipv6"].add(_number(one))
        self._rules.append(_address_rule(one))

    addAddress = add_address

    def add_addresses(self, addresses: Iterable[str | SocketAddress], family: str = "ipv4") -> None:
        """Add a rule for each of several addresses; errors as in `add_address`.

        Node: net, "blockList.addAddresses(addresses[, type])", of Node 26.
        """
        for address in _several(addresses, "addresses"):
            self.add_address(address, family)

    addAddresses = add_addresses

    def add_range(
        self, start: str | SocketAddress, end: str | SocketAddress, family: str = "ipv4"
    ) -> None:
        """Add a rule for all addresses from ``start`` to ``end``, both included.

        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE``; ``ERR_INVALID_ARG_VALUE`` for an unknown family,
                or if ``start`` comes after ``end``.
            GnetError: ``ERR_INVALID_ADDRESS``.

        Node: net, "blockList.addRange(start, end[, type])".
        """
        rule, spans = _range_rule(start, end, family)
        self._add_spans(rule, spans)

    addRange = add_range

    def add_subnet(self, network: str | SocketAddress, prefix: int, family: str = "ipv4") -> None:
        """Add a rule for all addresses that begin as ``network`` does.

        Args:
            network: An IP address.
            prefix: How many bits of it count, up to 32 or 128.
            family: Of what: ``'ipv4'`` or ``'ipv6'``.
        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE``; ``ERR_INVALID_ARG_VALUE`` for an unknown family.
            ValueError: ``ERR_OUT_OF_RANGE`` for the prefix.
            GnetError: ``ERR_INVALID_ADDRESS``.

        Node: net, "blockList.addSubnet(net, prefix[, type])".
        """
        rule, spans = _subnet_rule(network, prefix, family)
        self._add_spans(rule, spans)

    addSubnet = add_subnet

    def add_cidr(self, cidr: str) -> None:
        """Add a subnet that is written ``10.0.0.0/8`` or ``fe80::/10``.

        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE``; ``ERR_INVALID_ARG_VALUE`` if it is not written so.
            ValueError: ``ERR_OUT_OF_RANGE`` for the prefix.
            GnetError: ``ERR_INVALID_ADDRESS``.

        Node: net, "blockList.addCIDR(cidr)", of Node 26.
        """
        self.add_subnet(*_cidr(cidr))

    addCIDR = add_cidr

    def add_cidrs(self, cidrs: Iterable[str]) -> None:
        """Add several subnets, such as `PRIVATE_RANGES`; errors as in `add_cidr`.

        Node: net, "blockList.addCIDRs(cidrs)", of Node 26.
        """
        for cidr in _several(cidrs, "cidrs"):
            self.add_cidr(cidr)

    addCIDRs = add_cidrs

    # ---------------------------------------------------------------- removing

    def remove_address(self, address: str | SocketAddress, family: str = "ipv4") -> None:
        """Remove the rule that `add_address` made of the same arguments; no rule, nothing done.

        Errors as there. An address that a range or a subnet covers stays covered.
        Node: net, "blockList.removeAddress(address[, type])", of Node 26.
        """
        one = _socket_address(address, "address", family)
        self._addresses[one.family == "ipv6"].discard(_number(one))
        self._forget(_address_rule(one))

    removeAddress = remove_address

    def remove_range(
        self, start: str | SocketAddress, end: str | SocketAddress, family: str = "ipv4"
    ) -> None:
        """Remove the rule that `add_range` made of the same arguments; no rule, nothing done.

        Errors as there. Node: net, "blockList.removeRange(start, end[, type])", of Node 26.
        """
        self._remove_spans(_range_rule(start, end, family)[0])

    removeRange = remove_range

    def remove_subnet(
        self, network: str | SocketAddress, prefix: int, family: str = "ipv4"
    ) -> None:
        """Remove the rule that `add_subnet` made of the same arguments; no rule, nothing done.

        Errors as there. Node: net, "blockList.removeSubnet(net, prefix[, type])", of Node 26.
        """
        self._remove_spans(_subnet_rule(network, prefix, family)[0])

    removeSubnet = remove_subnet

    def remove_cidr(self, cidr: str) -> None:
        """Remove the rule that `add_cidr` made of the same text; no rule, nothing done.

        Errors as there. Node: net, "blockList.removeCIDR(cidr)", of Node 26.
        """
        self.remove_subnet(*_cidr(cidr))

    removeCIDR = remove_cidr

    def clear(self) -> None:
        """Remove all rules. Node: net, "blockList.clear()", of Node 26."""
        #: The texts, in the order in which they were added.
        self._rules: list[str] = []
        #: The single addresses of IPv4 and of IPv6.
        self._addresses: tuple[set[int], set[int]] = (set(), set())
        #: Of each range and subnet what it covers of IPv4 and of IPv6.
        self._spans: dict[str, tuple[_Span | None, _Span | None]] = {}
        #: The same merged, when somebody has asked since the last change. Each change begins a new
        #: list, so that who merges meanwhile in another thread leaves nothing old behind.
        self._covered: list[tuple[_Spans, _Spans]] = []

    # ---------------------------------------------------------------- as text

    def to_json(self) -> list[str]:
        """The rules, for ``json.dumps`` and `from_json`. Node: net, "blockList.toJSON()"."""
        return self.rules

    toJSON = to_json

    def from_json(self, data: str | Sequence[str]) -> None:
        """Add rules that are texts, as `rules` has them; what is no rule is passed over.

        Args:
            data: The texts, or the JSON of a list of them.
        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE`` if it is anything else.
            ValueError: If it is no JSON; ``ERR_OUT_OF_RANGE`` for a prefix.
            GnetError: ``ERR_INVALID_ADDRESS``.

        Node: net, "blockList.fromJSON(value)". Differs: an IPv6 address that ends in the form of
        IPv4 is read as it is written, such as ``::ffff:1.2.3.4``, ``::1.2.3.4`` or
        ``64:ff9b::1.2.3.4``; Node cuts it to ``::ffff:1``, and loses ranges and subnets of it.
        """
        texts = json.loads(data) if isinstance(data, str) else data
        if not isinstance(texts, (list, tuple)) or not all(isinstance(t, str) for t in texts):
            raise node_error("ERR_INVALID_ARG_TYPE", "data", ["string", "string[]"], texts)
        for text in texts:
            self._add_text(text)

    fromJSON = from_json

    def _add_text(self, text: str) -> None:
        for family, subnet, address, between in _PATTERNS:
            if _LABELS[family] not in text:
                continue
            if found := subnet.search(text):
                self.add_subnet(found[1], int(found[2]), family)
            elif found := address.search(text):
                self.add_address(found[1], family)
            elif found := between.search(text):
                self.add_range(found[1], found[2], family)
            else:
                continue
            return

    @staticmethod
    def is_block_list(value: object) -> bool:
        """Whether ``value`` is one. Node: net, "BlockList.isBlockList(value)"."""
        return isinstance(value, BlockList)

    isBlockList = is_block_list

    def __repr__(self) -> str:
        return f"BlockList(rules={self.rules!r})"

    # ---------------------------------------------------------------- spans

    def _add_spans(self, rule: str, spans: tuple[_Span | None, _Span | None]) -> None:
        self._spans[rule] = spans
        self._covered = []
        self._rules.append(rule)

    def _remove_spans(self, rule: str) -> None:
        if self._spans.pop(rule, None) is not None:
            self._covered = []
            self._forget(rule)

    def _forget(self, rule: str) -> None:
        self._rules = [other for other in self._rules if other != rule]

    def _merged(self) -> tuple[_Spans, _Spans]:
        covered = self._covered
        if not covered:
            spans = list(self._spans.values())  # in one step: another thread may change the rules
            covered.append((_Spans(four for four, _ in spans), _Spans(six for _, six in spans)))
        return covered[0]


def _several(values: Any, name: str) -> Iterable[Any]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "Array", values)
    return values


def _address_rule(address: SocketAddress) -> str:
    return f"Address: {_LABELS[address.family]} {address.address}"


def _range_rule(start: Any, end: Any, family: Any) -> tuple[str, tuple[_Span | None, _Span | None]]:
    first = _socket_address(start, "start", family)
    last = _socket_address(end, "end", family)
    if first.family == last.family:
        reverse = _number(first) > _number(last)
    else:
        numbers = _as_ipv4(first), _as_ipv4(last)
        reverse = None not in numbers and numbers[0] > numbers[1]  # type: ignore[operator]
    if reverse:
        raise node_error("ERR_INVALID_ARG_VALUE", "start", first, "must come before end")
    rule = f"Range: {_LABELS[first.family]} {first.address}-{last.address}"
    return rule, _range_spans(first, last)


def _subnet_rule(
    network: Any, prefix: Any, family: Any
) -> tuple[str, tuple[_Span | None, _Span | None]]:
    address = _socket_address(network, "network", family)
    bits = check_integer(prefix, "prefix", 0, _BITS[address.family])
    rule = f"Subnet: {_LABELS[address.family]} {address.address}/{bits}"
    return rule, _subnet_spans(address, bits)


def _cidr(cidr: Any) -> tuple[str, int, str]:
    """Network, prefix and family of ``10.0.0.0/8``."""
    check_string(cidr, "cidr")
    network, slash, prefix = cidr.partition("/")
    if not slash or not re.fullmatch(r"[0-9]{1,3}", prefix):
        raise node_error("ERR_INVALID_ARG_VALUE", "cidr", cidr, "must have a prefix")
    return network, int(prefix), "ipv6" if ":" in network else "ipv4"
