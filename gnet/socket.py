"""``Socket``: Node's ``net.Socket``, a duplex stream joined to a TCP or Unix connection.

This room adds to `gnet.transport` what makes a connection a socket: connecting, names of both
ends, counters, the idle timeout, references that keep `gnet.run` waiting. Node: net,
"Class: net.Socket".
"""

from __future__ import annotations

import contextlib
import contextvars
import errno
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from gnet import kernel
from gnet.address import AddressInfo, from_kernel
from gnet.connecting import Connector
from gnet.dispatcher import dispatcher
from gnet.errors import node_error, system_error
from gnet.events.emitter import EventEmitter
from gnet.events.waiting import once
from gnet.idle import IdleTransport
from gnet.options import ConnectOptions, connect_options
from gnet.states import (
    CLOSED,
    CONNECTING,
    LINKED,
    LIVE,
    PAUSED,
    READ_OPEN,
    READING_HELD,
    READING_OFF,
    UNLINKED,
    WRITE_FINISHED,
    after,
)
from gnet.symbols import ABSENT

__all__ = ["Socket", "connect"]

Self = TypeVar("Self", bound="Socket")


class Socket(IdleTransport):
    """One end of a TCP or Unix connection.

    Args:
        options: Node's options object: ``{'allowHalfOpen': True}``. Other keys are ignored.
        allow_half_open: Keep the writable half open after the peer has ended its own.

    A server hands accepted sockets to its ``'connection'`` listeners; a client makes one with
    `gnet.connect`, or makes it first and calls `connect` itself.

    Events, in their usual order: ``'lookup'``, ``'connectionAttempt'``, ``'connect'``,
    ``'ready'``, ``'data'``, ``'drain'``, ``'timeout'``, ``'end'``, ``'finish'``, ``'error'``,
    ``'close'``. A listener may block. One that raises is reported to ``hub.handle_error``, and
    the socket destroyed with that error.
    """

    __slots__ = ("_held", "_on_destroyed", "_peer", "server")

    #: The accepting `gnet.Server`, or None. Node: ``socket.server``.
    server: Any
    _attempted: list[str] | None = None

    _held: bool  # whether it counts among what gnet.run() waits for
    _unreferenced: bool = False
    _on_destroyed: Callable[[Socket], None] | None
    _peer: Any  # the peer's name as accept() gave it
    _known_peer: AddressInfo | None = None
    _known_local: AddressInfo | None = None
    _connector: Connector | None = None

    def __init__(
        self, options: Mapping[str, Any] | None = None, *, allow_half_open: bool = False
    ) -> None:
        if options is not None:
            allow_half_open = bool(
                options.get("allowHalfOpen", options.get("allow_half_open", allow_half_open))
            )
        super().__init__(options)
        self._init_duplex(dispatcher(), contextvars.copy_context(), allow_half_open=allow_half_open)
        self._init_transport()
        self._held = False
        self.server = None
        self._peer = None
        self._on_destroyed = None

    @classmethod
    def _accepted(
        cls,
        fd: int,
        peer: Any,
        server: Any,
        context: contextvars.Context,
        on_destroyed: Callable[[Socket], None],
    ) -> Socket:
        """Make the socket of a connection that a server has accepted. Runs in the hub."""
        self = cls.__new__(cls)
        EventEmitter.__init__(self)
        dispatcher = server._dispatcher
        self._init_duplex(dispatcher, context, allow_half_open=server.allow_half_open)
        self._init_accepted(fd)
        dispatcher.acquire()
        self._held = True
        self.server = server
        self._peer = peer
        self._on_destroyed = on_destroyed
        return self

    def _prepare(self, *, paused: bool, high_water_mark: int) -> None:
        """Give a socket that was just accepted what its server's options say. Runs in the hub."""
        self._read_high_water_mark = self._write_high_water_mark = high_water_mark
        if paused:
            self._stop_reading()
            self._flow = PAUSED

    def __repr__(self) -> str:
        if self._fd is not None:
            local, peer = kernel.local_name(self._fd), kernel.peer_name(self._fd)
            ends = f" {local.address}:{local.port} <-> {peer.address}:{peer.port}" if local else ""
        else:
            ends = ""
        return f"<{type(self).__name__} {self.ready_state}{ends}>"

    # ---------------------------------------------------------------- properties

    @property
    def auto_select_family_attempted_addresses(self) -> list[str] | None:
        """``ip:port`` of the attempts of a connect that had several addresses, or None."""
        return self._attempted

    autoSelectFamilyAttemptedAddresses = auto_select_family_attempted_addresses

    @property
    def connecting(self) -> bool:
        """Whether `connect` was called and has not come to an end yet."""
        return self._link is CONNECTING

    @property
    def pending(self) -> bool:
        """Whether the socket is not connected yet, or no more."""
        return self._link is not LINKED

    @property
    def ready_state(self) -> str:
        """``'opening'``, ``'open'``, ``'readOnly'``, ``'writeOnly'`` or ``'closed'``."""
        if self.connecting:
            return "opening"
        names = {
            (True, True): "open",
            (True, False): "readOnly",
            (False, True): "writeOnly",
            (False, False): "closed",
        }
        return names[self.readable, self.writable]

    readyState = ready_state

    @property
    def bytes_read(self) -> int:
        """How many bytes were received."""
        return self._bytes_read

    bytesRead = bytes_read

    @property
    def bytes_written(self) -> int:
        """How many bytes were written to the socket, those that still wait included."""
        queued = sum(len(data) for data, _, _ in self._queue or ())
        return self._bytes_sent + self._bytes_held + queued

    bytesWritten = bytes_written

    @property
    def local_address(self) -> str | None:
        """The local IP address; None if not connected, or a Unix socket."""
        return self.address().address

    localAddress = local_address

    @property
    def local_port(self) -> int | None:
        """The local TCP port, or None."""
        return self.address().port

    localPort = local_port

    @property
    def local_family(self) -> str | None:
        """``'IPv4'`` or ``'IPv6'``, or None."""
        return self.address().family

    localFamily = local_family

    @property
    def remote_address(self) -> str | None:
        """The peer's IP address; None if not connected, or a Unix socket.

        As in Node, it stays after the end if it was asked for before.
        """
        return self._remote().address

    remoteAddress = remote_address

    @property
    def remote_port(self) -> int | None:
        """The peer's TCP port; otherwise as `remote_address`."""
        return self._remote().port

    remotePort = remote_port

    @property
    def remote_family(self) -> str | None:
        """``'IPv4'`` or ``'IPv6'``; otherwise as `remote_address`."""
        return self._remote().family

    remoteFamily = remote_family

    def address(self) -> AddressInfo:
        """The local end: ``address``, ``family``, ``port``. Empty if there is none."""
        if self._fd is None:
            return AddressInfo()
        if self._known_local is None:
            self._known_local = kernel.local_name(self._fd)
        return self._known_local

    def fileno(self) -> int:
        """The kernel socket's descriptor, which stays this socket's; -1 if there is none."""
        return -1 if self._fd is None else self._fd

    def _remote(self) -> AddressInfo:
        if self._known_peer is None:
            if self._fd is None:
                return AddressInfo()
            if self._peer is not None:
                self._known_peer = from_kernel(self._peer)
            else:
                self._known_peer = kernel.peer_name(self._fd)
        return self._known_peer

    # ---------------------------------------------------------------- connecting

    def connect(
        self: Self,
        *args: Any,
        port: Any = ABSENT,
        host: Any = ABSENT,
        path: Any = ABSENT,
        callback: Any = ABSENT,
    ) -> Self:
        """Connect to ``(port[, host][, callback])``, ``(path[, callback])`` or an options object.

        Args:
            args: Node's forms: port and host, or a path, or one options mapping; a callback last.
            port: TCP port, 0 to 65535.
            host: Name or IP address; ``'localhost'`` if left out.
            path: Of a Unix socket; port and host are ignored then.
            callback: One-time listener for ``'connect'``.
        Returns:
            The socket. ``'connect'`` and ``'ready'`` follow, or ``'error'`` and ``'close'``.
        Raises:
            TypeError: ``ERR_MISSING_ARGS`` without port and path, ``ERR_INVALID_ARG_TYPE``,
                ``ERR_INVALID_ARG_VALUE``.
            ValueError: ``ERR_SOCKET_BAD_PORT``.

        Node: net, "socket.connect()". Differs: an attempt that takes long goes on beside the next
        one; a socket that was destroyed cannot be used again yet.
        """
        keywords = {"port": port, "host": host, "path": path, "callback": callback}
        options, _, listener = connect_options(args, keywords)
        return self._start_connecting(options, listener)

    def _start_connecting(self: Self, options: ConnectOptions, listener: Any) -> Self:
        self._dispatcher.check_thread(self)
        if self._life is not LIVE:
            raise node_error("ERR_SOCKET_CLOSED")
        if listener is not None:
            self.once("connect", listener)
        if self._link is not UNLINKED:
            number = errno.EALREADY if self.connecting else errno.EISCONN
            where = options.path or options.host
            return self.destroy(system_error(number, "connect", where, options.port or None))
        self._link = after(self._link, "connect")
        self._hold()
        self._note_activity()
        self._connector = Connector(self, options)
        try:
            self._connector.start()
        except BaseException as error:  # a 'connectionAttempt' listener of a path raised
            self.destroy(error if isinstance(error, Exception) else None)
            raise
        return self

    def _connected(self, fd: int) -> None:
        """Take over the socket of the attempt that won. Runs as a task of this socket."""
        self._connector = None
        self._adopt(fd)
        self._link = after(self._link, "connected")
        self._note_activity()
        # Queued before the listeners run: if one of them waits for data, that must be able to come.
        held, self._reading = self._reading is READING_HELD, READING_OFF
        self._dispatcher.defer(lambda _: self._after_connect(held), self)
        self.emit("connect")
        self.emit("ready")

    def _after_connect(self, held: bool) -> None:
        steps, self._at_connect = self._at_connect, ()
        for step in steps:
            step()
        if self._life is LIVE and (held or self._flow is not PAUSED):
            self._read_more()

    def _is_idle(self) -> bool:
        """Whether it only waits for its peer: `Server.close_idle_connections` says how."""
        return (
            self._fd is not None
            and self._link is LINKED
            and self._lane is None
            and self._read_side is READ_OPEN
            and not self._read_length
            and self._under_way is None
            and not self._write_length
            and self._waits_for_data()
            and not kernel.has_news(self._fd)
        )

    # ---------------------------------------------------------------- references, with

    def ref(self: Self) -> Self:
        """Let `gnet.run` wait for this socket, which it does unless `unref` was called."""
        self._unreferenced = False
        if self._link is not UNLINKED:
            self._hold()
        return self

    def unref(self: Self) -> Self:
        """Let `gnet.run` return although this socket is open."""
        self._unreferenced = True
        self._let_go()
        return self

    def _hold(self) -> None:
        if not self._held and not self._unreferenced:
            self._held = True
            self._dispatcher.acquire()

    def _let_go(self) -> None:
        if self._held:
            self._held = False
            self._dispatcher.release()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close and wait for ``'close'``: after an error at once, else when all writes are out.

        Raises:
            Exception: What the socket fails with meanwhile, unless the block failed before.
        """
        if self._life is LIVE:
            if kind is not None or self._link is UNLINKED:
                self.destroy()
            else:
                self.end()
                if self._write_side is not WRITE_FINISHED:
                    self.once("finish", self.destroy)
                else:
                    self.destroy()
        if self._life is not CLOSED:
            with contextlib.suppress(*((Exception,) if kind is not None else ())):
                once(self, "close")

    # ---------------------------------------------------------------- the end

    def _unlink(self) -> None:
        if self._connector is not None:
            self._connector.cancel()
            self._connector = None
        self._peer = None
        super()._unlink()
        if self._on_destroyed is not None:
            self._on_destroyed(self)
            self._on_destroyed = None


def connect(
    *args: Any,
    port: Any = ABSENT,
    host: Any = ABSENT,
    path: Any = ABSENT,
    callback: Any = ABSENT,
    timeout: Any = ABSENT,
    allow_half_open: Any = ABSENT,
) -> Socket:
    """Make a `Socket` and start connecting it.

    Args:
        args: As for `Socket.connect`; the options mapping may hold those of `Socket`, too.
        port: As for `Socket.connect`.
        host: As for `Socket.connect`.
        path: As for `Socket.connect`.
        callback: As for `Socket.connect`.
        timeout: Milliseconds for `Socket.set_timeout`, set before connecting.
        allow_half_open: As for `Socket`.
    Raises:
        TypeError, ValueError: As `Socket.connect` and `Socket.set_timeout`.

    Node: net, "net.createConnection()".
    Example:
        with gnet.connect(4000) as socket:
            socket.write('hello')
    """
    keywords = {
        "port": port,
        "host": host,
        "path": path,
        "callback": callback,
        "timeout": timeout,
        "allow_half_open": allow_half_open,
    }
    target, given, listener = connect_options(args, keywords)
    socket = Socket(given)
    if given.get("timeout"):
        socket.set_timeout(given["timeout"])
    return socket._start_connecting(target, listener)
