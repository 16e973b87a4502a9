"""A server that listens can be another one's handle; one that does not is no place to listen."""

from collections.abc import Callable
from typing import Any

from _sides import attempt, listen_locally
from conformance_trace import trace

import gnet


def code(fn: Callable[[], object]) -> str:
    try:
        fn()
    except gnet.GnetError as err:
        return err.code
    return "passed"


first = gnet.create_server()


def on_first(_port: int) -> None:
    second = gnet.create_server()
    second.on("error", lambda err: trace("error", err))
    second.on("listening", lambda: trace("listening", second.address()))

    def on_listening() -> None:
        trace("callback", second.listening, first.listening)
        trace("again", code(lambda: second.listen(first)))
        second.close()

    def same_place() -> list[Any]:
        second.listen(first, on_listening)
        return [second.listening, second.address()]

    attempt("same place", same_place)
    second.on("close", lambda: trace("close", second.listening, second.address()))


listen_locally(first, on_first)
first.on("connection", lambda _socket: trace("never"))
first.unref()

bad_handles: dict[str, list[Any]] = {
    "not listening": [gnet.create_server()],
    "in options": [{"handle": gnet.create_server()}],
    "a socket": [gnet.Socket()],
    "an empty handle": [{"handle": {}}],
    "null": [{"handle": None}],
}
for name, args in bad_handles.items():
    attempt(name, lambda args=args: code(lambda: gnet.create_server().listen(*args)))
third = gnet.create_server()


def on_third() -> None:
    address: Any = third.address()
    trace("options as handle", address.port > 0)
    third.close()


third.listen({"handle": {"port": 0}}, on_third)
gnet.run()
