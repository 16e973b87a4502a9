"""IP tests against Node itself, and the frozen objects in which addresses are told."""

from __future__ import annotations

import random
from typing import Any

import pytest
from support import ask_node

from gnet.address import (
    AddressInfo,
    DropInfo,
    from_kernel,
    is_ip,
    is_ipv4,
    is_ipv6,
    is_link_local,
)

SEEDS = [
    *["1.2.3.4", "255.255.255.255", "0.0.0.0", "127.0.0.1", "01.2.3.4", "1.2.3", "1.2.3.4.5"],
    *["::", "::1", "1::", "fe80::1", "fe80::1%eth0", "::%.", "::1%", "1:2:3:4:5:6:7:8"],
    *["1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "::ffff:1.2.3.4", "1:2::3::4"],
    *["64:ff9b::1.2.3.4", "::1.2.3.4%eth0", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4"],
    *["2001:DB8::AbCd", "12345::", "::g", "fe80::1%a%b", "fe80::1%eth-0.1:2", "fe80::1%a_b"],
    *["", " ", "localhost", "1.2.3.4 ", " ::1", "1.2.3.4\n", "::1\n", "1.2.3.256", "1..2.3"],
    *["\u0661.2.3.4", "\uff11.2.3.4", "::\u0661", "fe80::1%\u00e9", "[::1]", "0x1.2.3.4", "1"],
    *["::ffff:01.2.3.4", "::ffff:1.2.3", "::00001", "1.2.3.4%eth0", ":::", ":", "::%", "%eth0"],
]


def corpus() -> list[str]:
    """The seeds, and what comes of them by a few random changes; the same in every run."""
    rng = random.Random(20)
    alphabet = "0123456789abcfABF:.%g-_ 0:1."
    texts = list(SEEDS)
    for _ in range(4000):
        text = list(rng.choice(SEEDS))
        for _ in range(rng.randint(1, 3)):
            place = rng.randint(0, len(text))
            deed = rng.randrange(3)
            if deed == 0:
                text.insert(place, rng.choice(alphabet))
            elif deed == 1:
                del text[place : place + 1]
            else:
                text[place : place + 1] = rng.choice(alphabet)
        texts.append("".join(text))
    return texts


def test_is_ip_says_what_node_says() -> None:
    """About four thousand texts, most of them nearly an address."""
    texts = corpus()
    script = "console.log(JSON.stringify(question.map(t => require('net').isIP(t))))"
    told = ask_node(script, texts)
    ours = {text: is_ip(text) for text in texts}
    assert {text: kind for text, kind in zip(texts, told, strict=True) if ours[text] != kind} == {}
    assert {4, 6, 0} == set(told)


@pytest.mark.parametrize("value", [None, 0, 4, b"1.2.3.4", ["::1"]])
def test_what_is_no_text_is_no_address(value: object) -> None:
    """Not even the bytes of one."""
    assert is_ip(value) == 0


@pytest.mark.parametrize(
    ("text", "four", "six"), [("1.2.3.4", True, False), ("::1", False, True), ("x", False, False)]
)
def test_the_family_tests_agree_with_is_ip(text: str, four: bool, six: bool) -> None:
    """They answer with a truth value."""
    assert (is_ipv4(text), is_ipv6(text)) == (four, six)


INFO = AddressInfo(address="::1", family="IPv6", port=80)
DROP = DropInfo(
    localAddress="::1",
    localPort=1,
    localFamily="IPv6",
    remoteAddress="::2",
    remotePort=2,
    remoteFamily="IPv6",
)


def test_an_address_reads_by_attribute_and_by_key() -> None:
    """As in Node, and as ported code may prefer."""
    assert (INFO.address, INFO.family, INFO.port) == ("::1", "IPv6", 80)
    assert (INFO["address"], INFO["family"], INFO["port"]) == ("::1", "IPv6", 80)


def test_an_address_equals_the_dict_of_nodes_keys() -> None:
    """Either way round; and it unpacks like one."""
    expected = {"address": "::1", "family": "IPv6", "port": 80}
    assert expected == INFO
    assert expected == {**INFO}
    assert {**expected, "port": 81} != INFO


def test_an_address_keeps_nodes_order() -> None:
    """However it was made."""
    assert list(AddressInfo(port=80, family="IPv6", address="::1")) == ["address", "family", "port"]


def test_drop_data_reads_in_both_spellings() -> None:
    """Attributes in either, keys as Node has them."""
    data: Any = DROP
    for snake, camel in [
        ("local_address", "localAddress"),
        ("local_port", "localPort"),
        ("local_family", "localFamily"),
        ("remote_address", "remoteAddress"),
        ("remote_port", "remotePort"),
        ("remote_family", "remoteFamily"),
    ]:
        assert getattr(data, snake) == getattr(data, camel) == data[camel]


@pytest.mark.parametrize("name", ["port", "other"])
def test_an_address_is_frozen(name: str) -> None:
    """It is an answer, no setting."""
    with pytest.raises(AttributeError):
        setattr(INFO, name, 81)
    with pytest.raises(TypeError):
        INFO["port"] = 81  # type: ignore[index]  # that is the point


def test_what_is_unknown_is_left_out() -> None:
    """The key is absent, the attribute None."""
    info = AddressInfo(address="::1")
    assert list(info) == ["address"]
    assert getattr(info, "port") is None  # noqa: B009  # its type says that it is known
    with pytest.raises(KeyError):
        info["port"]


def test_an_empty_address_is_false() -> None:
    """As any empty mapping."""
    assert not AddressInfo()
    assert INFO


def test_the_repr_shows_what_is_known() -> None:
    """It stands in bug reports."""
    assert repr(INFO) == "AddressInfo(address='::1', family='IPv6', port=80)"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (("1.2.3.4", 5), {"address": "1.2.3.4", "family": "IPv4", "port": 5}),
        (("::1", 5, 0, 0), {"address": "::1", "family": "IPv6", "port": 5}),
        (("1.2.3.4", 0), {"address": "1.2.3.4", "family": "IPv4", "port": 0}),
        (None, {}),
        ("/run/x", {}),
        (b"\0x", {}),
    ],
)
def test_the_kernels_names_are_told_as_node_tells_them(
    name: Any, expected: dict[str, object]
) -> None:
    """A Unix socket has no address of this kind."""
    assert from_kernel(name) == expected


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("fe80::1", True),
        ("fe80::1%eth0", True),
        ("febf::1", True),
        ("fec0::1", False),
        ("::1", False),
        ("169.254.0.1", False),
        ("localhost", False),
    ],
)
def test_link_local_is_said_of_ipv6_only(address: str, local: bool) -> None:
    """What needs a zone to be of use."""
    assert is_link_local(address) is local
