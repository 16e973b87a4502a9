"""A loop over a socket that is still connecting waits for the connection and brings all."""

import gevent
from _sides import Side, free_port, listen_locally
from conformance_trace import trace

import gnet

side = Side("client")
refused = Side("refused")
looping = Side("client, loop")
failing = Side("refused, loop")


def on_connection(socket: gnet.Socket) -> None:
    server.close()
    socket.write("one")
    socket.once("data", lambda _data: socket.end("two"))
    socket.on("end", lambda: trace("server end"))


def loop(client: gnet.Socket, notes: Side) -> None:
    notes.note("start", client.connecting)
    try:
        for chunk in client:
            notes.note("chunk", chunk)
            client.write("k")
        notes.note("over")
    except Exception as err:
        notes.note("caught", err)


def on_free(free: int) -> None:
    nowhere = gnet.connect(free, "127.0.0.1")
    refused.watch(nowhere, "connect", "end", "error", "close")
    gevent.spawn(loop, nowhere, failing)


def on_port(port: int) -> None:
    client = gnet.connect(port, "127.0.0.1")
    side.watch(client, "connect", "end", "error", "close")
    gevent.spawn(loop, client, looping)
    client.on("close", lambda _had_error: free_port(on_free))


server = gnet.create_server({"allowHalfOpen": True}, on_connection)
listen_locally(server, on_port)
gnet.run()
