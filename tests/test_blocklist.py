"""Block lists: what covers what, as Node says, and what only newer Node can do."""

from __future__ import annotations

import copy
import json
import pickle
import random
import sys
import threading
from typing import Any

import pytest
from support import ask_node

from gnet import BlockList, SocketAddress


def code(call: Any, *args: Any) -> Any:
    """The code of the error that a call raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  # the code is what is compared
        call(*args)
    return getattr(caught.value, "code", None)


def address(rng: random.Random) -> tuple[str, str]:
    """An address and its family, of few numbers, so that rules and addresses meet."""
    four = f"{rng.choice([0, 10, 255])}.0.{rng.choice([0, 1, 255])}.{rng.randrange(8)}"
    kind = rng.randrange(4)
    if kind == 0:
        return f"::ffff:{four}", "ipv6"
    if kind == 1:
        return f"{rng.choice(['', 'f', 'fe80'])}::{rng.randrange(8)}", "ipv6"
    return four, "ipv4"


def rule(rng: random.Random) -> list[Any]:
    """One call that adds a rule; two addresses may be of different families."""
    first, second = address(rng), address(rng)
    kind = rng.randrange(3)
    if kind == 0:
        return ["addAddress", [first]]
    if kind == 1:
        return ["addSubnet", [first], rng.randint(0, 32 if first[1] == "ipv4" else 128)]
    return ["addRange", [first, second]]


def test_checks_and_rules_are_nodes() -> None:
    """Lists of a few random rules, each asked about many addresses of both families."""
    rng = random.Random(7)
    cases: list[Any] = [
        {
            "rules": [rule(rng) for _ in range(rng.randint(1, 3))],
            "addresses": [address(rng) for _ in range(24)],
        }
        for _ in range(80)
    ]
    script = """
    const { BlockList, SocketAddress } = require('net');
    const made = ([address, family]) => new SocketAddress({ address, family });
    console.log(JSON.stringify(question.map(({ rules, addresses }) => {
      const list = new BlockList();
      const failed = rules.map(([method, ends, ...rest]) => {
        try {
          list[method](...ends.map(made), ...rest);
          return null;
        } catch (error) {
          return error.code;
        }
      });
      return { failed, rules: list.rules, checks: addresses.map((a) => list.check(...a)) };
    })))
    """
    for case, told in zip(cases, ask_node(script, cases), strict=True):
        blocked = BlockList()
        failed: list[Any] = []
        for method, ends, *rest in case["rules"]:
            made = [SocketAddress(address=text, family=family) for text, family in ends]
            try:
                getattr(blocked, method)(*made, *rest)
                failed.append(None)
            except TypeError as error:
                failed.append(getattr(error, "code", None))
        checks = [blocked.check(*one) for one in case["addresses"]]
        assert {"failed": failed, "rules": blocked.rules, "checks": checks} == told, case


def test_overlapping_spans_are_searched_as_one() -> None:
    """Rules may lie within each other, touch, or repeat."""
    blocked = BlockList()
    blocked.add_subnet("10.0.0.0", 8)
    blocked.add_subnet("10.1.0.0", 16)
    blocked.add_range("10.255.255.0", "11.0.0.5")
    inside = ["10.0.0.0", "10.1.0.1", "10.2.0.1", "10.255.255.255", "11.0.0.0", "11.0.0.5"]
    assert [blocked.check(text) for text in inside] == [True] * 6
    assert [blocked.check(text) for text in ("9.255.255.255", "11.0.0.6")] == [False] * 2


def test_a_rule_added_after_a_check_counts() -> None:
    """What was made ready for searching is made anew."""
    blocked = BlockList()
    blocked.add_range("1.0.0.1", "1.0.0.2")
    assert not blocked.check("2.0.0.1")
    blocked.add_range("2.0.0.1", "2.0.0.2")
    assert blocked.check("2.0.0.1")


@pytest.mark.parametrize("text", ["1.2.3.4\0", "\ud800", "1.2.3.4 ", "1.2.3.4/8", ""])
def test_what_is_no_address_is_not_covered(text: str) -> None:
    """Whatever the rules are."""
    blocked = BlockList()
    blocked.add_subnet("0.0.0.0", 0)
    assert not blocked.check(text)


# ---------------------------------------------------------------- newer Node


def test_add_addresses_adds_each() -> None:
    """All of one family, unless they are socket addresses."""
    blocked = BlockList()
    blocked.add_addresses(["1.2.3.4", SocketAddress(address="::1", family="ipv6")])
    blocked.add_addresses(("::2", "::3"), "ipv6")
    assert blocked.rules == [
        "Address: IPv6 ::3",
        "Address: IPv6 ::2",
        "Address: IPv6 ::1",
        "Address: IPv4 1.2.3.4",
    ]


@pytest.mark.parametrize("method", ["add_addresses", "add_cidrs"])
@pytest.mark.parametrize("values", ["1.2.3.4/8", b"1.2.3.4", 5, None])
def test_what_is_no_list_is_refused(method: str, values: object) -> None:
    """A text above all, which Python would take for a list of characters."""
    blocked = BlockList()
    assert code(getattr(blocked, method), values) == "ERR_INVALID_ARG_TYPE"
    assert blocked.rules == []


def test_add_cidr_finds_the_family() -> None:
    """By the look of the network."""
    blocked = BlockList()
    blocked.add_cidr("10.0.0.0/8")
    blocked.add_cidr("fe80::/10")
    assert blocked.rules == ["Subnet: IPv6 fe80::/10", "Subnet: IPv4 10.0.0.0/8"]


@pytest.mark.parametrize("method", ["add_cidr", "remove_cidr"])
@pytest.mark.parametrize(
    ("cidr", "expected"),
    [
        ("10.0.0.0", "ERR_INVALID_ARG_VALUE"),
        ("10.0.0.0/", "ERR_INVALID_ARG_VALUE"),
        ("10.0.0.0/x", "ERR_INVALID_ARG_VALUE"),
        ("10.0.0.0/-1", "ERR_INVALID_ARG_VALUE"),
        ("10.0.0.0/33", "ERR_OUT_OF_RANGE"),
        ("::/129", "ERR_OUT_OF_RANGE"),
        ("10.0.0/8", "ERR_INVALID_ADDRESS"),
        (5, "ERR_INVALID_ARG_TYPE"),
    ],
)
def test_a_bad_cidr_is_refused(method: str, cidr: object, expected: str) -> None:
    """A missing prefix is no host route."""
    assert code(getattr(BlockList(), method), cidr) == expected


def test_the_private_ranges_can_be_added() -> None:
    """They are a frozen list of subnets."""
    blocked = BlockList()
    blocked.add_cidrs(BlockList.PRIVATE_RANGES)
    assert blocked.size == len(BlockList.PRIVATE_RANGES) == 8
    private = ["10.9.8.7", "172.31.0.1", "192.168.1.1", "127.0.0.1", "169.254.0.1"]
    assert [blocked.check(text) for text in private] == [True] * 5
    assert [blocked.check(text, "ipv6") for text in ("::1", "fe80::1", "fd00::1")] == [True] * 3
    assert not blocked.check("8.8.8.8")
    assert not blocked.check("2001:4860:4860::8888", "ipv6")
    assert isinstance(BlockList.PRIVATE_RANGES, tuple)


@pytest.mark.parametrize(
    ("add", "remove", "args"),
    [
        ("add_address", "remove_address", ("1.2.3.4",)),
        ("add_address", "remove_address", ("::ffff:1.2.3.4", "ipv6")),
        ("add_range", "remove_range", ("1.2.3.4", "1.2.3.9")),
        ("add_range", "remove_range", ("::1", "::9", "ipv6")),
        ("add_subnet", "remove_subnet", ("1.2.3.0", 24)),
        ("add_cidr", "remove_cidr", ("1.2.3.0/24",)),
        ("add_cidr", "remove_cidr", ("f::/16",)),
    ],
)
def test_a_rule_is_removed_by_what_made_it(add: str, remove: str, args: tuple[Any, ...]) -> None:
    """However often it was added; and removing it again does nothing."""
    blocked = BlockList()
    blocked.add_address("9.9.9.9")
    for _ in range(2):
        getattr(blocked, add)(*args)
    for _ in range(2):
        getattr(blocked, remove)(*args)
        assert blocked.rules == ["Address: IPv4 9.9.9.9"]
    assert not blocked.check("1.2.3.4")
    assert not blocked.check("::2", "ipv6")
    assert blocked.check("9.9.9.9")


def test_removing_a_rule_leaves_the_others() -> None:
    """What two rules cover stays covered; the mapped twin of an address is another rule."""
    blocked = BlockList()
    blocked.add_subnet("1.2.3.0", 24)
    blocked.add_address("1.2.3.4")
    blocked.add_address("::ffff:5.5.5.5", "ipv6")
    blocked.add_address("5.5.5.5")
    blocked.remove_address("1.2.3.4")
    blocked.remove_address("5.5.5.5")
    blocked.remove_range("1.2.3.0", "1.2.3.255")
    assert blocked.check("1.2.3.4")
    assert blocked.check("5.5.5.5")
    assert blocked.rules == ["Address: IPv6 ::ffff:5.5.5.5", "Subnet: IPv4 1.2.3.0/24"]


def test_a_bad_rule_cannot_be_removed() -> None:
    """The same errors as for adding."""
    blocked = BlockList()
    assert code(blocked.remove_address, "x") == "ERR_INVALID_ADDRESS"
    assert code(blocked.remove_range, "1.2.3.9", "1.2.3.4") == "ERR_INVALID_ARG_VALUE"
    assert code(blocked.remove_subnet, "1.2.3.4", 33) == "ERR_OUT_OF_RANGE"


def test_size_counts_a_rule_once() -> None:
    """Though ``rules`` shows it as often as it was added, as Node 24 does."""
    blocked = BlockList()
    assert blocked.size == 0
    for _ in range(2):
        blocked.add_address("1.2.3.4")
        blocked.add_subnet("1.2.3.4", 8)
    assert (blocked.size, len(blocked.rules)) == (2, 4)


def test_clear_leaves_nothing() -> None:
    """And the list can be used again."""
    blocked = BlockList()
    blocked.add_address("1.2.3.4")
    blocked.add_subnet("1.2.3.4", 8)
    blocked.clear()
    assert (blocked.rules, blocked.size, blocked.check("1.2.3.4")) == ([], 0, False)
    blocked.add_address("1.2.3.4")
    assert blocked.check("1.2.3.4")


# ---------------------------------------------------------------- beyond Node


def test_mapped_rules_survive_json() -> None:
    """Node reads the address as another one, and loses range and subnet."""
    blocked = BlockList()
    blocked.add_address("::ffff:1.2.3.4", "ipv6")
    blocked.add_range("::ffff:1.2.3.4", "::ffff:1.2.3.9", "ipv6")
    blocked.add_subnet("::ffff:1.2.3.0", 120, "ipv6")
    other = BlockList()
    other.from_json(json.dumps(blocked.to_json()))
    assert other.rules == blocked.rules[::-1]


def test_what_is_no_json_is_pythons_error() -> None:
    """A ``ValueError``, where Node has a ``SyntaxError``."""
    with pytest.raises(json.JSONDecodeError):
        BlockList().from_json("x")


def test_a_copy_is_independent() -> None:
    """Deep copies and pickles have rules of their own."""
    blocked = BlockList()
    blocked.add_cidr("1.0.0.0/8")
    for other in (copy.deepcopy(blocked), pickle.loads(pickle.dumps(blocked))):
        other.add_address("9.9.9.9")
        assert other.check("1.2.3.4")
        assert not blocked.check("9.9.9.9")


def test_the_repr_shows_the_rules() -> None:
    """As Node's inspect does."""
    blocked = BlockList()
    blocked.add_address("1.2.3.4")
    assert repr(blocked) == "BlockList(rules=['Address: IPv4 1.2.3.4'])"


class RulesThatChange(dict[str, Any]):
    """Rules to which another thread adds while they are read."""

    def __init__(self, blocked: BlockList) -> None:
        super().__init__(blocked._spans)
        self.blocked = blocked

    def values(self) -> Any:
        """Those that were there, and one more afterwards."""
        before = list(super().values())
        if len(before) == 1:
            self.blocked.add_subnet("11.0.0.0", 8)
        return before


def test_a_rule_that_comes_while_the_others_are_merged_is_not_lost() -> None:
    """As when threads share a list."""
    blocked = BlockList()
    blocked.add_subnet("10.0.0.0", 8)
    blocked._spans = RulesThatChange(blocked)
    assert not blocked.check("11.1.1.1")
    assert blocked.check("11.1.1.1")
    assert blocked.check("10.1.1.1")


def test_threads_may_change_a_list_while_it_is_asked() -> None:
    """No answer is wrong, and none fails."""
    blocked = BlockList()
    blocked.add_subnet("10.0.0.0", 8)
    over: list[bool] = []

    def change() -> None:
        number = 0
        while not over:
            number = (number + 1) % 250
            blocked.add_subnet(f"11.{number}.0.0", 16)
            blocked.remove_subnet(f"11.{number}.0.0", 16)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=change)
    thread.start()
    try:
        assert all(blocked.check("10.1.2.3") for _ in range(5000))
    finally:
        over.append(True)
        thread.join()
        sys.setswitchinterval(interval)
