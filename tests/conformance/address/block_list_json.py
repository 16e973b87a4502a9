"""Rules go out as texts and come in again; what is no rule is passed over."""

import json
from typing import Any

from conformance_trace import trace

from gnet import BlockList

blocked = BlockList()
blocked.add_address("10.0.0.5")
blocked.add_address("2001:db8::1", "ipv6")
blocked.add_range("192.168.2.1", "192.168.2.10")
blocked.add_range("2001:db8::1", "2001:db8::10", "ipv6")
blocked.add_subnet("192.168.1.0", 24)
blocked.add_subnet("2001:db8:1234::", 48, "ipv6")
trace("toJSON", blocked.to_json())

restored = BlockList()
restored.from_json(blocked.to_json())
trace("from the list", restored.rules)
restored.from_json(json.dumps(blocked.to_json()))
trace("from its text", restored.rules)
trace("check", restored.check("192.168.1.77"), restored.check("2001:db8::2", "ipv6"))


def read(data: Any) -> None:
    rules = BlockList()
    try:
        rules.from_json(data)
        trace("read", data, rules.rules)
    except Exception as err:
        problem: Any = err
        # How objects and lists are named is each language's own affair.
        if problem.code == "ERR_INVALID_ARG_VALUE" or "an instance of" in problem.message:
            trace("refused", data, problem.code, rules.rules)
        else:
            trace("refused", data, err, rules.rules)


for data in [
    *[[], "[]", ["nonsense"], [""], ["Address: IPv4"], ["Subnet: IPv4 1.1.1.1"]],
    *[["xx Address: IPv4 1.2.3.4 yy"], ["address: ipv4 1.2.3.4"], ["ADDRESS: IPv6 ::1"]],
    *[["Address: IPv6 ABCD::1"], ["address: ipv6 ::1"], ["Address: IPv4 ::1"]],
    *[["Subnet: IPv4 1.2.3.4/33"], ["Subnet: IPv4 1.2.3.4/333"], ["Subnet: IPv6 ::/129"]],
    *[["Address: IPv4 999.2.3.4"], ["Address: IPv6 :"], ["Range: IPv4 1.2.3.4-1.2.3.2"]],
    *[["Address: IPv6 1.2.3.4"], ["Subnet: IPv6 1.2.3.4/32"], ["Range: IPv6 1.2.3.0-10.0.0.1"]],
    *[["Address: IPv6 1.2.3.4 Address: IPv6 ::2"], ["Range: IPv6 ::1-1.2.3.4"]],
    ["Address: IPv6 1.2::5"],
    *[["Range: IPv4 1.2.3.4-::1"], ["Address: IPv4 1.1.1.1 Address: IPv6 ::1"]],
    ["Address: IPv6 ::1 Subnet: IPv4 1.1.1.1/8"],
    ["Range: IPv4 1.1.1.1-1.1.1.2 Address: IPv6 ::1"],
    ["Address: IPv4 1.1.1.1", "Address: IPv4 300.1.1.1", "Address: IPv4 2.2.2.2"],
    *[None, 5, True, "null", "5", '"a"', ["Address: IPv4 1.1.1.1", 5], "[null]"],
]:
    read(data)
