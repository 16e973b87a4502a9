"""close() after a failed listen(): there is nothing to close, but 'close' comes all the same."""

from typing import Any

from _sides import listen_locally
from conformance_trace import trace

import gnet

used = gnet.create_server()


def on_used(port: int) -> None:
    server = gnet.create_server()
    server.on("listening", lambda: trace("never"))
    server.on("close", lambda: trace("close"))

    def on_third() -> None:
        trace("third time", server.address())
        server.close()

    def on_closed(problem: Any) -> None:
        trace("callback", problem)
        used.close(lambda: server.listen(port, "127.0.0.1", on_third))
        server.remove_all_listeners("listening")

    def on_error(err: BaseException) -> None:
        trace("error", err, server.listening, server.address())
        server.close(on_closed)

    server.on("error", on_error)
    server.listen(port, "127.0.0.1", lambda: trace("callback of a listen that failed"))
    # Told to close before it has failed: then it has not listened at all.
    early = gnet.create_server()
    early.on("error", lambda err: trace("early error", err))
    early.listen(port, "127.0.0.1")
    early.close(lambda problem: trace("early callback", problem))


listen_locally(used, on_used)
gnet.run()
