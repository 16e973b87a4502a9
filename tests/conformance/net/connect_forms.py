"""connect() and create_connection() take their arguments in many forms, on a socket or without."""

import os
from collections.abc import Callable

from _sides import fresh_directory, listen_locally
from conformance_trace import trace

import gnet

file = os.path.join(fresh_directory(), "forms")


def serve(socket: gnet.Socket) -> None:
    socket.end()


server = gnet.create_server(serve)
unix = gnet.create_server(serve)


def callback() -> None:
    trace("callback")


Forms = list[tuple[str, Callable[[], gnet.Socket]]]


def forms(port: int) -> Forms:
    local = {"port": port, "host": "127.0.0.1"}
    return [
        ("connect port host", lambda: gnet.connect(port, "127.0.0.1", callback)),
        ("connect options", lambda: gnet.connect(local, callback)),
        ("connect options only", lambda: gnet.connect(local)),
        ("connect path", lambda: gnet.connect(file, callback)),
        ("connect path options", lambda: gnet.connect({"path": file}, callback)),
        ("createConnection", lambda: gnet.create_connection(port, "127.0.0.1", callback)),
        ("createConnection path", lambda: gnet.create_connection(file)),
        ("socket", lambda: gnet.Socket().connect(port, "127.0.0.1", callback)),
        ("socket path", lambda: gnet.Socket().connect(file, callback)),
        (
            "socket options",
            lambda: gnet.Socket({"allowHalfOpen": False}).connect({"path": file}, callback),
        ),
        ("half-open", lambda: gnet.connect({**local, "allowHalfOpen": True}, callback)),
        ("time-out", lambda: gnet.connect({**local, "timeout": 5000}, callback)),
        ("unknown keys", lambda: gnet.connect({**local, "wood": "pine"}, callback)),
        (
            "null host",
            lambda: gnet.connect({"port": port, "host": None, "family": 4}, callback),
        ),
    ]


def run(left: Forms) -> None:
    (name, make), *rest = left
    client = make()
    trace(
        name,
        isinstance(client, gnet.Socket),
        client.allow_half_open,
        client.timeout,
        client.listener_count("connect"),
        client.connecting,
        client.server,
    )

    def on_close(_had_error: bool) -> None:
        if rest:
            run(rest)
        else:
            server.close()
            unix.close()

    client.on("connect", lambda: trace(name, "connected"))
    client.on("end", lambda: client.end())
    client.on("close", on_close)
    client.resume()


unix.listen(file, lambda: listen_locally(server, lambda port: run(forms(port))))
gnet.run()
