"""The part of a server that listens: from the arguments of ``listen`` to a listening socket.

It knows when there is a listening socket and when that goes, and what may be waited for; what
becomes of a connection is not its affair. Node: net, "server.listen()".
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from gnet import kernel, kernel_options
from gnet.acceptor import Acceptor
from gnet.address import AddressInfo, is_link_local
from gnet.bound import BoundSocket, adopt
from gnet.checks import check_msecs
from gnet.dispatcher import Dispatcher, TaskOwner, dispatcher, report
from gnet.errors import node_error
from gnet.events.abort import AbortSignal, add_abort_listener
from gnet.events.emitter import EventEmitter, emit_error
from gnet.kernel_options import AcceptQueue
from gnet.names import look_up
from gnet.options import ListenOptions, listen_options
from gnet.states import NOT_LISTENING, Listening, after
from gnet.symbols import ABSENT

__all__ = ["ListeningServer"]

Self = TypeVar("Self", bound="ListeningServer")


class ListeningServer(EventEmitter):
    """Listens, pauses, and holds `gnet.run`. A subclass takes the connections and closes it."""

    __slots__ = (
        "_acceptor",
        "_dispatcher",
        "_failure",
        "_file",
        "_held",
        "_listening",
        "_listening_id",
        "_path",
        "_pause_timer",
        "_unreferenced",
        "context",
    )

    context: contextvars.Context | None
    _dispatcher: Dispatcher
    _listening: Listening
    _acceptor: Acceptor | None

    def _init_listening(self) -> None:
        self.context = contextvars.copy_context()
        self._dispatcher = dispatcher()
        self._listening = NOT_LISTENING
        self._listening_id = 0  # tells a look-up that is not wanted any more
        self._acceptor = None
        self._path: str | None = None  # of the last listen() that had one
        self._file: str | None = None  # the socket file to remove with the listening socket
        self._failure: OSError | None = None  # why listen() failed, until 'error' has told it
        self._pause_timer: Any = None
        self._held = False
        self._unreferenced = False

    @property
    def listening(self) -> bool:
        """Whether the server has an open listening socket."""
        return self._acceptor is not None

    def address(self) -> AddressInfo | str | None:
        """Where the server listens: ``address``, ``family``, ``port``; a path; None if nowhere.

        As in Node, a path is told from `listen` on, and even after `close`.
        """
        if self._acceptor is not None:
            return kernel.local_name(self._acceptor.fileno()) or self._path
        return self._path

    def fileno(self) -> int:
        """The listening socket's descriptor; -1 if there is none. What `listen` takes a handle by.

        It stays the server's: who wants to close it duplicates it before.
        """
        return -1 if self._acceptor is None else self._acceptor.fileno()

    @property
    def accept_queue(self) -> AcceptQueue | None:
        """How many connections wait to be accepted (``length``), and how many may (``maximum``).

        None if the server does not listen, over a Unix socket, and where the system does not tell
        (other than Linux).
        """
        return (
            None if self._acceptor is None else kernel_options.accept_queue(self._acceptor.fileno())
        )

    acceptQueue = accept_queue

    # ---------------------------------------------------------------- listening

    def listen(
        self: Self,
        *args: Any,
        port: Any = ABSENT,
        host: Any = ABSENT,
        path: Any = ABSENT,
        backlog: Any = ABSENT,
        exclusive: Any = ABSENT,
        ipv6_only: Any = ABSENT,
        reuse_port: Any = ABSENT,
        readable_all: Any = ABSENT,
        writable_all: Any = ABSENT,
        signal: Any = ABSENT,
        handle: Any = ABSENT,
        fd: Any = ABSENT,
        callback: Any = ABSENT,
    ) -> Self:
        """Listen: ``([port[, host[, backlog]]][, callback])``, ``(path[, …])`` or options.

        Args:
            args: Node's forms: as above; ``(handle[, backlog][, callback])``; or one options
                mapping. A callback last.
            port: TCP port; 0, the default, lets the system choose.
            host: Name or IP address to listen on. Left out: any, over IPv6 and IPv4.
            path: Of a Unix socket; with a NUL in front an abstract name (Linux).
            backlog: Length of the kernel's accept queue; 511 if left out. The kernel caps it.
            exclusive: Taken for Node's sake and without effect: it is about Node's cluster,
                and gnet has none.
            ipv6_only: True leaves IPv4 out where an IPv6 address or none was given.
            reuse_port: True lets several sockets listen on the port, between which the kernel
                spreads the connections; ``ENOTSUP`` where the system cannot do it.
            readable_all: True lets every user read the Unix socket's file.
            writable_all: True lets every user write to it, and so connect. If one of the two is
                given, the file has no other permissions, not even the owner's.
            signal: An `AbortSignal` that closes the server when it fires.
            handle: A listening or bound socket: a `Server`, or anything else that has
                ``fileno()``, such as a socket of Python's or gevent's. Its descriptor is
                duplicated: each owner closes its own, and all accept from the same queue. It is
                made non-blocking, which a descriptor shares with its duplicates. A `BoundSocket`
                is adopted instead: it is the server's then. Goes before ``fd``, ``port`` and
                ``path``.
            fd: Number of such a socket's descriptor, as a supervisor passes it. The server takes
                it over and closes it in the end.
            callback: One-time listener for ``'listening'``.
        Returns:
            The server. ``'listening'`` follows, or ``'error'``, after which it may listen again.
        Raises:
            GnetError: ``ERR_SERVER_ALREADY_LISTEN``, ``ERR_SOCKET_HANDLE_ADOPTED``.
            TypeError: ``ERR_INVALID_ARG_VALUE``, ``ERR_INVALID_ARG_TYPE``.
            ValueError: ``ERR_SOCKET_BAD_PORT``.

        Without a host the server listens when this returns; with one, a little later. Errors of
        the system come as ``'error'``: ``EADDRINUSE``, ``EACCES``, ``EADDRNOTAVAIL``,
        ``ENOTFOUND``; ``EINVAL`` and ``ENOTSOCK`` for what cannot listen.

        Node: net, "server.listen()". Differs: two servers that share a listening socket both
        accept, and closing one leaves the other listening; a Unix server can be shared, too, but
        its file goes with the one that has made it, and the other has no address; a ``signal``
        also counts beside a ``handle``.
        Example:
            server.listen(fd=3)  # the first socket that systemd passes
        """
        self._dispatcher.check_thread(self)
        if self._acceptor is not None:
            raise node_error("ERR_SERVER_ALREADY_LISTEN")
        keywords = {
            "port": port,
            "host": host,
            "path": path,
            "backlog": backlog,
            "exclusive": exclusive,
            "ipv6_only": ipv6_only,
            "reuse_port": reuse_port,
            "readable_all": readable_all,
            "writable_all": writable_all,
            "signal": signal,
            "handle": handle,
            "fd": fd,
            "callback": callback,
        }
        options, listener = listen_options(args, keywords)
        if listener is not None:
            self.once("listening", listener)
        self._listening_id += 1
        if options.signal is not None:
            self._close_with(options.signal)
        if options.host is not None:
            self._listening = after(self._listening, "resolve")
            self._hold()
            self._look_up(options, self._listening_id)
        else:
            self._bind(options, None, 0)
        return self

    def listen_fd(self: Self, fd: int) -> Self:
        """Listen on a descriptor: ``listen(fd=…)``. Node: net of version 0.6, "listenFD(fd)"."""
        return self.listen(fd=fd)

    listenFD = listen_fd

    def _close_with(self, signal: AbortSignal) -> None:
        if signal.aborted:
            self._dispatcher.defer(lambda _: self.close(), self)
        else:
            waiting = add_abort_listener(signal, lambda _: self.close())
            self.once("close", waiting.dispose)

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
        path = options.path
        if isinstance(options.handle, BoundSocket):
            name = options.handle.address()
            path = name if isinstance(name, str) else None
        if path is not None:
            self._path = path
        try:
            listener = _open(options, address, family)
        except OSError as error:
            failure = self._failure = error
            self._listening = after(self._listening, "failed")
            self._let_go()
            self._dispatcher.defer(lambda _: self._emit_failure(failure), self)
            return
        self._listening = after(self._listening, "bound")
        self._file = path
        self._hold()
        self._acceptor = Acceptor(
            listener, self._accept_function(), self._on_overflow, self._on_fault
        )
        self._acceptor.start()
        self._dispatcher.defer(ListeningServer._emit_listening, self)

    def _emit_failure(self, error: OSError) -> None:
        self._failure = None
        emit_error(self, error)

    def _emit_listening(self) -> None:
        if self._acceptor is not None:  # not closed meanwhile
            self.emit("listening")

    # ---------------------------------------------------------------- accepting

    def _accept_function(self) -> Callable[[int, Any], None]:
        """What shall take the connections; it runs in the hub."""
        raise AssertionError("a subclass takes the connections")

    def _on_overflow(self, fd: int, peer: Any) -> None:
        """Tell that a connection is refused for want of descriptors; it runs in the hub."""
        raise AssertionError("a subclass knows what to tell")

    def _on_fault(self, error: OSError) -> None:
        self._dispatcher.defer(lambda _: emit_error(self, error), self)

    # ---------------------------------------------------------------- pausing

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

    # ---------------------------------------------------------------- the end

    def close(self, callback: Callable[..., object] | None = None) -> Any:
        """Stop listening, and see to the connections."""
        raise AssertionError("a subclass knows the connections")

    def _stop_listening(self, *, accept_waiting: bool = False) -> None:
        """Close the listening socket, if there is one, and forget what was under way."""
        self._listening_id += 1
        self._listening = after(self._listening, "close")
        if self._acceptor is not None:
            self._stop_pause_timer()
            acceptor, self._acceptor = self._acceptor, None
            try:
                if self._file is not None:
                    kernel.unlink_unix(self._file)
            finally:
                if accept_waiting:
                    acceptor.close_behind_waiting()
                else:
                    acceptor.close()

    # ---------------------------------------------------------------- references

    def ref(self: Self) -> Self:
        """Let `gnet.run` wait for this server, which it does unless `unref` was called."""
        self._dispatcher.check_thread(self)
        self._unreferenced = False
        if self._listening is not NOT_LISTENING:
            self._hold()
        return self

    def unref(self: Self) -> Self:
        """Let `gnet.run` return although this server is open."""
        self._dispatcher.check_thread(self)
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

    def _before_wait(self, event: Hashable) -> None:
        self._dispatcher.check_thread(self)

    def _task_owner(self) -> TaskOwner:
        return self

    def _on_task_error(self, error: BaseException) -> None:
        report(self, error)


def _open(options: ListenOptions, address: str | None, family: int) -> Any:
    """The listening socket. Raises ``OSError`` as `gnet.kernel` does."""
    backlog = options.backlog or kernel.DEFAULT_BACKLOG
    if isinstance(options.handle, BoundSocket):
        return kernel.listen_fd(adopt(options.handle), backlog, -1)
    if options.handle is not None:
        return kernel.listen_fd(options.handle.fileno(), backlog, -1, shared=True)
    if options.fd is not None:
        return kernel.listen_fd(options.fd, backlog)
    if options.path is not None:
        return kernel.listen_unix(
            options.path,
            backlog,
            readable_all=options.readable_all,
            writable_all=options.writable_all,
        )
    return kernel.listen_tcp(
        address,
        family,
        options.port,
        backlog,
        ipv6_only=options.ipv6_only,
        reuse_port=options.reuse_port,
    )
