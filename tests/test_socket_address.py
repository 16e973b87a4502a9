"""Socket addresses: values that Python programs can compare, keep in sets and print."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from support import ask_node

from gnet import GnetError, SocketAddress
from gnet.socket_address import ip_number

#: Each way to write the same address, and some that are none.
TEXTS = [
    *["::", "::1", "1::", "1::2", "2001:DB8::AbCd", "0:0:0:0:0:0:0:0", "1:0:0:2:0:0:3:4"],
    *["1:2:3:4:5:0:7:8", "::FFFF:0:0", "::0.0.1.0", "::1:0", "::ffff:0:1.2.3.4", "::1.2.3.4"],
    *["64:ff9b::1.2.3.4", "::1%lo", "fe80::1%", "fe80::1%nosuch", "1:2:3:4:5:6:7::"],
    *["", "x", "1.2.3.4", "01.2.3.4", "1.2.3", "1.2.3.4%lo", "::ffff:01.2.3.4", "[::1]", "::1 "],
    *["12345::", "1:2:3:4:5:6:7:8:9", "1::2::3", ":::", "::00001", "255.255.255.255", "1.2.3.256"],
]


def made(text: str, family: str) -> str | None:
    """How an address is shown; None if it is none."""
    try:
        return SocketAddress(address=text, family=family).address
    except GnetError:
        return None


def test_addresses_are_read_and_written_as_node_does() -> None:
    """The shortest form of each, in both families."""
    script = """
    const made = (address, family) => {
      try {
        return new (require('net').SocketAddress)({ address, family }).address;
      } catch {
        return null;
      }
    };
    console.log(JSON.stringify(question.map((t) => [made(t, 'ipv4'), made(t, 'ipv6')])));
    """
    ours = {text: [made(text, "ipv4"), made(text, "ipv6")] for text in TEXTS}
    assert ours == dict(zip(TEXTS, ask_node(script, TEXTS), strict=True))


def test_keywords_stand_for_the_options() -> None:
    """And win over a mapping."""
    by_keywords = SocketAddress(address="::1", family="ipv6", flowlabel=5, port=80)
    options = {"address": "::1", "family": "ipv6", "flowlabel": 5, "port": 80, "other": 1}
    assert by_keywords == SocketAddress(options)
    assert SocketAddress(options, port=81).port == 81


def test_an_unknown_keyword_is_a_typing_error() -> None:
    """Python says so itself."""
    with pytest.raises(TypeError, match="unexpected keyword"):
        SocketAddress(prot=80)  # type: ignore[call-arg]  # that is the point


@pytest.mark.parametrize("label", [2**20, 2**32 - 1])
def test_a_large_flow_label_is_kept(label: int) -> None:
    """Node's process does not survive it, though its check lets it pass."""
    assert SocketAddress(family="ipv6", flowlabel=label).flowlabel == label


@pytest.mark.parametrize("name", ["address", "family", "flowlabel", "port", "other"])
def test_it_is_frozen(name: str) -> None:
    """And has no further attributes."""
    with pytest.raises(AttributeError):
        setattr(SocketAddress(), name, 5)


def test_equal_addresses_are_one_key() -> None:
    """However they were written."""
    one = SocketAddress(address="2001:DB8:0::1", family="IPV6", port="80")
    other = SocketAddress(address="2001:db8::1", family="ipv6", port=80)
    assert one == other
    assert len({one, other}) == 1


@pytest.mark.parametrize(
    "other",
    [
        SocketAddress(address="::1", family="ipv6", port=81),
        SocketAddress(address="::2", family="ipv6", port=80),
        SocketAddress(address="::1", family="ipv6", port=80, flowlabel=1),
        SocketAddress(port=80),
        "::1",
        None,
    ],
)
def test_each_part_tells_addresses_apart(other: object) -> None:
    """And nothing else equals one."""
    assert SocketAddress(address="::1", family="ipv6", port=80) != other


def test_the_repr_makes_the_same_address() -> None:
    """It is the call."""
    address = SocketAddress(address="::1", family="ipv6", port=80)
    text = "SocketAddress(address='::1', port=80, family='ipv6', flowlabel=0)"
    assert repr(address) == text
    assert eval(text) == address


def test_json_makes_the_same_address() -> None:
    """There and back."""
    address = SocketAddress(address="::1", family="ipv6", port=80, flowlabel=9)
    assert SocketAddress(json.loads(json.dumps(address.to_json()))) == address


def test_copies_are_equal() -> None:
    """Deep, shallow and pickled."""
    address = SocketAddress(address="::1", family="ipv6", port=80)
    copies = [copy.copy(address), copy.deepcopy(address), pickle.loads(pickle.dumps(address))]
    assert copies == [address] * 3


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [("1.2.3.4:80", "1.2.3.4", 80), ("[::1]:80", "::1", 80), ("1.2.3.4:0080", "1.2.3.4", 80)],
)
def test_port_80_is_parsed(text: str, address: str, port: int) -> None:
    """Node loses it, for it is the default of the URL that it makes of the text."""
    parsed = SocketAddress.parse(text)
    assert parsed is not None
    assert (parsed.address, parsed.port) == (address, port)


@pytest.mark.parametrize(
    "text",
    [
        *["127.1:90", "2130706433", "0x7f.1", "01.02.03.04:5", "user@1.2.3.4:90", "1.2.3.4/x"],
        *["1.2.3.4:90?x", "1.2.3.4.:90", "\uff11.2.3.4:90", "1.2.3.4:\uff19"],
    ],
)
def test_what_only_a_url_can_hold_is_no_address(text: str) -> None:
    """Node, which parses a URL, takes most of them for one."""
    assert SocketAddress.parse(text) is None


@pytest.mark.parametrize(
    ("text", "family", "number"),
    [
        ("1.2.3.4", "ipv4", 0x01020304),
        ("::1%lo", "ipv6", 1),
        ("::ffff:1.2.3.4", "ipv6", 0xFFFF01020304),
        ("1.2.3.4", "ipv6", None),
        ("1.2.3.4\0", "ipv4", None),
        ("\ud800", "ipv6", None),
    ],
)
def test_an_address_is_a_number(text: str, family: str, number: int | None) -> None:
    """So that it can be compared."""
    assert ip_number(text, family) == number


def test_is_socket_address_knows_its_own() -> None:
    """Nothing that only looks like one."""
    values: list[Any] = [SocketAddress(), {"address": "1.2.3.4"}, None]
    assert [SocketAddress.is_socket_address(value) for value in values] == [True, False, False]
