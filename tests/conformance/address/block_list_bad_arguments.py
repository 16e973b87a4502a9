"""What a block list cannot understand it raises; nothing is added then."""

import math
from collections.abc import Callable
from typing import Any

from conformance_trace import trace

from gnet import BlockList

blocked = BlockList()


def attempt(label: str, fn: Callable[..., Any], *args: Any) -> None:
    try:
        trace(label, "passed", fn(*args))
    except Exception as err:
        trace(label, err)


for bad in [None, 1, True, "x", "", "1.2.3", "1.2.3.4/8", "::1", "1.2.3.4 "]:
    attempt("addAddress", blocked.add_address, bad)
    attempt("addRange, start", blocked.add_range, bad, "1.1.1.1")
    attempt("addRange, end", blocked.add_range, "1.1.1.1", bad)
    attempt("addSubnet", blocked.add_subnet, bad, 8)
    attempt("check", blocked.check, bad)
attempt("addAddress, ipv6", blocked.add_address, "1.2.3.4", "ipv6")
for prefix in [None, "8", True, -1, 33, 1.5, math.nan, math.inf, -math.inf, 2**31, 2**33]:
    attempt("prefix", blocked.add_subnet, "1.1.1.1", prefix)
for prefix in [-1, 129]:
    attempt("prefix, ipv6", blocked.add_subnet, "::1", prefix, "ipv6")
for family in [None, 1, True, "x", "", "inet", "IPv5"]:
    attempt("family of addAddress", blocked.add_address, "1.1.1.1", family)
    attempt("family of addRange", blocked.add_range, "1.1.1.1", "1.1.1.2", family)
    attempt("family of addSubnet", blocked.add_subnet, "1.1.1.1", 8, family)
    attempt("family of check", blocked.check, "1.1.1.1", family)
# The address is looked at first.
attempt("address and family", blocked.add_address, 5, 5)
attempt("start and end", blocked.add_range, "x", 5)
attempt("network and prefix", blocked.add_subnet, "x", "y")
trace("rules", blocked.rules)

blocked.add_address("1.1.1.1", "IPV4")
blocked.add_subnet("::1", 128, "IPv6")
trace("rules", blocked.rules, blocked.check("1.1.1.1", "IPv4"), blocked.check("::1", "IPV6"))
