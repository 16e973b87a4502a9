"""'timeout' comes once per idle period, again only after traffic; the socket stays open."""

import gevent
from _sides import Side, listen_locally

import gnet

side = Side("client")
other = Side("clock")


def on_connection(socket: gnet.Socket) -> None:
    socket.on("data", lambda data: socket.write(data))
    socket.on("end", lambda: server.close())


def on_port(port: int) -> None:
    client = gnet.connect(port, "127.0.0.1")
    side.watch(client, "data", "end", "error", "close")
    times = [0]

    def later() -> None:
        side.note("three periods later", times[0])
        client.write("ping")

    def off() -> None:
        side.note("switched off", times[0], client.timeout)
        client.end()

    def on_timeout() -> None:
        times[0] += 1
        side.note("timeout", times[0], client.destroyed, client.ready_state, client.timeout)
        if times[0] == 1:
            # Three more periods without traffic bring nothing.
            gevent.spawn_later(0.15, later)
        elif times[0] == 2:
            client.set_timeout(30)
        elif times[0] == 3:
            client.set_timeout(0)
            gevent.spawn_later(0.1, off)

    client.on("timeout", on_timeout)
    side.note("before", client.timeout)

    def on_connect() -> None:
        side.note("returns", client.set_timeout(40) is client, client.timeout)

    client.on("connect", on_connect)
    client.on("end", lambda: other.note("end", times[0]))


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
