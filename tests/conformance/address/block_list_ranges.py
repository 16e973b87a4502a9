"""Ranges hold both their ends; a start after the end is refused."""

from collections.abc import Callable
from typing import Any

from conformance_trace import trace

from gnet import BlockList, SocketAddress

blocked = BlockList()
blocked.add_range("10.0.0.250", "10.0.1.5")
blocked.add_range("10.0.1.0", "10.0.1.9", "ipv4")
blocked.add_range("9.9.9.9", "9.9.9.9")
blocked.add_range("2001:db8::1", "2001:db8::ff", "ipv6")
blocked.add_range("10.0.0.250", "10.0.1.5")
trace("rules", blocked.rules)
for text in [
    *["10.0.0.249", "10.0.0.250", "10.0.1.0", "10.0.1.9", "10.0.1.10", "9.9.9.9"],
    "9.9.9.8",
]:
    trace("check", text, blocked.check(text))
for text in ["2001:db8::", "2001:db8::1", "2001:db8::ff", "2001:db8::100"]:
    trace("check", text, blocked.check(text, "ipv6"))


def attempt(label: str, fn: Callable[..., object], *args: Any) -> None:
    try:
        trace(label, fn(*args))
    except Exception as err:
        # How an object is written is each language's own affair.
        problem: Any = err
        trace(label, problem.code, "TypeError" if isinstance(err, TypeError) else "Error")


attempt("reverse", blocked.add_range, "1.2.3.9", "1.2.3.4")
attempt("reverse", blocked.add_range, "::9", "::4", "ipv6")


# The ends may be socket addresses, even of two families; then only what can be compared counts.
def four(address: str) -> SocketAddress:
    return SocketAddress(address=address)


def six(address: str) -> SocketAddress:
    return SocketAddress(address=address, family="ipv6")


ends: list[Any] = [
    [four("1.2.3.4"), four("1.2.3.9")],
    [four("1.2.3.4"), "1.2.3.9"],
    [four("1.2.3.4"), six("::ffff:1.2.3.9")],
    [six("::ffff:1.2.3.4"), four("1.2.3.9")],
    [four("1.2.3.4"), six("f::9")],
    [six("::"), four("1.2.3.9")],
    [six("f::4"), four("1.2.3.9")],
]
for start, end in ends:
    mixed = BlockList()
    mixed.add_range(start, end)
    trace("mixed", mixed.rules)
    for text in ["1.2.3.3", "1.2.3.5", "1.2.3.10"]:
        trace("check", text, mixed.check(text), mixed.check(f"::ffff:{text}", "ipv6"))
    trace("check", mixed.check("::8", "ipv6"), mixed.check("f::8", "ipv6"))
attempt("reverse", blocked.add_range, four("1.2.3.9"), six("::ffff:1.2.3.4"))
trace("rules", len(blocked.rules))
