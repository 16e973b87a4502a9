"""While a host is looked up, another listen() takes its place; only the last one counts."""

from typing import Any

from conformance_trace import trace

import gnet


def place(server: gnet.Server) -> str:
    address: Any = server.address()
    return address.address


server = gnet.create_server()
server.on("listening", lambda: trace("listening", place(server)))
server.on("error", lambda err: trace("error", err.code))
server.on("close", lambda: trace("close"))
server.listen(0, "localhost", lambda: trace("callback of the first"))
trace("looked up", server.listening, server.address())
server.listen(0, "no-such-host.invalid", lambda: trace("callback of the second"))


def on_third() -> None:
    trace("callback of the third")
    server.close()


server.listen(0, "127.0.0.1", on_third)
trace("still", server.listening)

other = gnet.create_server()


def on_listening() -> None:
    trace("other", place(other))
    other.close()


other.on("listening", on_listening)
other.listen(0, "localhost")
# Without a host it listens at once.
other.listen({"port": 0})
trace("at once", other.listening)
gnet.run()
