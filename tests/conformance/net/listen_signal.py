"""A signal closes the server: before it has listened, while it listens, never after its close."""

from conformance_trace import trace

import gnet


def watched(label: str) -> gnet.Server:
    return (
        gnet.create_server()
        .on("listening", lambda: trace(label, "listening"))
        .on("error", lambda err: trace(label, "error", err))
        .on("close", lambda: trace(label, "close"))
    )


aborted = watched("aborted before")
aborted.listen({"port": 0, "signal": gnet.AbortSignal.abort()})
trace("aborted before", aborted.listening, aborted.listener_count("close"))

during = gnet.AbortController()
looking = watched("aborted at once")
looking.listen({"port": 0, "host": "localhost", "signal": during.signal})
during.abort()
trace("aborted at once", looking.listening)

later = gnet.AbortController()
open_ = watched("aborted later")


def on_listening() -> None:
    trace("aborted later", open_.listener_count("close"))
    open_.on("close", lambda: trace("last", open_.listener_count("close")))
    later.abort()
    trace("aborted later", open_.listening)


open_.listen({"port": 0, "host": "127.0.0.1", "signal": later.signal}, on_listening)

never = gnet.AbortController()
closed = watched("closed before")


def listen_again() -> None:
    def on_listening() -> None:
        never.abort()
        trace("closed before", closed.listening, closed.listener_count("close"))
        closed.close()

    closed.listen(0, on_listening)


closed.listen({"port": 0, "signal": never.signal}, lambda: closed.close(listen_again))
gnet.run()
