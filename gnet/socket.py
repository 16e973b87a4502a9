"""``Socket``: Node's ``net.Socket``, a duplex stream joined to a TCP or Unix connection.

This room adds to `gnet.transport` what makes a connection a socket: connecting, and references
that keep `gnet.run` waiting. Node: net, "Class: net.Socket".
"""

from __future__ import annotations

import contextlib
import contextvars
import errno
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from gnet import kernel, kernel_options
from gnet.blocklist import BlockList
from gnet.bound import BoundSocket, adopt
from gnet.checks import check_msecs
from gnet.connecting import Connector
from gnet.dispatcher import dispatcher
from gnet.ends import NamedTransport
from gnet.errors import AbortError, node_error, system_error
from gnet.events.abort import AbortSignal, add_abort_listener
from gnet.events.emitter import EventEmitter
from gnet.idle import IdleTransport
from gnet.lifetime import MortalTransport
from gnet.onread import BufferedTransport
from gnet.options import ConnectOptions, connect_options
from gnet.socket_options import (
    ConnectionKeywords,
    ConnectKeywords,
    SocketKeywords,
    SocketOptions,
    check_keywords,
    socket_options,
)
from gnet.splicing import SplicedTransport
from gnet.states import (
    CONNECTING,
    LINKED,
    LIVE,
    PAUSED,
    READ_ENDED,
    READ_OPEN,
    READING_HELD,
    READING_OFF,
    UNLINKED,
    WRITE_FINISHED,
    after,
)
from gnet.tuning import TunedTransport

if TYPE_CHECKING:
    from typing_extensions import Unpack  # of typing itself from Python 3.11 on

__all__ = ["Socket", "connect"]

Self = TypeVar("Self", bound="Socket")


class Socket(
    MortalTransport,
    IdleTransport,
    NamedTransport,
    TunedTransport,
    BufferedTransport,
    SplicedTransport,
):
    """One end of a TCP or Unix connection.

    Args:
        options: Node's options object, ``{'allowHalfOpen': True}``, in either spelling; unknown
            keys are ignored. Or a number as Node's older form has it, the ``fd``.
        allow_half_open: Keep the writable half open after the peer has ended its own.
        block_list: A `BlockList` of addresses not to connect to: ``ERR_IP_BLOCKED``.
        capture_rejections: As for `EventEmitter`.
        default_encoding: Of text that is written without one; utf8 if left out.
        encoding: Deliver text, as after `set_encoding`.
        fd: A descriptor to take over: a TCP or Unix stream socket, or one end of a pipe. Not that
            of another open `Socket`: ``EEXIST``.
        handle: A `BoundSocket` to connect from.
        high_water_mark: From how many buffered bytes on `write` returns False, and nothing more is
            read; 65536 if left out. It comes before the two of one side.
        keep_alive: As with `set_keep_alive`, from the connection on.
        keep_alive_initial_delay: Milliseconds before its first probe.
        no_delay: As with `set_no_delay`.
        on_read: ``{'buffer': …, 'callback': …}``: receive into that buffer, a ``bytearray`` or a
            function that returns the next one, and call ``callback(count, buffer)`` instead of
            emitting ``'data'``. It runs in the read lane, and pauses reading by returning False.
        readable: False for a socket that is not read from.
        readable_high_water_mark: That of the incoming side.
        signal: An `AbortSignal`: when it fires, the socket is destroyed with an `AbortError`.
        type_of_service: As with `set_type_of_service`.
        writable: False for a socket that is not written to.
        writable_high_water_mark: That of the outgoing side.
    Raises:
        TypeError: ``ERR_INVALID_ARG_TYPE``, ``ERR_INVALID_FD_TYPE``, ``ERR_UNKNOWN_ENCODING``,
            ``ERR_INVALID_ARG_VALUE`` for high-water marks and object mode.
        ValueError: ``ERR_OUT_OF_RANGE``.
        OSError: ``EEXIST`` with syscall ``'open'`` for the ``fd`` of another socket.

    A server hands accepted sockets to its ``'connection'`` listeners; a client makes one with
    `gnet.connect`, or makes it first and calls `connect` itself.

    Events, in their usual order: ``'lookup'``, ``'connectionAttempt'``, ``'connect'``,
    ``'ready'``, ``'data'``, ``'drain'``, ``'timeout'``, ``'end'``, ``'finish'``, ``'error'``,
    ``'close'``. A listener may block. One that raises is reported to ``hub.handle_error``, and
    the socket destroyed with that error.

    Node: net, "new net.Socket([options])". Differs: a signal that has fired already leaves the
    socket destroyed; Node emits ``'error'`` and ``'close'``, and connects all the same.
    """

    __slots__ = ("_held", "_peer", "server")

    #: The accepting `gnet.Server`, or None. Node: ``socket.server``.
    server: Any
    _attempted: list[str] | None = None

    _connector: Connector | None = None
    _block_list: BlockList | None = None  # of peers that it must not connect to
    _bound: Any = None  # the kernel socket that a BoundSocket brought, until it connects
    _made_with: SocketOptions = socket_options(None, {})

    def __init__(
        self,
        options: Mapping[str, Any] | int | None = None,
        **keywords: Unpack[SocketKeywords],
    ) -> None:
        check_keywords("Socket", keywords, SocketKeywords)
        made_with = socket_options(options, keywords)
        mapping = options if isinstance(options, Mapping) else None
        super().__init__(mapping, capture_rejections=keywords.get("capture_rejections", False))
        allow_half_open = made_with.allow_half_open
        self._init_duplex(dispatcher(), contextvars.copy_context(), allow_half_open=allow_half_open)
        self._init_transport()
        self._held = False
        self.server = None
        self._peer = None
        if made_with is not Socket._made_with:
            self._apply(made_with)

    def _apply(self, made_with: SocketOptions) -> None:
        """Do what the options ask for that only few sockets are made with."""
        self._made_with = made_with
        self._read_high_water_mark = made_with.read_high_water_mark
        self._write_high_water_mark = made_with.write_high_water_mark
        self._on_read = made_with.on_read
        self._no_delay = made_with.no_delay
        self._type_of_service = made_with.type_of_service
        if made_with.keep_alive:
            self.set_keep_alive(True, max(0, made_with.keep_alive_initial_delay))
        self._block_list = made_with.block_list
        self._default_encoding = made_with.default_encoding
        if made_with.encoding is not None:
            self.set_encoding(made_with.encoding)
        self._close_sides()
        if made_with.fd is not None:
            self._open(made_with.fd)
        with contextlib.ExitStack() as undo:
            if made_with.handle is not None:
                self._bind(made_with.handle, undo)
            if made_with.signal is not None:
                self._obey(made_with.signal, undo)
            if self._life is LIVE:
                close = undo.pop_all().close
                self._on_destroyed = lambda _: close()

    def _close_sides(self) -> None:
        """Have ended what shall not be used at all."""
        if not self._made_with.readable:
            self._read_side = READ_ENDED
        if not self._made_with.writable:
            self._write_side = WRITE_FINISHED

    def _open(self, fd: int) -> None:
        can_read = kernel.open_stream(fd)
        self._use_own_buffer()
        self._claim(fd)
        self._link = LINKED
        self._adopt(fd)
        self._hold()
        if self._made_with.readable:
            if can_read:
                self._read_more()
            else:
                self.destroy(system_error(errno.ENOTCONN, "read"))

    def _bind(self, handle: BoundSocket, undo: contextlib.ExitStack) -> None:
        name = handle.address()
        if isinstance(name, str):
            undo.callback(kernel.unlink_unix, name)
        self._bound = kernel.socket_of(adopt(handle))
        undo.callback(self._bound.close)  # does nothing once it was handed on

    def _obey(self, signal: AbortSignal, undo: contextlib.ExitStack) -> None:
        """Be destroyed when the signal fires, or at once if it has."""

        def abort(_event: object = None) -> None:
            self.destroy(AbortError(signal.reason))

        if signal.aborted:
            abort()
        else:
            undo.enter_context(add_abort_listener(signal, abort))

    @classmethod
    def _accepted(
        cls,
        fd: int,
        peer: Any,
        server: Any,
        context: contextvars.Context,
        half_open: bool,
    ) -> Socket:
        """Make the socket of a connection that a server has accepted. Runs in the hub."""
        self = cls.__new__(cls)
        EventEmitter.__init__(self)
        dispatcher = server._dispatcher
        self._init_duplex(dispatcher, context, half_open)
        self._init_accepted(fd)
        dispatcher.acquire()
        self._held = True
        self.server = server
        self._peer = peer
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
    def buffer_size(self) -> int | None:
        """What `writable_length` says, by its old name; None while there is no connection."""
        return None if self._link is UNLINKED else self.writable_length

    bufferSize = buffer_size

    # ---------------------------------------------------------------- connecting

    def connect(self: Self, *args: Any, **keywords: Unpack[ConnectKeywords]) -> Self:
        """Connect to ``(port[, host][, callback])``, ``(path[, callback])`` or an options object.

        Args:
            args: Node's forms: port and host, or a path, or one options mapping; a callback last.
            auto_select_family: Whether to try all addresses of a name, of both families in turn;
                as `gnet.set_default_auto_select_family` says if left out.
            auto_select_family_attempt_timeout: Milliseconds after which the next one is tried as
                well, at least 10.
            callback: One-time listener for ``'connect'``.
            family: 4 or 6 for addresses of that family only; 0, the default, for both.
            hints: Flags of getaddrinfo(3): ``AI_ADDRCONFIG``, ``AI_V4MAPPED``, ``AI_ALL``.
            host: Name or IP address; ``'localhost'`` if left out.
            local_address: IP address to connect from.
            local_port: Port to connect from.
            lookup: Resolver in place of the system's: it is called with the name, a dict with
                ``hints``, perhaps ``family``, and ``all``, and a function to answer with:
                ``answer(error)``, ``answer(None, address, family)``, or, where ``all`` is true,
                ``answer(None, [{'address': …, 'family': …}])``. It may block, and raise, and it
                may answer from another thread, for which `gnet.run` does not wait.
            path: Of a Unix socket; all that is about TCP is ignored then.
            port: TCP port, 0 to 65535.
        Returns:
            The socket. ``'connect'`` and ``'ready'`` follow, or ``'error'`` and ``'close'``.
        Raises:
            TypeError: ``ERR_MISSING_ARGS`` without port and path, ``ERR_INVALID_ARG_TYPE``,
                ``ERR_INVALID_ARG_VALUE``, ``ERR_INVALID_IP_ADDRESS``.
            ValueError: ``ERR_SOCKET_BAD_PORT``, ``ERR_OUT_OF_RANGE``.

        A socket that was closed can be connected again. It keeps its listeners and settings, and
        whether it is paused; the counters begin anew.

        Node: net, "socket.connect()". Differs: an attempt that takes long goes on beside the next
        one; what an earlier connection has not sent is never sent by a later one.
        """
        check_keywords("connect", keywords, ConnectKeywords)
        options, given, listener = connect_options(args, keywords)
        return self._start_connecting(options, given, listener)

    def _start_connecting(
        self: Self, options: ConnectOptions, given: Mapping[str, Any], listener: Any
    ) -> Self:
        self._dispatcher.check_thread(self)
        if self._bound is not None and not {"local_address", "local_port"}.isdisjoint(given):
            reason = "localAddress and localPort cannot be used with an adopted bound socket"
            raise node_error("ERR_INVALID_ARG_VALUE", "options", given, reason)
        if self._life is not LIVE:
            self._revive()
            self._peer = None
            self._close_sides()
        if self._link is UNLINKED:
            self._use_own_buffer()
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
        self._tune()
        self._note_activity()
        # Queued before the listeners run: if one of them waits for data, that must be able to come.
        held, self._reading = self._reading is READING_HELD, READING_OFF
        watcher = self._read_watcher
        self._dispatcher.defer(lambda _: self._after_connect(watcher, held), self)
        self.emit("connect")
        self.emit("ready")

    def _after_connect(self, watcher: object, held: bool) -> None:
        if self._read_watcher is not watcher:
            return  # a listener has destroyed this connection, and perhaps begun another
        steps, self._at_connect = self._at_connect, ()
        for step in steps:
            step()
        if self._life is LIVE and (held or self._flow is not PAUSED):
            self._read_more()

    def _is_idle(self) -> bool:
        """Whether it only waits for its peer: `Server.close_idle_connections` says how."""
        self._send_gathered()
        return (
            self._fd is not None
            and self._link is LINKED
            and self._lane is None
            and self._read_side is READ_OPEN
            and not self._read_length
            and self._under_way is None
            and not self._write_length
            and self._waits_for_data()
            and not kernel_options.has_news(self._fd)
        )

    # ---------------------------------------------------------------- the end

    def reset_and_destroy(self: Self) -> Self:
        """Close by an RST: the peer gets ``ECONNRESET``, and what is unsent is dropped.

        While connecting, it comes as soon as there is a connection. A socket without one is
        destroyed with ``ERR_SOCKET_CLOSED``.

        Returns:
            The socket itself.
        Raises:
            TypeError: ``ERR_INVALID_HANDLE_TYPE`` if it is no TCP socket.

        Node: net, "socket.resetAndDestroy()".
        """
        self._dispatcher.check_thread(self)
        if self._connector is not None:
            if not self._connector.is_tcp:
                raise node_error("ERR_INVALID_HANDLE_TYPE")
            self._when_connected(self._reset)
        elif self._fd is None:
            self.destroy(node_error("ERR_SOCKET_CLOSED"))
        elif not kernel_options.is_tcp(self._fd):
            raise node_error("ERR_INVALID_HANDLE_TYPE")
        else:
            self._reset()
        return self

    resetAndDestroy = reset_and_destroy

    def _reset(self) -> None:
        if self._fd is not None:
            kernel_options.reset_at_close(self._fd)
            self.destroy()

    def _unlink(self) -> None:
        if self._connector is not None:
            self._connector.cancel()
            self._connector = None
        if self._kernel_pipe is not None:
            self._leave_kernel_pipe()
        super()._unlink()


def connect(*args: Any, **keywords: Unpack[ConnectionKeywords]) -> Socket:
    """Make a `Socket` and start connecting it.

    Args:
        args: As for `Socket.connect`; the options mapping may hold those of `Socket`, too.
        keywords: Those of `Socket` and of `Socket.connect`, and ``timeout``, milliseconds for
            `Socket.set_timeout`, set before connecting.
    Returns:
        The socket. If its ``signal`` has fired already, it is destroyed and does not connect.
    Raises:
        TypeError, ValueError: As `Socket`, `Socket.connect` and `Socket.set_timeout`.

    Node: net, "net.createConnection()".
    Example:
        with gnet.connect(4000) as socket:
            socket.write('hello')
    """
    check_keywords("connect", keywords, ConnectionKeywords)
    target, given, listener = connect_options(args, keywords)
    if given.get("timeout"):
        check_msecs(given["timeout"])  # before there is a socket, which may take over an fd
    socket = Socket(given)
    if given.get("timeout"):
        socket.set_timeout(given["timeout"])
    if socket.destroyed:
        return socket
    return socket._start_connecting(target, given, listener)
