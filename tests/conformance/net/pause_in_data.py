"""pause() inside 'data' holds back what follows; resume() brings it, in order and complete."""

from _sides import Side, listen_locally, until

import gnet

side = Side("client")
accepted: list[gnet.Socket] = []


def on_connection(socket: gnet.Socket) -> None:
    accepted.append(socket)
    server.close()
    socket.resume()
    socket.write("one")


def on_port(port: int) -> None:
    client = gnet.connect(port, "127.0.0.1")
    side.watch(client, "pause", "resume", "end", "finish", "close")
    count = [0]

    def buffered() -> None:
        side.note("buffered", client.readableLength, client.readableFlowing)
        side.note("resumed", client.resume() is client, client.readableFlowing)

    def on_data(data: bytes) -> None:
        count[0] += 1
        side.note("data", data, client.readableFlowing, client.readableLength, client.bytesRead)
        side.note("returns", client.pause() is client, client.readableFlowing)
        if count[0] == 1:
            accepted[0].write("two")
            until(lambda: client.bytesRead == 6, buffered)
        elif count[0] == 2:
            # Paused and resumed at once: no time to stop.
            client.resume()
            side.note("at once", client.readableFlowing)
            accepted[0].write("three")
        else:
            # Nothing is held back: the end comes through to a paused socket, too.
            accepted[0].end()

    client.on("data", on_data)


server = gnet.createServer(on_connection)
listen_locally(server, on_port)
gnet.run()
