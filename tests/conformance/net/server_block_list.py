"""A peer in the server's block list is refused without a word: no event, no count."""

from typing import Any

from _sides import Side, listen_locally
from conformance_trace import trace

import gnet

serving = Side("server")
blocked = gnet.BlockList()
blocked.add_subnet("127.0.0.0", 8)

server = gnet.create_server({"blockList": blocked})
serving.watch(server, "connection", "error", "close")
server.on("drop", lambda _data: serving.note("drop"))
trace("property", server.block_list is blocked, gnet.create_server().block_list)


def on_listening(port: int) -> None:
    refused = gnet.connect(port, "127.0.0.1")
    Side("client").watch(refused, "connect", "ready", "data", "end", "error", "close")
    refused.resume()

    def on_close(_had_error: bool) -> None:
        server.get_connections(lambda err, count: serving.note("count", err, count))
        # The limit comes first: it is what tells.
        server.max_connections = 0
        dropped: Any = gnet.connect(port, "127.0.0.1")
        dropped.resume().on("close", lambda _had_error: server.close())

    refused.on("close", on_close)


listen_locally(server, on_listening)
gnet.run()
