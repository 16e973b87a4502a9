"""A socket paused before it is connected delivers nothing until resume(), which no listener is."""

from _sides import Side, listen_locally, settle, until

import gnet

side = Side("client")
accepted: list[gnet.Socket] = []


def on_connection(socket: gnet.Socket) -> None:
    server.close()
    accepted.append(socket)
    socket.resume()
    socket.write("early")


def on_port(port: int) -> None:
    client = gnet.Socket()

    def settled() -> None:
        side.note("settled", client.readable_flowing, client.connecting)
        client.resume()
        side.note("resumed", client.readable_flowing)
        client.once("data", lambda _data: accepted[0].end())

    side.watch(client, "pause", "resume", "connect", "end", "close")
    client.pause()
    client.on("data", side.noting("data"))
    side.note("before", client.readable_flowing)
    client.connect(port, "127.0.0.1")
    until(lambda: bool(accepted), lambda: settle(settled))


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
