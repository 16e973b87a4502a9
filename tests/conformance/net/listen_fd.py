"""listen({fd}) takes a descriptor over, as a supervisor passes it; what cannot listen is told."""

import os
import sys
from typing import Any

from _sides import Side, listen_locally
from conformance_trace import trace
from gevent import subprocess

import gnet

program, *passed = sys.argv

if not passed:
    # The parent listens, and passes the socket to a child of the same program.
    parent = Side("parent")
    server = gnet.createServer(lambda _socket: parent.note("never called"))

    def on_listening(port: int) -> None:
        fd = server.fileno()
        child = subprocess.Popen([sys.executable, program, str(fd)], pass_fds=[fd])
        server.close(lambda: parent.note("closed"))
        client = gnet.connect(port, "127.0.0.1")
        Side("client").watch(client, "data", "end", "close")
        client.on("close", lambda _had_error: parent.note("child ended", child.wait()))

    listen_locally(server, on_listening)
else:
    fd = int(passed[0])

    def on_connection(socket: gnet.Socket) -> None:
        socket.end("from the child")

        def on_close() -> None:
            try:
                os.fstat(fd)
                trace("still open")
            except OSError:
                trace("descriptor", "EBADF")

        server.close(on_close)

    server = gnet.createServer(on_connection)

    def listening() -> None:
        address: Any = server.address()
        trace("child listens", address.address, address.port > 0)

    server.on("listening", listening)
    trace("child", server.listen({"fd": fd}) is server, server.listening)

gnet.run()
