"""IPv4 rules cover IPv4-mapped IPv6 addresses, and rules of mapped addresses cover IPv4."""

from typing import Any

from conformance_trace import trace

from gnet import BlockList

rules: list[Any] = [
    ["add_address", "1.2.3.4"],
    ["add_address", "::ffff:1.2.3.4", "ipv6"],
    ["add_address", "::ffff:102:304", "ipv6"],
    ["add_address", "::1.2.3.4", "ipv6"],
    ["add_range", "1.2.3.4", "1.2.3.8"],
    ["add_range", "::ffff:1.2.3.4", "::ffff:1.2.3.8", "ipv6"],
    ["add_range", "::", "ffff::", "ipv6"],
    ["add_subnet", "1.2.3.0", 29],
    ["add_subnet", "0.0.0.0", 0],
    ["add_subnet", "::ffff:1.2.3.0", 125, "ipv6"],
    ["add_subnet", "::ffff:1.2.3.0", 96, "ipv6"],
    ["add_subnet", "::ffff:0:0", 90, "ipv6"],
    ["add_subnet", "::", 64, "ipv6"],
    ["add_subnet", "::", 0, "ipv6"],
    ["add_subnet", "f::", 16, "ipv6"],
]
addresses = [
    *[["1.2.3.4"], ["1.2.3.5"], ["1.2.3.9"], ["255.255.255.255"]],
    *[["::ffff:1.2.3.4", "ipv6"], ["::ffff:1.2.3.5", "ipv6"], ["::ffff:1.2.3.9", "ipv6"]],
    *[["::ffff:102:304", "ipv6"], ["::1.2.3.4", "ipv6"], ["::fffe:1.2.3.4", "ipv6"]],
    *[["::1", "ipv6"], ["f::1", "ipv6"], ["fe80::1", "ipv6"]],
]

for method, *args in rules:
    blocked = BlockList()
    getattr(blocked, method)(*args)
    trace("rule", blocked.rules)
    for text, *family in addresses:
        trace("check", text, blocked.check(text, *family))
