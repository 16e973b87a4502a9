"""Writes that pile up behind another: all False, one 'drain', callbacks in order."""

import gevent
from _sides import Side, listen_locally

import gnet

side = Side("client")
CHUNK = bytes(2 * 1024 * 1024)
accepted: list[gnet.Socket] = []
ready: list[bool] = []


def on_connection(socket: gnet.Socket) -> None:
    socket.pause()
    accepted.append(socket)
    socket.on("close", lambda _had_error: server.close())
    read()


def read() -> None:
    if accepted and ready:
        accepted[0].resume()


def on_listening(port: int) -> None:
    client = gnet.connect(port, "127.0.0.1")
    order: list[object] = []

    def on_drain() -> None:
        side.note("drain", client.writable_length, client.writable_need_drain)
        gevent.spawn(client.end)

    def on_ready() -> None:
        # Fill what the kernel takes, then count from a known state.
        client.write(bytes(32 * 1024 * 1024), lambda _err: order.append("filler"))
        before = client.writable_length
        results = [
            client.write(CHUNK, lambda _err, number=number: order.append(number))
            for number in range(12)
        ]
        side.note("results", results)
        length = client.writable_length - before
        side.note("lengths", before, length, client.writable_need_drain)
        ready.append(True)
        read()

    client.resume()
    client.on("drain", on_drain)
    side.watch(client, "finish", "close")
    client.on("ready", on_ready)
    client.on("finish", lambda: side.note("order", order))


server = gnet.create_server(on_connection)
listen_locally(server, on_listening)
gnet.run()
