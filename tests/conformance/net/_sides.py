"""What the scenarios share: notes of each side kept apart, peers that reset, fresh directories."""

from __future__ import annotations

import atexit
import shutil
import socket as stdlib_socket
import struct
import tempfile
from collections.abc import Callable
from typing import Any

import gevent
from conformance_trace import line, new_port, trace, write
from gevent import socket as gevent_socket

import gnet

__all__ = [
    "Side",
    "attempt",
    "free_port",
    "fresh_directory",
    "listen_locally",
    "resetting_peer",
    "settle",
    "until",
]

sides: list[Side] = []
reserved: list[stdlib_socket.socket] = []


class Side:
    """Notes what one side sees; all notes are written at the end, side by side."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.notes: list[str] = []
        sides.append(self)

    def note(self, label: str, *args: Any) -> None:
        self.notes.append(line(f"{self.name}: {label}", *args))

    def noting(self, label: str) -> Callable[..., None]:
        """A listener that notes its arguments."""
        return lambda *args: self.note(label, *args)

    def watch(self, emitter: Any, *events: str) -> Any:
        """Note these events of an emitter, with their arguments."""
        for event in events:
            emitter.on(event, self.noting(event))
        return emitter


def write_notes() -> None:
    for side in sides:
        for note in side.notes:
            write(note)


atexit.register(write_notes)


def attempt(label: str, fn: Callable[..., object], *args: Any) -> None:
    """Trace what a call gives or raises."""
    try:
        trace(label, fn(*args))
    except Exception as err:
        trace(label, "threw", err)


def listen_locally(server: gnet.Server, then: Callable[[int], object]) -> gnet.Server:
    """Listen on the loopback address, name the port, go on."""

    def on_listening() -> None:
        address: Any = server.address()
        new_port(address.port)
        then(address.port)

    return server.listen(0, "127.0.0.1", on_listening)


def resetting_peer(then: Callable[[int], object]) -> None:
    """Accept one connection and reset it as soon as it has sent something."""
    listener = gevent_socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    port = listener.getsockname()[1]
    new_port(port)

    def serve() -> None:
        connection, _ = listener.accept()
        listener.close()
        connection.recv(1)
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, linger)
        connection.close()

    gevent.spawn(serve)
    then(port)


def round_trips(count: int) -> None:
    """Send a byte to another greenlet and back, so often: each hop is a turn of the loop."""
    one, other = gevent_socket.socketpair()

    def echo() -> None:
        while data := other.recv(1):
            other.sendall(data)

    echoing = gevent.spawn(echo)
    for _ in range(count):
        one.sendall(b"x")
        one.recv(1)
    one.close()
    echoing.join()
    other.close()


def settle(then: Callable[[], object]) -> None:
    """Go on after several round trips of another connection: what was on its way has come."""

    def wait() -> None:
        round_trips(10)
        then()

    gevent.spawn(wait)


def until(condition: Callable[[], bool], then: Callable[[], object]) -> None:
    """Go on as soon as the condition holds."""

    def wait() -> None:
        while not condition():
            round_trips(1)
        then()

    gevent.spawn(wait)


def fresh_directory() -> str:
    """A new empty directory, removed at the end."""
    directory = tempfile.mkdtemp(prefix="gn-")
    atexit.register(shutil.rmtree, directory, True)
    return directory


def free_port(then: Callable[[int], object]) -> None:
    """Reserve a port where nobody listens."""
    listener = stdlib_socket.socket()
    listener.bind(("127.0.0.1", 0))
    reserved.append(listener)
    port = listener.getsockname()[1]
    new_port(port)
    then(port)
