"""The method for captured rejections destroys the socket of 'connection', else emits 'error'."""

from _sides import Side, listen_locally
from conformance_trace import trace

import gnet
from gnet.events import captureRejectionSymbol

serving = Side("server")


def on_connection(socket: gnet.Socket) -> None:
    serving.watch(socket, "error", "close")
    rejected = getattr(server, captureRejectionSymbol)
    rejected(Exception("of a connection"), "connection", socket)
    serving.note("destroyed", socket.destroyed)
    rejected(Exception("of another event"), "listening")
    server.close()


server = gnet.create_server({"captureRejections": True}, on_connection)
serving.watch(server, "error", "close")


def on_listening(port: int) -> None:
    trace("method", "function" if callable(server.nodejs_rejection) else "none")
    Side("client").watch(gnet.connect(port, "127.0.0.1").resume(), "end", "close")


listen_locally(server, on_listening)
gnet.run()
