"""The server under load on gnet: its own limit, ``'drop'``, ``pause`` and ``accept_queue``."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable

import gnet
from gnet.kernel_options import AcceptQueue
from loadtests.agreement import GREETING, Address
from loadtests.servers.base import Counts, LoadedServer, ServerOptions

__all__ = ["GnetServer"]


def _ignore(_error: BaseException) -> None:
    """Hear an ``'error'``: what the network did. ``'close'`` follows."""


class GnetServer(LoadedServer):
    """Greets each connection and writes back what comes."""

    name = "gnet"

    def __init__(self, options: ServerOptions, on_failure: Callable[[str], None]) -> None:
        super().__init__(options, on_failure)
        self._counts = Counts()
        self._server = server = gnet.create_server(self._on_connection)
        server.max_connections = options.max_connections
        server.on("drop", self._on_drop)

    def start(self) -> None:
        """Listen."""
        options = self._options
        self._server.listen(options.port, options.host, options.backlog)
        gnet.once(self._server, "listening")  # raises the 'error' that comes instead
        self._server.on("error", lambda error: self._on_failure(f"gnet cannot accept: {error}"))

    def stop(self) -> None:
        """Listen no more."""
        self._server.close()

    @property
    def address(self) -> Address:
        """Where it listens."""
        where = self._server.address()
        assert isinstance(where, gnet.AddressInfo)
        return Address(where.address, where.port)

    @property
    def version(self) -> str:
        """Version of gnet, if it is installed; a checkout that is only run in has none."""
        try:
            return importlib.metadata.version("gevent-net")
        except importlib.metadata.PackageNotFoundError:
            return "not installed"

    def counts(self) -> Counts:
        """What was counted so far."""
        self._counts.connections = self._server.connections
        return self._counts

    def listening_fd(self) -> int:
        """Of gnet's server."""
        return self._server.fileno()

    def accept_queue(self) -> AcceptQueue | None:
        """What gnet tells of the kernel's queue."""
        return self._server.accept_queue

    def _stop_accepting(self, msecs: float) -> None:
        self._server.pause(msecs)

    def _start_accepting(self) -> None:
        """Do nothing: the server has a timer of its own, which was started first."""

    def _on_connection(self, socket: gnet.Socket) -> None:
        counts = self._counts
        counts.accepted += 1
        # What the limit looks at, so that the peak is exact; a 'close' comes a little late.
        counts.peak_connections = max(counts.peak_connections, self._server.connections)
        socket.on("error", _ignore)
        socket.write(GREETING)
        socket.on("data", socket.write)

    def _on_drop(self, _info: object) -> None:
        self._counts.dropped += 1
