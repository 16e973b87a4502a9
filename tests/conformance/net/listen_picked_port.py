"""The recipe for a port that the system picks: listen() without one, then ask address()."""

from typing import Any

from conformance_trace import port_label, trace

import gnet


def on_connection(socket: gnet.Socket) -> None:
    trace("local port", socket.localPort)
    socket.end("goodbye\n")


def on_listening() -> None:
    address: Any = server.address()
    port_label(address["port"])
    trace("opened server on", address)
    client = gnet.connect({"port": address["port"], "host": "127.0.0.1"})
    client.setEncoding("utf8")
    client.on("data", lambda data: trace("data", data))

    def on_close(_had_error: bool) -> None:
        trace("client of", client.remotePort)
        server.close()

    client.on("close", on_close)


server = gnet.createServer(on_connection)
server.listen(on_listening)
gnet.run()
