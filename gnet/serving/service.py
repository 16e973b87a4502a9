"""Serving until told to stop: the servers of an application, their connections, and the drain.

It knows of each connection who it is, since when it is open and how it ended, and tells observers
(the access log, the metrics). It uses what any program could use of `gnet.Server`.
"""

from __future__ import annotations

import re
import socket as stdlib_socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import gevent
from gevent.event import Event

from gnet.accepting import DropCounts
from gnet.events.waiting import once
from gnet.kernel_options import AcceptQueue, has_news, is_tcp
from gnet.server import Server
from gnet.serving.addresses import SocketFile, shown
from gnet.serving.application import Application
from gnet.socket import Socket

__all__ = ["OUTCOMES", "Connection", "Endpoint", "Observer", "Service"]

#: How a connection ends that no error has ended.
OUTCOMES = ("end", "destroy", "idle-timeout", "drain-reset")

#: What an error's code must look like to be repeated: an application may make one of anything.
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")

#: Milliseconds for which accepting rests while a server closes: longer than that takes.
_WHILE_CLOSING = 60_000

#: Seconds between two looks for connections that ended without a word.
_BETWEEN_LOOKS = 10.0

#: Seconds for the 'close' events of what was cut; more would be a listener that blocks.
_FOR_LAST_EVENTS = 1.0


class Connection:
    """An accepted connection as its observers see it; open or ended."""

    __slots__ = ("_duration", "endpoint", "outcome", "since", "socket")

    def __init__(self, socket: Socket, endpoint: Endpoint) -> None:
        self.socket = socket
        self.endpoint = endpoint
        #: When it was taken, in seconds of ``time.monotonic()``.
        self.since = time.monotonic()
        #: How it ended, once it has: ``'end'`` if both sides had ended; ``'destroy'`` if the
        #: application closed it before; ``'idle-timeout'``; ``'drain-reset'``; or the code of the
        #: error, such as ``'ECONNRESET'``, and the name of its class if it has none.
        self.outcome: str | None = None
        self._duration: float | None = None

    @property
    def peer(self) -> str:
        """``'203.0.113.7:49152'``, ``'[2001:db8::7]:49152'``; ``'unix'`` for a Unix socket.

        After the end it is known only to who has asked before.
        """
        return _peer(self.socket)

    @property
    def duration(self) -> float:
        """For how many seconds it was open, or has been so far."""
        return time.monotonic() - self.since if self._duration is None else self._duration

    def _end(self) -> None:
        """Note that it has closed, and how."""
        self._duration = time.monotonic() - self.since
        if self.outcome is None:
            error = self.socket.errored
            if error is not None:
                code = getattr(error, "code", None)
                is_plain = isinstance(code, str) and _CODE.fullmatch(code)
                self.outcome = code if is_plain else type(error).__name__
            elif self.socket.readable_ended and self.socket.writable_finished:
                self.outcome = "end"
            else:
                self.outcome = "destroy"


@dataclass(frozen=True)
class Endpoint:
    """One address that is listened on, and the server that does."""

    name: str
    server: Server
    file: SocketFile | None = None  # of a Unix socket, to be removed
    shared: bool = False

    def close(self) -> None:
        """Accept no more; what was accepted is served."""
        if not self.server.listening:
            return
        if self.file is not None:
            self.file.remove()  # while nothing else can have its number
        if self.shared:
            self.server.pause(_WHILE_CLOSING)
            taken = Event()
            self.server.get_connections(lambda _error, _count: taken.set())
            taken.wait()
        self.server.close(accept_waiting=not self.shared)

    @property
    def accept_queue(self) -> AcceptQueue | None:
        """What waits in the kernel to be accepted; None where that cannot be told."""
        return self.server.accept_queue

    @property
    def dropped(self) -> DropCounts:
        """What was refused, and why."""
        return self.server.dropped


class Observer(Protocol):
    """Hears of a service's connections. Must neither block nor raise."""

    def opened(self, connection: Connection) -> None:
        """Hear of a new connection, before the application does."""

    def closed(self, connection: Connection) -> None:
        """Hear that it is gone; ``connection.outcome`` says how it went."""


class Service:
    """Serves an application on listening sockets until it is stopped.

    Args:
        application: What makes the servers.
        backlog: Length of the kernel's accept queues.
        max_connections: For each server, instead of its own; None leaves it that.
        idle_timeout: Seconds without traffic after which a connection is closed, unless its
            listener has called `set_timeout` itself; None for no such timeout.
        observers: Hear of the connections.
    """

    def __init__(
        self,
        application: Application,
        *,
        backlog: int = 511,
        max_connections: int | None = None,
        idle_timeout: float | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        self._application = application
        self._backlog = backlog
        self._max_connections = max_connections
        self._idle_msecs = None if idle_timeout is None else idle_timeout * 1000
        self._observers = tuple(observers)
        self._is_draining = False  # a service serves, then drains: two states, no more
        self._told = Event()  # to stop, or there is nothing to serve any more
        self._hurry = Event()  # nobody is left to wait for, or there is no time to
        self._next_look = 0.0  # for those whose 'close' went unheard
        #: The open connections, in the order in which they came.
        self.connections: dict[Socket, Connection] = {}
        self.endpoints: list[Endpoint] = []
        self._open: set[Server] = set()  # those that have not emitted 'close' yet
        #: What ended the service, if it was no call of `stop`.
        self.failure: OSError | None = None

    def __repr__(self) -> str:
        names = " ".join(endpoint.name for endpoint in self.endpoints)
        state = "draining" if self._is_draining else "serving"
        return f"<Service {state} {names} connections={len(self.connections)}>"

    @property
    def is_draining(self) -> bool:
        """Whether it accepts no more, and waits for its connections to end."""
        return self._is_draining

    @property
    def is_told(self) -> bool:
        """Whether `wait` returns: it was told to stop, or there is nothing to serve."""
        return bool(self._told.is_set())

    # ---------------------------------------------------------------- the beginning

    def listen(
        self,
        listener: stdlib_socket.socket,
        *,
        file: SocketFile | None = None,
        shared: bool = False,
    ) -> Endpoint:
        """Serve on a listening socket, which is taken over; return when it is served.

        Args:
            listener: Listens already.
            file: The Unix socket's file, to be removed when it is not listened on any more.
            shared: Others accept from it, too: what waits in its queue in the end is for them.
        Raises:
            ApplicationError: The application makes no server for it.
            OSError: It cannot be listened on.
        """
        server = self._application.make_server()
        if self._max_connections is not None:
            server.max_connections = self._max_connections
        endpoint = Endpoint(shown(listener), server, file, shared)
        server.prepend_listener("connection", partial(self._on_connection, endpoint))
        server.listen(fd=listener.detach(), backlog=self._backlog)
        once(server, "listening")
        server.on("close", partial(self._on_server_close, server))
        if not server.listener_count("error"):
            server.on("error", self._on_server_error)
        self.endpoints.append(endpoint)
        self._open.add(server)
        return endpoint

    def _on_connection(self, endpoint: Endpoint, socket: Socket) -> None:
        connection = Connection(socket, endpoint)
        if connection.since >= self._next_look:
            self._next_look = connection.since + _BETWEEN_LOOKS
            self._end_unheard_ones()
        self.connections[socket] = connection
        socket.on("close", partial(self._on_close, socket))
        if self._idle_msecs is not None:
            socket.set_timeout(self._idle_msecs)
            socket.on("timeout", partial(self._on_idle, connection))
        for observer in self._observers:
            observer.opened(connection)

    def _on_idle(self, connection: Connection) -> None:
        if connection.socket.timeout == self._idle_msecs:  # else the application's own timeout
            connection.outcome = "idle-timeout"
            if connection.socket.writable_length and is_tcp(connection.socket.fileno()):
                connection.socket.reset_and_destroy()  # what it has got is not all
            else:
                connection.socket.destroy()

    def _on_close(self, socket: Socket, _had_error: bool) -> None:
        connection = self.connections.pop(socket, None)
        if connection is None:
            return  # it was connected again, by the application, and closed once more
        connection._end()
        for observer in self._observers:
            observer.closed(connection)
        self._see_whether_all_is_over()

    def _end_unheard_ones(self) -> None:
        """End those that are closed, and whose listeners the application has removed."""
        for socket in [each for each in self.connections if each.destroyed]:
            self._on_close(socket, False)

    def _on_server_close(self, server: Server) -> None:
        self._open.discard(server)
        self._end_unheard_ones()  # its last connection is gone
        self._see_whether_all_is_over()

    def _on_server_error(self, error: OSError) -> None:
        self.failure = error
        self._told.set()

    def _see_whether_all_is_over(self) -> None:
        # A server's 'close' comes behind what it had accepted, but not handed over yet.
        if not self.connections and not self._open:
            self._told.set()
            self._hurry.set()

    # ---------------------------------------------------------------- the end

    def wait(self, timeout: float | None = None) -> bool:
        """Block until told to stop, or until the application has closed all its servers itself.

        Returns:
            Whether that has happened; False after ``timeout`` seconds.
        """
        return bool(self._told.wait(timeout))

    def stop(self) -> None:
        """Have `wait` return; the second time, have `drain` wait no longer."""
        if self._told.is_set():
            self._hurry.set()
        self._told.set()

    def stop_accepting(self) -> None:
        """Accept no more; serve what was accepted.

        Each server emits ``'closing'``: an application that knows its protocol can say goodbye.
        """
        self._is_draining = True
        self._told.set()
        listening = [endpoint for endpoint in self.endpoints if endpoint.server.listening]
        for endpoint in listening:
            endpoint.close()
        for endpoint in listening:
            gevent.spawn(endpoint.server.emit, "closing")
        self._see_whether_all_is_over()

    def drain(self, timeout: float) -> int:
        """Let the connections come to their end, and reset the rest.

        Args:
            timeout: How many seconds they have. A second `stop` ends the wait early.
        Returns:
            How many connections were reset: the peer sees an RST, or a Unix socket's end. One
            whose application had written all and ended it is closed instead, and not counted:
            what is still under way the kernel delivers.
        """
        if not self._is_draining:
            self.stop_accepting()
        if not self._hurry.wait(timeout):
            # Two turns of the loop: what has come in by now, such as a peer's end, is dealt with.
            gevent.sleep(0)
            gevent.sleep(0)
        cut = sum(_cut(connection) for connection in list(self.connections.values()))
        self._hurry.clear()
        self._see_whether_all_is_over()
        self._hurry.wait(_FOR_LAST_EVENTS)
        return cut


def _peer(socket: Socket) -> str:
    address = socket.remote_address
    if address is None:
        return "unix"
    host = f"[{address}]" if socket.remote_family == "IPv6" else address
    return f"{host}:{socket.remote_port}"


def _cut(connection: Connection) -> bool:
    """Close a connection that has had its time; whether the peer loses something by it."""
    socket = connection.socket
    if socket.destroyed:
        return False
    if socket.writable_finished and not has_news(socket.fileno()):
        socket.destroy()
        return False
    connection.outcome = "drain-reset"
    if is_tcp(socket.fileno()):
        socket.reset_and_destroy()
    else:
        socket.destroy()
    return True
