"""What a socket address is made of; each part has its default."""

from conformance_trace import trace

from gnet import SocketAddress


def show(label: str, address: SocketAddress) -> None:
    trace(label, address.address, address.family, f"port {address.port}", address.flowlabel)


show("default", SocketAddress())
show("empty", SocketAddress({}))
show("ipv6", SocketAddress(family="ipv6"))
show("IPV6", SocketAddress(family="IPV6"))
show("full", SocketAddress(address="1.2.3.4", family="ipv4", port=80, flowlabel=5))
show("full", SocketAddress(address="::1", family="ipv6", port=80, flowlabel=5))
show("largest", SocketAddress(family="ipv6", port=65535, flowlabel=2**20 - 1))
show("unknown option", SocketAddress({"address": "1.2.3.4", "other": 1}))
for port in ["80", " 80 ", "0x10", "1e3", "-0", 0]:
    show("port", SocketAddress(port=port))
for address in [
    *["2001:DB8::AbCd", "0:0:0:0:0:0:0:0", "1::0:0:2", "1:0:0:2:0:0:3:4"],
    *["::FFFF:0:0", "::0.0.1.0", "::1:0", "64:ff9b::1.2.3.4", "fe80::1%lo", "::1%nosuch"],
]:
    show("form", SocketAddress(address=address, family="ipv6"))

one = SocketAddress(address="::1", family="ipv6", port=8, flowlabel=9)
trace("toJSON", list(one.to_json()), list(one.to_json().values()))
trace("round trip", SocketAddress(one.to_json()).to_json())

# They cannot be changed.
for name in ["address", "family", "port", "flowlabel"]:
    try:
        setattr(one, name, 5)
        trace(name, "changed")
    except AttributeError:
        trace(name, "kept", getattr(one, name))
for value in [one, {}, one.to_json(), None, "::1"]:
    trace("isSocketAddress", SocketAddress.is_socket_address(value))
