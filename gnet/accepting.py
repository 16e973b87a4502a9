"""The part of a server that takes connections: the limit, counting, what an accepted socket gets.

The accept loop is `gnet.acceptor`'s, the listening socket `gnet.listening`'s.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any, TypeVar

from gnet import kernel
from gnet.address import DropInfo, from_kernel
from gnet.checks import check_function, to_number
from gnet.listening import ListeningServer
from gnet.socket import Socket
from gnet.states import NOT_LISTENING
from gnet.symbols import ABSENT

__all__ = ["AcceptingServer"]

Self = TypeVar("Self", bound="AcceptingServer")


class AcceptingServer(ListeningServer):
    """Makes a `Socket` of each connection, or refuses it."""

    __slots__ = (
        "_allow_half_open",
        "_connection_context",
        "_connections",
        "_limit",
        "_max_connections",
    )

    _allow_half_open: bool
    _connection_context: contextvars.Context

    def _init_accepting(self, allow_half_open: Any) -> None:
        self._allow_half_open = allow_half_open
        # Not the server's own: what a listener of the server sets is not for connections to see.
        self._connection_context = contextvars.copy_context()
        self._connections = 0
        self._max_connections: float | None = None
        self._limit: float | None = None  # the same as a number, as JavaScript would compare it

    # ---------------------------------------------------------------- properties

    @property
    def connections(self) -> int:
        """How many accepted connections are open now. Node dropped it for `get_connections`."""
        return self._connections

    @property
    def max_connections(self) -> float | None:
        """At how many open connections another one is refused; None for no limit.

        A refused connection is accepted and closed at once, and ``'drop'`` emitted. 0 or less
        refuses all. Connections that are open stay when the limit is lowered.
        """
        return self._max_connections

    @max_connections.setter
    def max_connections(self, value: float | None) -> None:
        self._max_connections = value
        self._limit = None if value is None else to_number(value)

    maxConnections = max_connections

    @property
    def allow_half_open(self) -> bool:
        """Whether accepted sockets keep their writable half after the peer's end."""
        return self._allow_half_open

    @allow_half_open.setter
    def allow_half_open(self, value: bool) -> None:
        self._allow_half_open = value

    allowHalfOpen = allow_half_open

    def get_connections(self: Self, callback: Callable[[Any, int], object] = ABSENT) -> Self:
        """Call ``callback(None, count)`` later with the number of open connections.

        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE`` if it is no function.
        """
        check_function(callback, "callback")
        count = self._connections
        self._dispatcher.defer(lambda _: callback(None, count), self)
        return self

    getConnections = get_connections

    # ---------------------------------------------------------------- accepting

    def _on_accept(self, fd: int, peer: Any) -> None:
        """Take a connection, or refuse it. Runs in the hub, for each connection."""
        limit = self._limit
        if limit is not None and self._connections >= limit:
            info = self._drop_info(fd, peer)
            kernel.close(fd)
            self._dispatcher.post((lambda _: self.emit("drop", *([info] if info else ())), self))
            return
        self._connections += 1
        context = self._connection_context.copy()
        socket = Socket._accepted(fd, peer, self, context, self._on_destroyed)
        self._dispatcher.post((_emit_connection, socket))

    @staticmethod
    def _drop_info(fd: int, peer: Any) -> DropInfo:
        local, remote = kernel.local_name(fd), from_kernel(peer)
        return DropInfo(
            localAddress=local.address,
            localPort=local.port,
            localFamily=local.family,
            remoteAddress=remote.address,
            remotePort=remote.port,
            remoteFamily=remote.family,
        )

    def _on_destroyed(self) -> None:
        self._connections -= 1
        self._emit_close_if_drained()

    def _emit_close_if_drained(self) -> None:
        if self._acceptor is None and not self._connections:
            self._dispatcher.defer(AcceptingServer._emit_close, self)

    def _emit_close(self) -> None:
        try:
            self.emit("close")
        finally:
            if self._listening is NOT_LISTENING:
                self._let_go()

    def nodejs_rejection(self, error: BaseException, event: object, *args: Any) -> None:
        """Destroy the connection whose asynchronous listener failed; else emit ``'error'``."""
        if event == "connection":
            args[0].destroy(error)
        else:
            self.emit("error", error)


def _emit_connection(socket: Socket) -> None:
    socket.server.emit("connection", socket)
