"""After a refusal the same socket tries again, in 'close'; and a second time, refused again."""

from collections.abc import Callable

from _sides import Side, free_port, listen_locally

import gnet


def on_connection(socket: gnet.Socket) -> None:
    socket.end("hello")


def retry(name: str, port: int, refused: int, then: Callable[[], object]) -> None:
    side = Side(name)
    client = gnet.connect(refused, "127.0.0.1")
    retried: list[bool] = []
    closes: list[bool] = []
    side.watch(client, "error", "connect", "ready", "data", "end")

    def on_event(_value: object) -> None:
        if not retried:
            retried.append(True)
            side.note("before", client.destroyed, client.errored is not None, client.ready_state)
            client.connect(port, "127.0.0.1")
            side.note(
                "after",
                *[client.destroyed, client.errored is not None, client.ready_state],
                client.connecting,
            )

    def on_close(had_error: bool) -> None:
        side.note("close", had_error)
        closes.append(had_error)
        if len(closes) == 2:
            side.note("closed", client.destroyed, client.errored)
            then()

    client.on("close", on_event)
    client.on("close", on_close)


def on_ports(port: int, refused: int) -> None:
    retry("accepted", port, refused, lambda: retry("refused", refused, refused, server.close))


server = gnet.create_server(on_connection)
free_port(lambda refused: listen_locally(server, lambda port: on_ports(port, refused)))
gnet.run()
