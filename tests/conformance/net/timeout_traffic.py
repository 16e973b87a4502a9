"""As long as something arrives in time there is no 'timeout'."""

import gevent
from _sides import Side, listen_locally

import gnet

side = Side("client")


def on_connection(socket: gnet.Socket) -> None:
    left = [12]

    def tick() -> None:
        left[0] -= 1
        if left[0]:
            socket.write(".")
            gevent.spawn_later(0.015, tick)
        else:
            socket.resume()
            server.close()

    tick()


def on_port(port: int) -> None:
    client = gnet.connect(port, "127.0.0.1")
    received: list[bytes] = []
    client.on("connect", lambda: client.setTimeout(60))
    client.on("data", received.append)

    def on_timeout() -> None:
        side.note("timeout", len(b"".join(received)))
        client.end()

    client.on("timeout", on_timeout)
    side.watch(client, "end", "error", "close")


server = gnet.createServer(on_connection)
listen_locally(server, on_port)
gnet.run()
