"""The part of a server that takes connections: the limit, counting, what an accepted socket gets.

The accept loop is `gnet.acceptor`'s, the listening socket `gnet.listening`'s.
"""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from gnet import kernel, kernel_options
from gnet.address import DropInfo, from_kernel
from gnet.blocklist import BlockList
from gnet.checks import check_function, check_high_water_mark, to_int32, to_number
from gnet.errors import node_error
from gnet.listening import ListeningServer
from gnet.options import ServerOptions
from gnet.socket import Socket
from gnet.states import NOT_LISTENING
from gnet.stream.destroy import DEFAULT_HIGH_WATER_MARK
from gnet.symbols import ABSENT

__all__ = ["AcceptingServer", "DropCounts"]

Self = TypeVar("Self", bound="AcceptingServer")


class DropCounts(NamedTuple):
    """Connections that a server has refused, by reason.

    ``max_connections``: the limit was reached. ``no_descriptor``: the process had no file
    descriptor left. ``blocked``: the peer is on the block list.
    """

    max_connections: int = 0
    no_descriptor: int = 0
    blocked: int = 0


class AcceptingServer(ListeningServer):
    """Makes a `Socket` of each connection, or refuses it."""

    __slots__ = (
        "_connection_context",
        "_drop_max_connection",
        "_dropped",
        "_forget",
        "_given",
        "_limit",
        "_max_connections",
        "_may_refuse",
        "_sockets",
        "_stale",
        "_untold",
    )

    _connection_context: contextvars.Context
    _given: ServerOptions

    def _init_accepting(self, given: ServerOptions) -> None:
        _check_block_list(given.block_list, "options.blockList")
        self._given = given
        # Not the server's own: what a listener of the server sets is not for connections to see.
        self._connection_context = contextvars.copy_context()
        # The open connections, in the order in which they came.
        self._sockets: dict[Socket, None] = {}
        self._forget = self._on_destroyed  # one bound method for all of them
        self._max_connections: float | None = None
        self._limit: float | None = None  # the same as a number, as JavaScript would compare it
        self._drop_max_connection: bool | None = None
        self._dropped = DropCounts()
        self._untold = 0  # accepted, and not taken yet
        self._stale = 0  # how many of them, the next ones, belong to what was closed meanwhile
        self._see_whether_to_refuse()

    # ---------------------------------------------------------------- properties

    @property
    def connections(self) -> int:
        """How many accepted connections are open now. Node dropped it for `get_connections`."""
        return len(self._sockets)

    @property
    def max_connections(self) -> float | None:
        """At how many open connections another one is refused; None for no limit.

        A refused connection is accepted and closed at once, and ``'drop'`` emitted. 0 or less
        refuses all. Connections that are open stay when the limit is lowered.
        """
        return self._max_connections

    @max_connections.setter
    def max_connections(self, value: float | None) -> None:
        self._dispatcher.check_thread(self)
        self._max_connections = value
        self._limit = None if value is None else to_number(value)
        self._see_whether_to_refuse()

    maxConnections = max_connections

    @property
    def drop_max_connection(self) -> bool | None:
        """Kept for Node's sake: it is about Node's cluster, and without effect outside one."""
        return self._drop_max_connection

    @drop_max_connection.setter
    def drop_max_connection(self, value: bool | None) -> None:
        self._drop_max_connection = value

    dropMaxConnection = drop_max_connection

    @property
    def dropped(self) -> DropCounts:
        """How many connections were refused since the server was made, and why.

        Beyond Node, which emits ``'drop'`` for the first two reasons and tells nothing of the last.
        """
        return self._dropped

    @property
    def allow_half_open(self) -> bool:
        """Whether accepted sockets keep their writable half after the peer's end."""
        return self._given.allow_half_open

    @allow_half_open.setter
    def allow_half_open(self, value: bool) -> None:
        self._give(allow_half_open=value)

    allowHalfOpen = allow_half_open

    @property
    def pause_on_connect(self) -> bool:
        """Whether accepted sockets start paused. This and what follows counts from the next on."""
        return self._given.pause_on_connect

    @pause_on_connect.setter
    def pause_on_connect(self, value: bool) -> None:
        self._give(pause_on_connect=value)

    pauseOnConnect = pause_on_connect

    @property
    def no_delay(self) -> bool:
        """Whether accepted sockets send small segments at once (TCP_NODELAY)."""
        return self._given.no_delay

    @no_delay.setter
    def no_delay(self, value: bool) -> None:
        self._give(no_delay=value)

    noDelay = no_delay

    @property
    def keep_alive(self) -> bool:
        """Whether the kernel probes idle peers of accepted sockets (SO_KEEPALIVE)."""
        return self._given.keep_alive

    @keep_alive.setter
    def keep_alive(self, value: bool) -> None:
        self._give(keep_alive=value)

    keepAlive = keep_alive

    @property
    def keep_alive_initial_delay(self) -> int:
        """Whole seconds before the first probe, although the option is in milliseconds, as in Node.

        0 leaves it to the system, and so does what the kernel does not take. A value that is set is
        cut to 32 bits, as Node cuts it when it tells the kernel.
        """
        return self._given.keep_alive_initial_delay

    @keep_alive_initial_delay.setter
    def keep_alive_initial_delay(self, value: float) -> None:
        self._give(keep_alive_initial_delay=to_int32(value))

    keepAliveInitialDelay = keep_alive_initial_delay

    @property
    def high_water_mark(self) -> int:
        """How many bytes each side of an accepted socket holds before it asks for a pause.

        Set to None it is the default. Raises ``ERR_INVALID_ARG_VALUE`` for what is no whole number
        or negative, which Node finds out with the next connection.
        """
        given = self._given.high_water_mark
        return DEFAULT_HIGH_WATER_MARK if given is None else given

    @high_water_mark.setter
    def high_water_mark(self, value: int | None) -> None:
        if value is not None:
            value = check_high_water_mark(value, "highWaterMark")
        self._give(high_water_mark=value)

    highWaterMark = high_water_mark

    @property
    def block_list(self) -> BlockList | None:
        """Rules of peers that are refused: closed at once, without an event, and not counted.

        Rules may come and go at any time. They mean nothing to a Unix socket.
        """
        return self._given.block_list  # type: ignore[no-any-return]  # checked by whoever set it

    @block_list.setter
    def block_list(self, value: BlockList | None) -> None:
        _check_block_list(value, "blockList")
        self._give(block_list=value)

    blockList = block_list

    def _give(self, **options: Any) -> None:
        self._dispatcher.check_thread(self)
        self._given = dataclasses.replace(self._given, **options)
        self._see_whether_to_refuse()
        if self._acceptor is not None:
            self._acceptor.on_accept = self._accept_function()

    def get_connections(self: Self, callback: Callable[[Any, int], object] = ABSENT) -> Self:
        """Call ``callback(None, count)`` later with the number of open connections.

        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE`` if it is no function.
        """
        self._dispatcher.check_thread(self)
        check_function(callback, "callback")
        count = len(self._sockets)
        self._dispatcher.defer(lambda _: callback(None, count), self)
        return self

    getConnections = get_connections

    def close_all_connections(self) -> None:
        """Destroy every open connection: what is unsent or unread is dropped.

        The server goes on listening; call `Server.close` first to stop that. Node: http,
        "server.closeAllConnections()"; its ``net.Server`` has none.
        """
        self._dispatcher.check_thread(self)
        for socket in list(self._sockets):
            socket.destroy()

    closeAllConnections = close_all_connections

    def close_idle_connections(self) -> None:
        """Destroy every connection that is idle: that only waits for its peer.

        That is one whose data somebody waits for, because it flows or a loop over it waits, while
        nothing is under way: no listener for its data is running, nothing received is still to be
        delivered, nothing written is still to be sent, and the peer has not ended. A paused socket
        is none, nor one whose data nobody has asked for yet: who knows what its program does.
        Only listeners of its data count: a ``'connection'`` or ``'timeout'`` listener that is still
        running, after it has begun to listen for data, may well be waiting for the peer itself.

        Node: http, "server.closeIdleConnections()"; its ``net.Server`` has none.
        """
        self._dispatcher.check_thread(self)
        for socket in self._idle_connections():
            socket.destroy()

    closeIdleConnections = close_idle_connections

    def _idle_connections(self) -> list[Socket]:
        return [socket for socket in self._sockets if socket._is_idle()]

    # ---------------------------------------------------------------- accepting

    # Connections are accepted in batches, in the hub, but whether one is taken is decided when its
    # turn has come: the listeners of those before it may close the server, change the limit, or
    # end a connection, and in Node they run before the next one is accepted.

    def _on_accept(self, fd: int, peer: Any) -> None:
        """Make the socket of a connection. Runs in the hub, for each connection."""
        self._untold += 1
        context = self._connection_context.copy()
        socket = Socket._accepted(fd, peer, self, context, self._given.allow_half_open)
        self._dispatcher.post((_take, socket))

    def _accept_function(self) -> Callable[[int, Any], None]:
        """What accepts connections: `_on_accept`, as long as no option asks for more."""
        usual = ServerOptions(allow_half_open=self._given.allow_half_open)
        return self._on_accept if self._given == usual else self._on_accept_prepared

    def _on_accept_prepared(self, fd: int, peer: Any) -> None:
        """Do as `_on_accept`, and as the server's options say."""
        given = self._given
        if isinstance(peer, tuple):  # TCP
            with contextlib.suppress(OSError):  # it is gone already: the socket will tell
                if given.no_delay:
                    kernel_options.set_no_delay(fd, True)
                if given.keep_alive:
                    kernel_options.set_keep_alive(fd, True, given.keep_alive_initial_delay, 1, 10)
        self._untold += 1
        context = self._connection_context.copy()
        socket = Socket._accepted(fd, peer, self, context, given.allow_half_open)
        socket._prepare(paused=given.pause_on_connect, high_water_mark=self.high_water_mark)
        self._dispatcher.post((_take, socket))

    def _refuses(self, socket: Socket) -> bool:
        """Close a connection that the server does not take, and tell of it where Node does."""
        fd, peer, limit = socket.fileno(), socket._peer, self._limit
        if self._stale:
            self._stale -= 1
            self._see_whether_to_refuse()
            kernel_options.reset_at_close(fd)  # as the kernel does to those that still wait there
        elif limit is not None and len(self._sockets) >= limit:
            self._count_drop(max_connections=1)
            info = _drop_info(fd, peer)
            self._dispatcher.call_next(lambda _: self.emit("drop", *([info] if info else ())), self)
        elif isinstance(peer, tuple) and _is_blocked(self._given.block_list, peer):
            self._count_drop(blocked=1)
        else:
            return False
        socket._end_unseen()
        return True

    def _stop_listening(self, *, accept_waiting: bool = False) -> None:
        if not accept_waiting:
            self._stale = self._untold
            self._see_whether_to_refuse()
        super()._stop_listening(accept_waiting=accept_waiting)
        if accept_waiting:
            self._untold += 1  # the task below: it runs when those before it have been taken
            self._dispatcher.defer(AcceptingServer._have_taken_all, self)

    def _see_whether_to_refuse(self) -> None:
        """Sum up, for `_take`, whether a connection may have to be refused."""
        self._may_refuse = bool(
            self._stale or self._limit is not None or self._given.block_list is not None
        )

    def _count_drop(self, **reasons: int) -> None:
        more = DropCounts(**reasons)
        self._dropped = DropCounts(*map(sum, zip(self._dropped, more, strict=True)))

    def _on_overflow(self, fd: int, peer: Any) -> None:
        self._count_drop(no_descriptor=1)
        info = _drop_info(fd, peer)
        self._dispatcher.defer(lambda _: self.emit("drop", *([info] if info else ())), self)

    def _on_destroyed(self, socket: Socket) -> None:
        self._sockets.pop(socket, None)
        if self._acceptor is None:
            self._emit_close_if_drained()

    def _have_taken_all(self) -> None:
        self._untold -= 1
        if self._stale:  # closed once more meanwhile
            self._stale -= 1
            self._see_whether_to_refuse()
        self._emit_close_if_drained()

    def _has_connections(self) -> bool:
        """Whether one is open, or accepted and still to be taken."""
        return bool(self._sockets) or self._untold > self._stale

    def _emit_close_if_drained(self) -> None:
        if self._acceptor is None and not self._has_connections():
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


def _check_block_list(value: Any, name: str) -> None:
    if not (value is None or BlockList.is_block_list(value)):
        raise node_error("ERR_INVALID_ARG_TYPE", name, "net.BlockList", value)


def _drop_info(fd: int, peer: Any) -> DropInfo:
    """What ``'drop'`` tells of a connection that is still open; empty for a Unix socket."""
    local, remote = kernel.local_name(fd), from_kernel(peer)
    return DropInfo(
        localAddress=local.address,
        localPort=local.port,
        localFamily=local.family,
        remoteAddress=remote.address,
        remotePort=remote.port,
        remoteFamily=remote.family,
    )


def _is_blocked(block_list: BlockList | None, peer: tuple[Any, ...]) -> bool:
    if block_list is None:
        return False
    address = peer[0].partition("%")[0]  # a rule has no zone
    return block_list.check(address, "ipv6" if len(peer) == 4 else "ipv4")


def _take(socket: Socket) -> None:
    """Take a connection whose turn has come, unless the server refuses it."""
    server = socket.server
    server._untold -= 1
    if server._may_refuse and server._refuses(socket):
        return
    server._sockets[socket] = None
    socket._on_destroyed = server._forget
    server.emit("connection", socket)
    socket._peer = None
