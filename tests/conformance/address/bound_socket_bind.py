"""Binding happens in the constructor; the port is known at once."""

from typing import Any

from conformance_trace import new_port, trace

import gnet


def show(label: str, **options: Any) -> None:
    bound = gnet.BoundSocket(**options)
    new_port(bound.address().port)
    trace(label, bound.address(), bound.fd() > 2, bound.address() is bound.address())
    bound.close()


show("default")
show("empty", options={})
show("nothing given", host=None, port=None, ipv6_only=None, reuse_port=None)
show("IPv4", host="127.0.0.1")
show("IPv6", host="::1")
show("any IPv6", host="::")
show("IPv6 only", ipv6_only=True)
show("IPv6 only, of IPv4", ipv6_only=True, host="127.0.0.1")
show("with a zone", host="::1%lo")
show("port as text", host="127.0.0.1", port="0")
show("shared", host="127.0.0.1", reuse_port=True)
show("unknown option", options={"host": "127.0.0.1", "other": 1})

# A port given free can be bound again, and shared if both want it.
first = gnet.BoundSocket(host="127.0.0.1", reuse_port=True)
port = first.address().port
new_port(port)
second = gnet.BoundSocket(host="127.0.0.1", port=port, reuse_port=True)
trace("second", second.address())
first.close()
second.close()
third = gnet.BoundSocket(host="127.0.0.1", port=port)
trace("third", third.address())
third.close()
