"""A service in the process of the test, with observers, and clients that end in all manners."""

from __future__ import annotations

import contextlib
import socket as stdlib_socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import gevent.socket
from support import GUARD_S, guarded

from gnet.serving.application import Application
from gnet.serving.service import Service

__all__ = ["connect", "dial", "echo", "ended", "reset", "serving"]


def echo(socket: Any) -> None:
    """Send back what comes."""
    socket.on("data", socket.write)


@contextlib.contextmanager
def serving(
    target: Callable[..., object], *observers: Any, path: str | None = None, **options: Any
) -> Iterator[Service]:
    """A service of an application, on the loopback interface or a Unix socket; drained in the end.

    Args:
        target: The application.
        observers: Of the connections.
        path: Of a Unix socket.
        options: Of the `Service`.
    """
    service = Service(Application(target, "app:target"), observers=observers, **options)
    if path is None:
        listener = stdlib_socket.create_server(("127.0.0.1", 0), backlog=128)
    else:
        listener = stdlib_socket.socket(stdlib_socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
    service.listen(listener)
    try:
        yield service
    finally:
        service.drain(0)


def connect(service: Service) -> Any:
    """A connection to the service that it has taken: a bare socket of gevent's."""
    known = set(service.connections)
    peer = dial(service)
    with guarded("the connection to be taken"):
        while not set(service.connections) - known:
            gevent.sleep(0.001)
    return peer


def dial(service: Service) -> Any:
    """A connection to the service that it will take, or refuse."""
    scheme, _, rest = service.endpoints[0].name.partition(":")
    if scheme == "unix":
        peer = gevent.socket.socket(gevent.socket.AF_UNIX)
        peer.connect(rest)
    else:
        host, _, port = rest.removeprefix("//").partition(":")
        peer = gevent.socket.create_connection((host, int(port)))
    peer.settimeout(GUARD_S)
    return peer


def reset(peer: Any) -> None:
    """Close a client's socket with an RST."""
    peer.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def ended(service: Service, left: int = 0) -> None:
    """Wait until no more connections than that are left."""
    with guarded("connections to end"):
        while len(service.connections) > left:
            gevent.sleep(0.001)
