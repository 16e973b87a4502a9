"""Single addresses: what is blocked, and the rules as texts, the latest first."""

from conformance_trace import trace

from gnet import BlockList

blocked = BlockList()
trace("empty", blocked.rules, blocked.check("1.2.3.4"), blocked.check("::1", "ipv6"))

blocked.add_address("1.2.3.4")
blocked.add_address("::1", "ipv6")
blocked.add_address("5.6.7.8", "ipv4")
for text in ["1.2.3.4", "5.6.7.8", "1.2.3.5", "0.0.0.0", "255.255.255.255"]:
    trace(
        "check", text, blocked.check(text), blocked.check(text, "ipv4"), blocked.check(text, "ipv6")
    )
for text in ["::1", "0:0:0:0:0:0:0:1", "::0001", "::2", "::1%lo", "::1%"]:
    trace("check", text, blocked.check(text, "ipv6"), blocked.check(text))

# What is no address is not blocked, and no error.
for text in ["", "x", "1.2.3", "01.2.3.4", "1.2.3.4/32", "1.2.3.4 ", "[::1]", "localhost"]:
    trace("check", text, blocked.check(text), blocked.check(text, "ipv6"))
trace("rules", blocked.rules)

# Added again it stands there again; and each is shown in its shortest form.
blocked.add_address("1.2.3.4")
blocked.add_address("2001:0DB8:0:0:0:0:0:1", "ipv6")
blocked.add_address("::FFFF:9.8.7.6", "ipv6")
blocked.add_address("1:0:0:2:0:0:0:3", "ipv6")
blocked.add_address("fe80::1%lo", "ipv6")
trace("rules", blocked.rules)
trace("check", blocked.check("fe80::1", "ipv6"), blocked.check("2001:db8::1", "ipv6"))

for value in [blocked, {}, [], None, 5, "x"]:
    trace("isBlockList", BlockList.is_block_list(value))
