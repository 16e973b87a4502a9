"""Of two sockets bound to one port the second to listen fails; it can listen elsewhere then."""

from typing import Any

from conformance_trace import new_port, trace

import gnet

one = gnet.BoundSocket({"host": "127.0.0.1"})
port = one.address().port
new_port(port)
other = gnet.BoundSocket({"host": "127.0.0.1", "port": port})

first = gnet.create_server()
second = gnet.create_server()


def on_error(err: BaseException) -> None:
    trace("error", err, second.listening, second.address())

    def on_listening() -> None:
        address: Any = second.address()
        trace("listening", address.address)
        second.close()
        first.close()

    second.listen(0, "127.0.0.1", on_listening)


second.on("error", on_error)


def on_first() -> None:
    trace("first", first.address())
    trace("second", second.listen(other) is second, second.listening)


first.listen(one, on_first)
gnet.run()
