"""With allowHalfOpen an accepted socket answers after the peer's end, until it ends itself."""

import gevent
from _sides import Side, listen_locally

import gnet

serving = Side("server")


def on_connection(socket: gnet.Socket) -> None:
    serving.watch(socket, "data", "end", "finish", "close")

    def on_end() -> None:
        serving.note("after the end", socket.ready_state, socket.writable)
        socket.write("still here")

        def later() -> None:
            serving.note("later", socket.ready_state)
            socket.end("bye")

        gevent.spawn(later)

    socket.on("end", on_end)
    server.close()


server = gnet.create_server({"allowHalfOpen": True}, on_connection)
serving.watch(server, "close")


def on_listening(port: int) -> None:
    client = gnet.connect({"port": port, "host": "127.0.0.1", "allowHalfOpen": True})
    received: list[bytes] = []
    client.on("data", received.append)
    side = Side("client")
    side.watch(client, "end", "finish", "close")
    client.on("end", lambda: side.note("received", b"".join(received)))
    client.end("hello")


listen_locally(server, on_listening)
gnet.run()
