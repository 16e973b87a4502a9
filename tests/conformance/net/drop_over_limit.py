"""At max_connections a connection is refused: 'drop' tells both ends, the client a polite end."""

from typing import Any

from _sides import Side, listen_locally
from conformance_trace import trace

import gnet

serving = Side("server")
refused = Side("refused")
dropped: list[Any] = []
ports: list[Any] = []


def on_connection(socket: gnet.Socket) -> None:
    serving.note("connection")
    socket.resume()


server = gnet.create_server(on_connection)
server.max_connections = 1
serving.watch(server, "listening", "close", "error")


def on_drop(data: Any) -> None:
    serving.note(
        "drop",
        sorted(data.keys()),
        data.localAddress,
        data.localPort,
        data.localFamily,
        data.remoteAddress,
        data.remoteFamily,
    )
    dropped.append(data.remotePort)
    server.get_connections(lambda err, count: serving.note("count", err, count))


server.on("drop", on_drop)


def on_listening(port: int) -> None:
    def connect_second() -> None:
        second = gnet.connect(port, "127.0.0.1")
        refused.watch(
            second,
            "connectionAttempt",
            "connect",
            "ready",
            "data",
            "end",
            "finish",
            "error",
            "close",
        )
        second.on("connect", lambda: ports.append(second.local_port))

        def on_close(_had_error: bool) -> None:
            trace("limit", server.max_connections)
            trace("the port of the client", dropped == ports)
            first.end()
            server.close()

        second.on("close", on_close)

    first = gnet.connect(port, "127.0.0.1", connect_second)


listen_locally(server, on_listening)
gnet.run()
