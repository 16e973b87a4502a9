"""A loop over a server raises its 'error', after the connections that came before it."""

import gevent
from _sides import listen_locally
from conformance_trace import trace

import gnet

server = gnet.create_server()


def serve() -> None:
    try:
        for socket in server:
            trace("connection")
            socket.destroy()
            server.emit("error", Exception("made up"))
    except Exception as err:
        trace("raised", err)
    trace("listeners", server.listener_count("connection"), server.listener_count("error"))
    server.close()


def on_listening(port: int) -> None:
    gevent.spawn(serve)
    client = gnet.connect(port, "127.0.0.1")
    client.on("close", lambda _had_error: trace("client closed")).resume()


listen_locally(server, on_listening)
gnet.run()
