"""An address and perhaps a port in one text; None for anything else."""

from typing import Any

from conformance_trace import trace

from gnet import SocketAddress

for text in [
    *["1.2.3.4:81", "1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:0090"],
    *["1.2.3.4:65535", "[::1]:8080", "[::1]", "[::1]:", "[::]:0", "[2001:DB8::1]:443"],
    *["[::ffff:1.2.3.4]:90", "[::1.2.3.4]", "1.2.3.4:65536", "1.2.3.4:99999999999", "1.2.3.4:-1"],
    *["1.2.3.4:abc", "1.2.3.4:+90", "1.2.3.4:9:9", "::1", "::1:90", "[::1", "[::1]x:90"],
    *["[1.2.3.4]:90", "[fe80::1%lo]:90", "[]:90", "256.1.1.1:1", "localhost:90", "example.com"],
    *["", "x", ":", ":90", " 1.2.3.4:90 ", "1.2.3.4 :90", "1.2.3.4: 90"],
]:
    parsed = SocketAddress.parse(text)
    trace("parse", text, "nothing" if parsed is None else parsed.to_json())
trace("made", SocketAddress.is_socket_address(SocketAddress.parse("1.2.3.4:81")))
bad_values: list[Any] = [None, 5, True]
for bad in bad_values:
    try:
        SocketAddress.parse(bad)
    except Exception as err:
        trace("bad", err)
