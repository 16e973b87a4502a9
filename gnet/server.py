"""``Server``: Node's ``net.Server`` over a ``gevent.server.StreamServer``.

Here is what Node decides when a connection comes or the server goes: listening and its errors,
the limit, counting, closing when the last connection has gone. The accept loop is
`gnet.acceptor`'s. Node: net, "Class: net.Server".
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from gevent.event import AsyncResult

from gnet import kernel
from gnet.acceptor import Acceptor
from gnet.address import AddressInfo, DropInfo, from_kernel, is_link_local
from gnet.checks import check_function, check_msecs, to_number
from gnet.dispatcher import TaskOwner, check_can_wait, dispatcher, report
from gnet.errors import node_error
from gnet.events.emitter import EventEmitter, emit_error
from gnet.events.waiting import once
from gnet.names import look_up
from gnet.options import ListenOptions, listen_options, server_options
from gnet.socket import Socket
from gnet.states import NOT_LISTENING, after
from gnet.symbols import ABSENT

__all__ = ["Server", "create_server"]

Self = TypeVar("Self", bound="Server")


class Server(EventEmitter):
    """Accepts TCP or Unix connections and hands each to the ``'connection'`` listeners.

    Args:
        options: Node's options object, ``{'allowHalfOpen': True}``, or the listener itself.
        connection_listener: Listens for ``'connection'``.
        allow_half_open: For the accepted sockets, as in `gnet.Socket`.

    Events: ``'listening'``; ``'connection'`` with the `gnet.Socket`; ``'drop'`` with a `DropInfo`
    (nothing for a Unix socket) when `max_connections` refused one; ``'error'`` when listening or
    accepting failed; ``'close'`` when the server listens no more and its last connection is gone.

    A ``'connection'`` listener may block: every connection has its own. One that raises is
    reported to ``hub.handle_error``, and its connection destroyed.
    """

    __slots__ = (
        "_acceptor",
        "_allow_half_open",
        "_connection_context",
        "_connections",
        "_dispatcher",
        "_failure",
        "_held",
        "_limit",
        "_listening",
        "_listening_id",
        "_max_connections",
        "_path",
        "_pause_timer",
        "_unreferenced",
        "_waiting",
        "context",
    )

    def __init__(
        self,
        options: Any = None,
        connection_listener: Callable[[Socket], object] | None = None,
        *,
        allow_half_open: Any = ABSENT,
    ) -> None:
        given, listener = server_options(
            options, connection_listener, {"allow_half_open": allow_half_open}
        )
        super().__init__()
        self._allow_half_open = given.get("allow_half_open") or False
        # Two of them: what a listener of the server sets is not for the connections to see.
        self.context: contextvars.Context | None = contextvars.copy_context()
        self._connection_context = contextvars.copy_context()
        self._dispatcher = dispatcher()
        self._listening = NOT_LISTENING
        self._listening_id = 0  # tells a look-up that is not wanted any more
        self._acceptor: Acceptor | None = None
        self._path: str | None = None
        self._failure: OSError | None = None  # why listen() failed, until 'error' has told it
        self._connections = 0
        self._max_connections: float | None = None
        self._limit: float | None = None  # the same as a number, as JavaScript would compare it
        self._pause_timer: Any = None
        self._waiting = 0  # greenlets in serve_forever()
        self._held = False
        self._unreferenced = False
        if listener is not None:
            self.on("connection", listener)

    def __repr__(self) -> str:
        where = self.address() if self.listening else None
        at = f"{where.address}:{where.port}" if isinstance(where, AddressInfo) else where
        state = f"{self._listening.name} on {at}" if at else self._listening.name
        return f"<{type(self).__name__} {state} connections={self._connections}>"

    # ---------------------------------------------------------------- properties

    @property
    def listening(self) -> bool:
        """Whether the server has an open listening socket."""
        return self._acceptor is not None

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

    def address(self) -> AddressInfo | str | None:
        """Where the server listens: ``address``, ``family``, ``port``; a path; None if nowhere.

        As in Node, a path is told from `listen` on, and even after `close`.
        """
        if self._acceptor is not None:
            return kernel.local_name(self._acceptor.fileno()) or self._path
        return self._path

    # ---------------------------------------------------------------- listening

    def listen(
        self: Self,
        *args: Any,
        port: Any = ABSENT,
        host: Any = ABSENT,
        path: Any = ABSENT,
        backlog: Any = ABSENT,
        callback: Any = ABSENT,
    ) -> Self:
        """Listen: ``([port[, host[, backlog]]][, callback])``, ``(path[, …])`` or options.

        Args:
            args: Node's forms: as above, or one options mapping; a callback last.
            port: TCP port; 0, the default, lets the system choose.
            host: Name or IP address to listen on. Left out: any, over IPv6 and IPv4.
            path: Of a Unix socket; with a NUL in front an abstract name (Linux).
            backlog: Length of the kernel's accept queue; 511 if left out. The kernel caps it.
            callback: One-time listener for ``'listening'``.
        Returns:
            The server. ``'listening'`` follows, or ``'error'``, after which it may listen again.
        Raises:
            GnetError: ``ERR_SERVER_ALREADY_LISTEN``.
            TypeError: ``ERR_INVALID_ARG_VALUE``, ``ERR_INVALID_ARG_TYPE``.
            ValueError: ``ERR_SOCKET_BAD_PORT``.

        Without a host the server listens when this returns; with one, a little later. Errors of
        the system come as ``'error'``: ``EADDRINUSE``, ``EACCES``, ``EADDRNOTAVAIL``,
        ``ENOTFOUND``. Node: net, "server.listen()".
        """
        self._dispatcher.check_thread(self)
        if self._acceptor is not None:
            raise node_error("ERR_SERVER_ALREADY_LISTEN")
        keywords = {
            "port": port,
            "host": host,
            "path": path,
            "backlog": backlog,
            "callback": callback,
        }
        options, listener = listen_options(args, keywords)
        if listener is not None:
            self.once("listening", listener)
        self._listening_id += 1
        if options.path is None and options.host is not None:
            self._listening = after(self._listening, "resolve")
            self._hold()
            self._look_up(options, self._listening_id)
        else:
            self._bind(options, None, 0)
        return self

    def _look_up(self, options: ListenOptions, listening_id: int) -> None:
        def then(error: OSError | None, addresses: list[tuple[str, int]]) -> None:
            if self._listening_id != listening_id:
                return  # closed, or told to listen elsewhere
            if error is not None:
                self._listening = after(self._listening, "failed")
                self._let_go()
                emit_error(self, error)
                return
            # Node takes the first address that needs no zone.
            usable = [entry for entry in addresses if not is_link_local(entry[0])]
            self._bind(options, *(usable or addresses)[0])

        look_up(options.host or "", 0, then, self._dispatcher, self)

    def _bind(self, options: ListenOptions, address: str | None, family: int) -> None:
        backlog = options.backlog or kernel.DEFAULT_BACKLOG
        try:
            if options.path is not None:
                self._path = options.path
                listener = kernel.listen_unix(options.path, backlog)
            else:
                listener = kernel.listen_tcp(address, family, options.port, backlog)
        except OSError as error:
            failure = self._failure = error
            self._listening = after(self._listening, "failed")
            self._let_go()
            self._dispatcher.defer(lambda _: self._emit_failure(failure), self)
            return
        self._listening = after(self._listening, "bound")
        self._hold()
        self._acceptor = Acceptor(listener, self._on_accept, self._on_overflow, self._on_fault)
        self._acceptor.start()
        self._dispatcher.defer(Server._emit_listening, self)

    def _emit_failure(self, error: OSError) -> None:
        self._failure = None
        emit_error(self, error)

    def _emit_listening(self) -> None:
        if self._acceptor is not None:  # not closed meanwhile
            self.emit("listening")

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

    def _on_overflow(self) -> None:
        self._dispatcher.defer(lambda _: self.emit("drop"), self)

    def _on_fault(self, error: OSError) -> None:
        self._dispatcher.defer(lambda _: emit_error(self, error), self)

    def _on_destroyed(self) -> None:
        self._connections -= 1
        self._emit_close_if_drained()

    # ---------------------------------------------------------------- pausing, counting

    def pause(self, msecs: float = 1000) -> None:
        """Stop accepting for so many milliseconds; connections wait in the kernel's queue.

        Raises:
            TypeError, ValueError: ``ERR_INVALID_ARG_TYPE``, ``ERR_OUT_OF_RANGE``.

        A second call starts the time anew; a server that does not listen ignores it. What is
        connected goes on. Node: net of version 0.6, "server.pause(msecs)".
        """
        check_msecs(msecs)
        self._dispatcher.check_thread(self)
        if self._acceptor is None:
            return
        self._listening = after(self._listening, "pause")
        self._acceptor.stop_accepting()
        self._stop_pause_timer()
        self._pause_timer = self._dispatcher.clock.timer(msecs / 1000)
        self._pause_timer.start(self._resume)

    def _resume(self) -> None:
        self._stop_pause_timer()
        if self._acceptor is not None:
            self._listening = after(self._listening, "resume")
            self._acceptor.start_accepting()

    def _stop_pause_timer(self) -> None:
        if self._pause_timer is not None:
            self._pause_timer.stop()
            self._pause_timer.close()
            self._pause_timer = None

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

    # ---------------------------------------------------------------- closing

    def close(self: Self, callback: Callable[..., object] | None = None) -> Self:
        """Stop accepting at once; open connections stay.

        Args:
            callback: Called after ``'close'``; with ``ERR_SERVER_NOT_RUNNING`` if the server was
                not open.
        Returns:
            The server. ``'close'`` follows when the last connection has gone; after it, or even
            before, the server may listen again.

        Node: net, "server.close([callback])".
        """
        self._dispatcher.check_thread(self)
        self._listening_id += 1
        if callable(callback):
            tell = callback
            if self._acceptor is None:
                self.once("close", lambda: tell(node_error("ERR_SERVER_NOT_RUNNING")))
            else:
                self.once("close", tell)
        self._listening = after(self._listening, "close")
        if self._acceptor is not None:
            self._stop_pause_timer()
            acceptor, self._acceptor = self._acceptor, None
            if not kernel.local_name(acceptor.fileno()) and self._path is not None:
                kernel.unlink_unix(self._path)
            acceptor.close()
        self._emit_close_if_drained()
        return self

    def _emit_close_if_drained(self) -> None:
        if self._acceptor is None and not self._connections:
            self._dispatcher.defer(Server._emit_close, self)

    def _emit_close(self) -> None:
        try:
            self.emit("close")
        finally:
            if self._listening is NOT_LISTENING:
                self._let_go()

    # ---------------------------------------------------------------- waiting

    def serve_forever(self) -> None:
        """Block until the server has closed: until its ``'close'``.

        Raises:
            GnetError: ``ERR_SERVER_NOT_RUNNING`` if it does not listen and has no connections;
                ``ERR_HUB_CANNOT_WAIT``.
            Exception: The ``'error'`` that kept it from listening, if nothing else hears it.
        """
        check_can_wait("serve_forever()")
        if self._is_over() and self._failure is None:
            raise node_error("ERR_SERVER_NOT_RUNNING")
        over: AsyncResult[None] = AsyncResult()

        def on_close() -> None:
            if self._is_over():  # a listener for 'error' may have it listen again
                over.set(None)

        def on_error(error: BaseException) -> None:
            if self._is_over() and self.listener_count("error") == self._waiting:
                over.set_exception(error)

        self._waiting += 1
        self.on("close", on_close).on("error", on_error)
        try:
            over.get()
        finally:
            self._waiting -= 1
            self.off("close", on_close).off("error", on_error)

    def _is_over(self) -> bool:
        return self._listening is NOT_LISTENING and not self._connections

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close, and unless the block failed wait for the connections to end.

        Node: ``server[Symbol.asyncDispose]()``.
        """
        if self._listening is not NOT_LISTENING:
            self.close()
            if kind is None:
                once(self, "close")

    def ref(self: Self) -> Self:
        """Let `gnet.run` wait for this server, which it does unless `unref` was called."""
        self._unreferenced = False
        if self._listening is not NOT_LISTENING:
            self._hold()
        return self

    def unref(self: Self) -> Self:
        """Let `gnet.run` return although this server is open."""
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

    # ---------------------------------------------------------------- as owner of tasks

    def nodejs_rejection(self, error: BaseException, event: object, *args: Any) -> None:
        """Destroy the connection whose asynchronous listener failed; else emit ``'error'``."""
        if event == "connection":
            args[0].destroy(error)
        else:
            self.emit("error", error)

    def _task_owner(self) -> TaskOwner:
        return self

    def _on_task_error(self, error: BaseException) -> None:
        report(self, error)


def _emit_connection(socket: Socket) -> None:
    socket.server.emit("connection", socket)


def create_server(
    options: Mapping[str, Any] | Callable[[Socket], object] | None = None,
    connection_listener: Callable[[Socket], object] | None = None,
    *,
    allow_half_open: Any = ABSENT,
) -> Server:
    """Make a `Server`; the arguments are its own. Node: net, "net.createServer()".

    Example:
        server = gnet.create_server(lambda socket: socket.end('hello'))
        server.listen(4000, lambda: print('listening'))
    """
    return Server(options, connection_listener, allow_half_open=allow_half_open)
