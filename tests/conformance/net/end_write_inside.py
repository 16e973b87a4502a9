"""Inside the 'end' listener one can still write; later the other party has ended the socket."""

from _sides import Side, listen_locally

import gnet

asking = Side("client")
serving = Side("server")


def on_connection(socket: gnet.Socket) -> None:
    server.close()
    serving.watch(socket, "prefinish", "finish", "drain", "error", "close")
    socket.on("data", serving.noting("data"))

    def on_end() -> None:
        serving.note("end", socket.writable, socket.readyState)
        serving.note("returned", socket.write("last words", serving.noting("callback")))

    def on_finish() -> None:
        # The socket was ended on this side, too.
        serving.note("late", socket.write("too late", serving.noting("late callback")))
        serving.note("destroyed", socket.destroyed)

    socket.on("end", on_end)
    socket.on("finish", on_finish)


def on_port(port: int) -> None:
    client = gnet.connect(port, "127.0.0.1")
    client.on("connect", lambda: client.end("question"))
    text: list[bytes] = []
    client.on("data", text.append)
    asking.watch(client, "finish", "end", "error", "close")
    client.on("end", lambda: asking.note("text", b"".join(text).decode()))


server = gnet.createServer(on_connection)
listen_locally(server, on_port)
gnet.run()
