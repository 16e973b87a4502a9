"""With reusePort several servers listen on one port, if all say so; exclusive changes nothing."""

from collections.abc import Callable
from typing import Any

from _sides import listen_locally
from conformance_trace import trace

import gnet

host = "127.0.0.1"
servers: list[gnet.Server] = []


def start(label: str, options: dict[str, Any], then: Callable[[], object]) -> None:
    server = gnet.create_server()
    servers.append(server)

    def on_error(err: BaseException) -> None:
        trace(label, err, server.listening)
        then()

    def on_listening() -> None:
        trace(label, server.address())
        then()

    server.on("error", on_error)
    server.listen(options, on_listening)


probe = gnet.create_server()


def on_listening(port: int) -> None:
    place = {"port": port, "host": host}

    def first() -> None:
        start("first", {**place, "reusePort": True}, second)

    def second() -> None:
        start("second", {**place, "reusePort": True, "exclusive": True}, without)

    def without() -> None:
        start("without", place, not_quite)

    def not_quite() -> None:
        start("not quite true", {**place, "reusePort": 1}, finish)

    def finish() -> None:
        for server in servers:
            server.close()

    probe.close(first)


listen_locally(probe, on_listening)
gnet.run()
