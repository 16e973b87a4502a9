"""What is no socket address is refused, the family first, then address, port and flow label."""

import math
from typing import Any

from conformance_trace import trace

from gnet import SocketAddress


def attempt(label: str, options: Any) -> None:
    try:
        trace(label, SocketAddress(options).to_json())
    except Exception as err:
        trace(label, err)


for options in [None, 5, "x", True]:
    attempt("options", options)
for family in [None, 5, 4, 6, "", "inet", "IPv5", "IPv4", "IPv6"]:
    attempt("family", {"family": family})
for address in [
    *[None, 5, True, "", "x", "localhost", "::1", "1.2.3", "01.2.3.4", "1.2.3.4 "],
    *["1.2.3.4%lo", "1.2.3.4:5"],
]:
    attempt("address", {"address": address})
for address in ["", "x", "1.2.3.4", "[::1]", "::1 ", "12345::", "1::2::3", "%lo"]:
    attempt("address, ipv6", {"address": address, "family": "ipv6"})
for port in [None, -1, 65536, 1.5, math.nan, True, "x", "", " ", "65536"]:
    attempt("port", {"port": port})
for flowlabel in [None, -1, 2**32, 1.5, math.nan, math.inf, True, "5"]:
    attempt("flowlabel", {"flowlabel": flowlabel})
attempt("family first", {"family": "x", "address": 5})
attempt("then address", {"address": 5, "port": -1})
attempt("then port", {"address": "x", "port": -1, "flowlabel": -1})
attempt("then flowlabel", {"address": "x", "flowlabel": -1})
