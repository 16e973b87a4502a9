"""reset_and_destroy(): an RST to the peer, at once, once connected, or an error without one."""

import os
from collections.abc import Callable

from _sides import Side, attempt, free_port, fresh_directory, listen_locally

import gnet

EVENTS = ["connect", "ready", "end", "finish", "error", "close"]
Then = Callable[[], object]


def watched(name: str, socket: gnet.Socket) -> gnet.Socket:
    Side(name).watch(socket, *EVENTS)
    return socket


def unconnected(then: Then) -> None:
    socket = watched("unconnected", gnet.Socket())
    attempt("unconnected", lambda: socket.reset_and_destroy() is socket)
    attempt("again", lambda: socket.reset_and_destroy() is socket)
    socket.on("close", then)


def refused(then: Then) -> None:
    def on_port(port: int) -> None:
        socket = watched("refused", gnet.connect(port, "127.0.0.1"))
        attempt("refused", lambda: socket.reset_and_destroy() is socket)
        socket.on("close", lambda _had_error: then())

    free_port(on_port)


def tcp(name: str, reset: Callable[[gnet.Socket], object], then: Then) -> None:
    def on_connection(socket: gnet.Socket) -> None:
        watched(f"{name}, peer", socket)
        socket.on("close", lambda _had_error: server.close(lambda _err=None: then()))
        socket.resume()
        if name == "connected":
            socket.write("hello")

    server = gnet.create_server(on_connection)
    listen_locally(server, lambda port: reset(watched(name, gnet.connect(port, "127.0.0.1"))))


def connected(then: Then) -> None:
    def reset(socket: gnet.Socket) -> None:
        def on_data(_data: bytes) -> None:
            attempt("connected", lambda: socket.reset_and_destroy() is socket)
            attempt("again", lambda: socket.reset_and_destroy() is socket)

        socket.on("data", on_data)

    tcp("connected", reset, then)


def connecting(then: Then) -> None:
    def reset(socket: gnet.Socket) -> None:
        attempt("connecting", lambda: socket.reset_and_destroy() is socket)

    tcp("connecting", reset, then)


def accepted(then: Then) -> None:
    def on_connection(socket: gnet.Socket) -> None:
        watched("accepted", socket)

        def on_data(_data: bytes) -> None:
            attempt("accepted", lambda: socket.reset_and_destroy() is socket)

        socket.on("data", on_data)

    def on_port(port: int) -> None:
        client = watched("client", gnet.connect(port, "127.0.0.1"))
        client.write("x")
        client.on("close", lambda _had_error: server.close(lambda _err=None: then()))

    server = gnet.create_server(on_connection)
    listen_locally(server, on_port)


def unix() -> None:
    file = os.path.join(fresh_directory(), "reset")

    def on_connection(socket: gnet.Socket) -> None:
        attempt("unix accepted", socket.reset_and_destroy)
        socket.end()

    def on_listening() -> None:
        client = watched("unix", gnet.connect(file))
        attempt("unix connecting", client.reset_and_destroy)
        client.on("connect", lambda: attempt("unix", client.reset_and_destroy))
        client.resume()
        client.on("close", lambda _had_error: server.close())

    server = gnet.create_server(on_connection)
    server.listen(file, on_listening)


unconnected(lambda: refused(lambda: connected(lambda: connecting(lambda: accepted(unix)))))
gnet.run()
