"""destroy() and write() inside 'error' and 'close': nothing more comes of it."""

from collections.abc import Callable

from _sides import free_port, resetting_peer
from conformance_trace import trace

import gnet

EVENTS = ["connect", "drain", "end", "finish", "timeout"]


def watch(name: str, client: gnet.Socket, then: Callable[[], object]) -> None:
    def on_error(err: BaseException) -> None:
        trace(f"{name} error", err, client.destroyed, client.errored is err)
        trace(f"{name} destroy", client.destroy(Exception("one more")) is client)
        client.write("in error", lambda *args: trace(f"{name} callback", *args))
        trace(f"{name} still", client.errored is err)

    def on_close(had_error: bool) -> None:
        trace(f"{name} close", had_error, client.destroyed)
        client.destroy(Exception("too late"))

        def callback(*args: object) -> None:
            trace(f"{name} last callback", *args)
            then()

        client.write("in close", callback)

    for event in EVENTS:
        client.on(event, lambda *args, event=event: trace(f"{name} {event}", *args))
    client.on("data", lambda _data: trace(f"{name} data"))
    client.on("error", on_error)
    client.on("close", on_close)


def on_free(port: int) -> None:
    def third() -> None:
        mine = gnet.connect(port, "127.0.0.1")
        watch("mine", mine, lambda: None)
        mine.destroy(Exception("my own"))

    def on_peer(reset: int) -> None:
        client = gnet.connect(reset, "127.0.0.1")
        client.write("please")
        watch("reset", client, third)

    watch("refused", gnet.connect(port, "127.0.0.1"), lambda: resetting_peer(on_peer))


free_port(on_free)
gnet.run()
