"""The socket file of a server that died is in the way; with it removed the server can listen."""

import os
from typing import Any

from _sides import fresh_directory
from conformance_trace import trace

import gnet

directory = fresh_directory()
file = os.path.join(directory, "stale")
other = os.path.join(directory, "other")
server = gnet.createServer()


def on_listening() -> None:
    trace("listening", os.path.exists(file))
    server.close(lambda: trace("closed", os.path.exists(file)))


def on_error(err: Any) -> None:
    trace("error", err.code, str(err.message).replace(directory, "<dir>"))
    trace("still there", os.path.exists(file))
    os.unlink(file)
    server.listen(file, on_listening)


def on_client_close(had_error: bool) -> None:
    trace("client close", had_error)
    server.once("error", on_error)
    server.listen(file)


def on_dead() -> None:
    trace("left behind", os.path.exists(file))
    client = gnet.connect(file)
    client.on("error", lambda err: trace("client", err.code, err.syscall))
    client.on("close", on_client_close)


def on_dying() -> None:
    os.rename(other, file)
    dying.close(on_dead)


# Under another name the file outlives its server, as that of one that died.
dying = gnet.createServer()
dying.listen(other, on_dying)
gnet.run()
