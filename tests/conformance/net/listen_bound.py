"""listen() adopts a BoundSocket: it serves where that was bound, and takes it only once."""

from typing import Any

from _sides import attempt
from conformance_trace import new_port, trace

import gnet

bound = gnet.BoundSocket({"host": "127.0.0.1"})
new_port(bound.address().port)


def on_connection(socket: gnet.Socket) -> None:
    socket.end("hello")
    server.close()


server = gnet.createServer(on_connection)
server.on("close", lambda: trace("close"))


def on_listening() -> None:
    trace("listening", server.address())
    address: Any = server.address()
    (
        gnet.connect(address.port, "127.0.0.1")
        .on("data", lambda data: trace("data", data))
        .on("close", lambda had_error: trace("closed", had_error))
    )


server.listen(bound, 5, on_listening)
trace("returned", server.listening, server.address())
attempt("adopted", lambda: bound.address())
attempt("while listening", lambda: server.listen(bound))
attempt("twice", lambda: gnet.createServer().listen(bound))
attempt("twice in options", lambda: gnet.createServer().listen({"handle": bound, "port": 0}))

closed = gnet.BoundSocket({"host": "127.0.0.1"})
closed.close()
attempt("closed", lambda: gnet.createServer().listen(closed))

other = gnet.BoundSocket({"host": "127.0.0.1"})
new_port(other.address().port)
options = gnet.createServer()


def on_options() -> None:
    trace("options", options.address())
    options.close()


options.listen({"handle": other, "port": 99999, "host": "192.0.2.1"}, on_options)
gnet.run()
