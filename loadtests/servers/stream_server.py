"""The server under load on gevent's ``StreamServer``, with a handler as one writes it by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
import gevent.socket
from gevent.server import StreamServer

from loadtests.agreement import GREETING, Address
from loadtests.servers.base import Counts, LoadedServer, ServerOptions

__all__ = ["BareStreamServer"]


class _PausableStreamServer(StreamServer):
    """A ``StreamServer`` that a handler's end does not wake from its pause.

    One whose pool is full starts to accept by itself when there is room again.
    """

    is_paused = False

    def start_accepting(self) -> None:
        """Accept from now on, unless there is a pause."""
        if not self.is_paused:
            super().start_accepting()


class BareStreamServer(LoadedServer):
    """Greets in a handler, then loops over ``recv`` and ``sendall``.

    The limit is what gevent offers for it: ``spawn=N``, a pool of so many handlers. It *stalls*
    rather than refuses: with N connections open no other one is accepted, those that come wait in
    the kernel's queue without a word, and when that is full their SYNs are dropped. So nothing is
    ever counted as dropped here, and a client cannot tell a busy server from a lost one.
    """

    name = "streamserver"

    def __init__(self, options: ServerOptions, on_failure: Callable[[str], None]) -> None:
        super().__init__(options, on_failure)
        self._counts = Counts()
        # types-gevent types the listener as a socket or an address with the port in front.
        listener: Any = (options.host, options.port)
        self._server = _PausableStreamServer(
            listener,
            self._handle,
            backlog=options.backlog,
            spawn="default" if options.max_connections is None else options.max_connections,
        )

    def start(self) -> None:
        """Listen."""
        self._server.start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.close()

    @property
    def address(self) -> Address:
        """Where it listens."""
        host, port, *_ = self._server.socket.getsockname()
        return Address(host, port)

    @property
    def version(self) -> str:
        """Version of gevent."""
        return gevent.__version__

    def counts(self) -> Counts:
        """What was counted so far."""
        return self._counts

    def listening_fd(self) -> int:
        """Of gevent's socket."""
        return int(self._server.socket.fileno())

    def _stop_accepting(self, msecs: float) -> None:
        self._server.is_paused = True
        self._server.stop_accepting()

    def _start_accepting(self) -> None:
        self._server.is_paused = False
        self._server.start_accepting()

    def _handle(self, socket: gevent.socket.socket, _address: object) -> None:
        counts = self._counts
        counts.accepted += 1
        counts.connections += 1
        counts.peak_connections = max(counts.peak_connections, counts.connections)
        try:
            socket.sendall(GREETING)
            while data := socket.recv(65536):
                socket.sendall(data)
        except OSError:
            pass  # the client has reset the connection, or the network has lost it
        finally:
            counts.connections -= 1
