"""A BoundSocket as handle: the connection comes from where it is bound."""

from _sides import Side, attempt, listen_locally
from conformance_trace import new_port

import gnet

EVENTS = ["connectionAttempt", "connect", "ready", "end", "error", "close"]


def on_connection(socket: gnet.Socket) -> None:
    socket.end(f"from :{socket.remote_port}")


def on_port(port: int) -> None:
    bound = gnet.BoundSocket({"host": "127.0.0.6"})
    new_port(bound.address().port)
    side = Side("client")
    client = gnet.Socket({"handle": bound})
    side.watch(client, "connect", "error")
    attempt("adopted", bound.address)
    attempt("adopted", lambda: gnet.Socket({"handle": bound}))

    def with_local_port() -> object:
        try:
            return client.connect({"port": port, "host": "127.0.0.1", "localPort": 5})
        except gnet.GnetError as err:
            return err.code

    attempt("local port", with_local_port)
    client.destroy()
    second = gnet.BoundSocket(host="127.0.0.7")
    new_port(second.address().port)
    other = Side("by connect")
    another = gnet.connect(port, "127.0.0.1", handle=second)

    def on_close(_had_error: bool) -> None:
        third = gnet.BoundSocket({"host": "127.0.0.7"})
        unused = gnet.Socket({"handle": third})
        unused.on("close", lambda *_: server.close())
        unused.destroy()

    other.watch(another, *EVENTS)
    another.on("data", lambda data: other.note("data", data.decode()))
    another.on("connect", lambda: other.note("local", another.local_address, another.local_port))
    another.on("close", on_close)


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
