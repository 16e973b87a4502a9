"""close() inside the 'connection' listener: this connection lives on, 'close' follows its end."""

from _sides import Side, listen_locally

import gnet

serving = Side("server")
asking = Side("client")


def on_connection(socket: gnet.Socket) -> None:
    serving.note("connection", server.listening)
    server.close(serving.noting("callback"))
    serving.note("closing", server.listening, server.address())

    def on_close(had_error: bool) -> None:
        server.getConnections(serving.noting("connections"))
        serving.note("socket close", had_error)

    socket.on("data", lambda data: socket.end(data))
    socket.on("close", on_close)


server = gnet.createServer(on_connection)
serving.watch(server, "listening", "close", "error")


def on_listening(port: int) -> None:
    client = gnet.connect(port, "127.0.0.1")
    asking.watch(client, "connect", "data", "end", "close")
    client.write("anyone?")


listen_locally(server, on_listening)
gnet.run()
