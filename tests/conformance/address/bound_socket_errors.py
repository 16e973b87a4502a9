"""What cannot be bound is raised by the constructor: bad options, and what the kernel refuses."""

import math
from typing import Any

from conformance_trace import new_port, trace

import gnet


def attempt(label: str, options: Any) -> None:
    try:
        gnet.BoundSocket(options).close()
        trace(label, "passed")
    except Exception as err:
        trace(label, err)


for options in [None, 5, "x", True]:
    attempt("options", options)
for port in [-1, 65536, 1.5, math.nan, True, "x", ""]:
    attempt("port", {"port": port})
for flag in [1, 0, "x", ""]:
    attempt("ipv6Only", {"ipv6Only": flag})
    attempt("reusePort", {"reusePort": flag})
for host in [5, True, "", "localhost", "1.2.3", "[::1]"]:
    attempt("host", {"host": host})
attempt("port first", {"port": -1, "ipv6Only": 5, "reusePort": 5, "host": "x"})
attempt("then ipv6Only", {"ipv6Only": 5, "reusePort": 5, "host": "x"})
attempt("then reusePort", {"reusePort": 5, "host": "x"})

# Addresses of other machines (RFC 5737), and a zone that is not there.
attempt("foreign", {"host": "192.0.2.1"})
attempt("foreign, with a port", {"host": "192.0.2.1", "port": 4000})
attempt("no such zone", {"host": "fe80::1%nosuch"})

server = gnet.create_server()


@server.once("listening")
def listening() -> None:
    port = server.address().port
    new_port(port)
    attempt("in use", {"host": "127.0.0.1", "port": port})
    server.close()


server.listen(0, "127.0.0.1")
gnet.run()
