"""With ipv6Only an IPv6 server leaves IPv4 alone: another one can have the same port there."""

from typing import Any

from conformance_trace import new_port, trace

import gnet

six = gnet.create_server()
four = gnet.create_server(lambda socket: socket.end("four"))
plain = gnet.create_server()


def on_six() -> None:
    address: Any = six.address()
    port = address.port
    new_port(port)
    trace("six", six.address())

    def on_four() -> None:
        trace("four", four.address())

        def on_close(_had_error: bool) -> None:
            four.close()
            six.close(dual)

        client = gnet.connect(port, "127.0.0.1")
        client.on("data", lambda data: trace("data", data)).on("close", on_close)

    four.listen(port, "0.0.0.0", on_four)


def dual() -> None:
    # Without it, or with something that is not true, the port is taken for both.
    def on_plain() -> None:
        address: Any = plain.address()
        new_port(address.port)
        trace("plain", plain.address())
        late = gnet.create_server()

        def on_error(err: BaseException) -> None:
            trace("late", err)
            plain.close()

        late.on("error", on_error)
        late.listen({"port": address.port, "host": "0.0.0.0", "ipv6Only": True})

    plain.listen({"port": 0, "ipv6Only": 1}, on_plain)


six.listen({"port": 0, "ipv6Only": True}, on_six)
gnet.run()
