"""A NUL inside a path or a host name ends nothing: it is refused, and no file is made or found."""

import os
from typing import Any

from _sides import attempt, fresh_directory
from conformance_trace import trace

import gnet

directory = fresh_directory()
file = os.path.join(directory, "name\0more")


def told(err: Any) -> list[Any]:
    return [err.code, getattr(err, "syscall", None)]


def files() -> list[str]:
    return os.listdir(directory)


for host in ["a\0b", "\0", "127.0.0.1\0"]:
    attempt("host", gnet.createServer().listen, 0, host)

server = gnet.createServer()
server.on("close", lambda: trace("close"))


def on_error(err: Any) -> None:
    trace("error", *told(err), server.listening, files())
    server.removeAllListeners("error")
    # The file that the path would name if the NUL ended it.
    server.listen(os.path.join(directory, "name"), on_listening)


def on_listening() -> None:
    client = gnet.connect(file)
    client.on("connect", lambda: trace("connected"))
    client.on("error", lambda problem: trace("client", *told(problem)))
    client.on("close", lambda _: server.close(lambda: trace("closed", files())))


server.on("error", on_error)
server.listen(file)
trace("listening", server.listening)
gnet.run()
