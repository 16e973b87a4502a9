"""What the tests of `gnet.loadtest` share: a client whose events are kept, and a peer held by hand.

The peer is a bare socket of gevent's, so that what the client meets is what the test arranged.
"""

from __future__ import annotations

import contextlib
import socket as stdlib_socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent.socket
from support import guarded, listening

from gnet import Server, Socket
from gnet.loadtest.client import NetClient

__all__ = [
    "Events",
    "Link",
    "echoing",
    "host_at",
    "host_of",
    "linked_client",
    "listener",
    "reset",
]


class Events:
    """Stands in for Locust's ``environment.events.request``: keeps what is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def fire(self, **meta: Any) -> None:
        """Keep it."""
        self.told.append(meta)

    def take(self) -> dict[str, Any]:
        """The one event since the last call of this; any other number fails the test."""
        told, self.told = self.told, []
        [event] = told
        return event


@dataclass
class Link:
    """A connected client, what it tells, and the other end of its connection."""

    client: NetClient
    peer: gevent.socket.socket
    events: Events = field(default_factory=Events)


@contextlib.contextmanager
def listener(path: Path | None = None, backlog: int = 16) -> Iterator[gevent.socket.socket]:
    """A bare listening socket, on loopback or at a path."""
    family = stdlib_socket.AF_INET if path is None else stdlib_socket.AF_UNIX
    with contextlib.closing(gevent.socket.socket(family)) as sock:
        sock.bind(("127.0.0.1", 0) if path is None else str(path))
        sock.listen(backlog)
        yield sock


def host_of(sock: gevent.socket.socket) -> str:
    """The listening socket's address as Locust's ``--host`` has it."""
    name = sock.getsockname()
    return f"unix:{name}" if isinstance(name, str) else f"tcp://{name[0]}:{name[1]}"


@contextlib.contextmanager
def linked_client(path: Path | None = None, **options: Any) -> Iterator[Link]:
    """A client that has connected, and its peer; what `connect` told is taken already."""
    events = Events()
    with listener(path) as sock:
        client = NetClient(host_of(sock), events, **options)
        try:
            assert client.connect()
            events.take()
            with guarded("the connection"):
                peer, _ = sock.accept()
            with contextlib.closing(peer):
                yield Link(client, peer, events)
        finally:
            client.destroy()


def reset(peer: gevent.socket.socket) -> None:
    """Close it by an RST: SO_LINGER with no time, as socket(7) says."""
    peer.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def host_at(server: Server) -> str:
    """The server's address as Locust's ``--host`` has it."""
    address: Any = server.address()
    return f"tcp://{address.address}:{address.port}"


@contextlib.contextmanager
def echoing() -> Iterator[Server]:
    """A gnet server that sends back what it gets."""

    def serve(socket: Socket) -> None:
        socket.on("data", socket.write)
        socket.on("error", lambda _: None)

    with listening(serve) as server:
        yield server
        server.close_all_connections()
