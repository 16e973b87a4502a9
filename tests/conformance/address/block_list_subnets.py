"""Subnets cover what begins as their network does, with every length of prefix."""

from conformance_trace import trace

from gnet import BlockList, SocketAddress

for prefix in range(33):
    blocked = BlockList()
    blocked.add_subnet("170.170.170.170", prefix)
    texts = [
        *["170.170.170.170", "170.170.170.171", "170.170.170.0", "170.170.0.0", "170.0.0.0"],
        *["128.0.0.0", "0.0.0.0", "255.255.255.255"],
    ]
    trace("rules", blocked.rules, [blocked.check(text) for text in texts])
for prefix in [0, 1, 7, 8, 16, 31, 32, 33, 63, 64, 65, 95, 96, 97, 127, 128]:
    blocked = BlockList()
    blocked.add_subnet("aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa", prefix, "ipv6")
    texts = [
        *["aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa", "aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaab"],
        *["aaaa:aaaa:aaaa:aaaa:aaaa:aaaa::", "aaaa:aaaa:aaaa:aaaa::", "aaaa:aaaa::", "aaaa::"],
        *["aa00::", "8000::", "::", "ffff::"],
    ]
    trace("rules", blocked.rules, [blocked.check(text, "ipv6") for text in texts])

blocked = BlockList()
blocked.add_subnet(SocketAddress(address="10.1.2.3", port=80), 8)
blocked.add_subnet(SocketAddress(address="fd00::1", family="ipv6"), 8)
blocked.add_subnet("10.1.2.3", 8, "ipv4")
blocked.add_subnet("10.1.2.4", 8.0)
trace("rules", blocked.rules)
trace(
    "check",
    blocked.check(SocketAddress(address="10.9.9.9", port=81)),
    blocked.check(SocketAddress(address="fd12::", family="ipv6")),
    blocked.check(SocketAddress(address="11.9.9.9")),
)
# The family of a socket address counts, not the one beside it.
trace("check", blocked.check(SocketAddress(address="10.9.9.9"), "ipv6"))
