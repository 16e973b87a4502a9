"""With pauseOnConnect nothing is read from a new connection until resume(), not even its end."""

from _sides import Side, listen_locally, settle

import gnet

serving = Side("server")
client = Side("client")


def on_connection(socket: gnet.Socket) -> None:
    serving.note("connection", socket.readable_flowing)
    serving.watch(socket, "pause", "resume", "data", "end", "close")
    serving.note("listening for data", socket.readable_flowing)

    def later() -> None:
        serving.note(
            "after a while", socket.bytes_read, socket.readable_length, socket.readable_flowing
        )
        socket.resume()
        serving.note("resumed", socket.readable_flowing)
        server.close()

    settle(later)


server = gnet.create_server({"pauseOnConnect": True}, on_connection)
serving.watch(server, "close")


def on_listening(port: int) -> None:
    peer = client.watch(gnet.connect(port, "127.0.0.1"), "end", "close")
    peer.end("hello")
    peer.resume()


listen_locally(server, on_listening)
gnet.run()
