"""``Server``: Node's ``net.Server`` over a ``gevent.server.StreamServer``.

`gnet.listening` gets it a listening socket and `gnet.accepting` its connections; here is how it
ends, and what one can wait for. Node: net, "Class: net.Server".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, overload

from gevent.event import AsyncResult, Event

from gnet import kernel_options
from gnet.accepting import AcceptingServer
from gnet.address import AddressInfo
from gnet.checks import check_msecs
from gnet.dispatcher import check_can_wait
from gnet.errors import node_error
from gnet.events.waiting import on, once
from gnet.options import server_options
from gnet.socket import Socket
from gnet.states import NOT_LISTENING
from gnet.symbols import ABSENT

__all__ = ["Server", "create_server"]

Self = TypeVar("Self", bound="Server")

#: Seconds after which `Server.close` with a timeout looks for connections that became idle.
_LOOK_AGAIN_S = 0.1


class Server(AcceptingServer):
    """Accepts TCP or Unix connections and hands each to the ``'connection'`` listeners.

    Args:
        options: Node's options object, ``{'allowHalfOpen': True}``, or the listener itself.
        connection_listener: Listens for ``'connection'``.
        allow_half_open: For the accepted sockets, as in `gnet.Socket`.
        pause_on_connect: Accepted sockets start paused: nothing is read until ``resume()``, not
            even to notice the peer's end.
        no_delay: Accepted sockets send small segments at once (TCP_NODELAY).
        keep_alive: The kernel probes idle peers (SO_KEEPALIVE), each second after the first probe,
            ten times.
        keep_alive_initial_delay: Milliseconds without traffic before the first probe, cut to
            whole seconds; less than one leaves it to the system.
        high_water_mark: Bytes that each side of an accepted socket holds before `write` asks for
            a pause, or reading stops; 65536 if left out, or negative.
        block_list: A `BlockList`. A peer whose address it has is refused without a word.

    Raises:
        TypeError: ``ERR_INVALID_ARG_TYPE``; ``ERR_INVALID_ARG_VALUE`` for a high-water mark that
            is no whole number, which Node finds out with the first connection.

    Events: ``'listening'``; ``'connection'`` with the `gnet.Socket`; ``'drop'`` with a `DropInfo`
    (nothing for a Unix socket) when `max_connections` refused one, or no descriptor was left for
    it; ``'error'`` when listening or accepting failed; ``'close'`` when the server listens no more
    and its last connection is gone.

    A ``'connection'`` listener may block: every connection has its own. One that raises is
    reported to ``hub.handle_error``, and its connection destroyed.
    """

    __slots__ = ("_waiting",)

    def __init__(
        self,
        options: Any = None,
        connection_listener: Callable[[Socket], object] | None = None,
        *,
        allow_half_open: Any = ABSENT,
        pause_on_connect: Any = ABSENT,
        no_delay: Any = ABSENT,
        keep_alive: Any = ABSENT,
        keep_alive_initial_delay: Any = ABSENT,
        high_water_mark: Any = ABSENT,
        block_list: Any = ABSENT,
    ) -> None:
        keywords = {
            "allow_half_open": allow_half_open,
            "pause_on_connect": pause_on_connect,
            "no_delay": no_delay,
            "keep_alive": keep_alive,
            "keep_alive_initial_delay": keep_alive_initial_delay,
            "high_water_mark": high_water_mark,
            "block_list": block_list,
        }
        given, listener = server_options(options, connection_listener, keywords)
        super().__init__()
        self._init_listening()
        self._init_accepting(given)
        self._waiting = 0  # greenlets in serve_forever()
        if listener is not None:
            self.on("connection", listener)

    def __repr__(self) -> str:
        where = self.address() if self.listening else None
        at = f"{where.address}:{where.port}" if isinstance(where, AddressInfo) else where
        state = f"{self._listening.name} on {at}" if at else self._listening.name
        return f"<{type(self).__name__} {state} connections={self.connections}>"

    # ---------------------------------------------------------------- closing

    @overload
    def close(
        self: Self,
        callback: Callable[..., object] | None = None,
        *,
        accept_waiting: bool = False,
    ) -> Self: ...
    @overload
    def close(
        self,
        callback: Callable[..., object] | None = None,
        *,
        timeout: float,
        accept_waiting: bool = False,
    ) -> int: ...
    def close(
        self,
        callback: Callable[..., object] | None = None,
        *,
        timeout: float = ABSENT,
        accept_waiting: bool = False,
    ) -> Any:
        """Stop accepting at once; open connections stay, unless ``timeout`` says how long.

        Args:
            callback: Called after ``'close'``; with ``ERR_SERVER_NOT_RUNNING`` if the server was
                not open.
            timeout: Milliseconds that the connections have to come to their end. This greenlet
                waits for them. Those that are idle, or become so meanwhile, are ended politely,
                with a FIN behind what they have written; `close_idle_connections` says which are
                idle; a listener that is still to write holds its connection only if it listens for
                data. What is left in the end is reset (RST): also the connection in whose data
                listener this is called, which is at work for as long.
            accept_waiting: Serve what the kernel has connected, but nobody has accepted yet, and
                what was accepted a moment ago, instead of having the kernel reset it.
        Returns:
            The server; with ``timeout`` how many connections had to be reset. ``'close'`` follows
            when the last connection has gone; after it, or even before, the server may listen
            again.
        Raises:
            TypeError, ValueError: ``ERR_INVALID_ARG_TYPE``, ``ERR_OUT_OF_RANGE`` for a timeout
                that is no period.
            GnetError: ``ERR_HUB_CANNOT_WAIT`` with a timeout in the hub.

        Node: net, "server.close([callback])", which has no timeout.
        Example:
            server.on('connection', serve)
            gevent.signal_handler(signal.SIGTERM, lambda: server.close(timeout=10_000))
        """
        self._dispatcher.check_thread(self)
        if timeout is not ABSENT:
            check_msecs(timeout, "timeout")
            check_can_wait("close(timeout)")
        if callable(callback):
            tell = callback
            if self._acceptor is None:
                self.once("close", lambda: tell(node_error("ERR_SERVER_NOT_RUNNING")))
            else:
                self.once("close", tell)
        self._stop_listening(accept_waiting=accept_waiting)
        if not accept_waiting:
            self._emit_close_if_drained()
        elif timeout is not ABSENT:
            self._let_accepted_ones_be_taken()
        return self if timeout is ABSENT else self._drain(timeout / 1000)

    def _let_accepted_ones_be_taken(self) -> None:
        """Wait until none is on its way from accept() to the ``'connection'`` listeners."""
        taken = Event()
        self._dispatcher.defer(lambda _: taken.set())  # behind them in the queue
        taken.wait()

    def _drain(self, period: float) -> int:
        """Wait until the last connection has gone, or for so many seconds; then reset the rest."""
        left = set(self._sockets)  # not those of a next listen()
        closed, tick = Event(), Event()

        def on_close() -> None:
            closed.set()
            tick.set()

        # In front: a listener that blocks or raises must not keep this from hearing it.
        self.prepend_once_listener("close", on_close)
        clock = self._dispatcher.clock
        deadline = clock.now() + period
        try:
            while left and (rest := deadline - clock.now()) > 0:
                for socket in self._idle_connections():
                    if socket in left and socket.writable:
                        socket.end()
                tick.clear()
                timer = clock.timer(min(rest, _LOOK_AGAIN_S))
                timer.start(tick.set)
                try:
                    tick.wait()
                finally:
                    timer.close()
                left &= self._sockets.keys()
            for socket in left:
                kernel_options.reset_at_close(socket.fileno())
                socket.destroy()
            if self._is_over():
                closed.wait()
        finally:
            self.off("close", on_close)
        return len(left)

    # ---------------------------------------------------------------- waiting

    def serve_forever(self) -> None:
        """Block until the server has closed: until its ``'close'``.

        Raises:
            GnetError: ``ERR_SERVER_NOT_RUNNING`` if it does not listen and has no connections;
                ``ERR_HUB_CANNOT_WAIT``.
            Exception: The ``'error'`` that kept it from listening, if nothing else hears it.
        """
        self._dispatcher.check_thread(self)
        check_can_wait("serve_forever()")
        self._check_running()
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
        return self._listening is NOT_LISTENING and not self._has_connections()

    def _check_running(self) -> None:
        """Raise if nothing could come that one might wait for."""
        if self._is_over() and self._failure is None:
            raise node_error("ERR_SERVER_NOT_RUNNING")

    def async_dispose(self) -> AsyncResult[None]:
        """Close, for whoever wants to wait later: the result is there after ``'close'``.

        It is there at once if the server does not listen. ``with server:`` waits by itself.
        Node: net, "server[Symbol.asyncDispose]()".
        """
        closed: AsyncResult[None] = AsyncResult()
        if self._acceptor is None:
            closed.set(None)
        else:
            self.close(lambda: closed.set(None))
        return closed

    def __iter__(self) -> Iterator[Socket]:
        """Yield accepted sockets, in blocking style, until the server's ``'close'``.

        Accepting goes on while the loop's body works: what is accepted meanwhile is kept for the
        next steps. Leaving the loop early destroys the connections that it has not yielded; those
        that it has, and the server, go on. Of two loops over one server each yields every
        connection, and one that is left early also destroys what only the other has yielded.

        Raises:
            Exception: The argument of an ``'error'`` of the server.
            GnetError: ``ERR_SERVER_NOT_RUNNING`` if it does not listen and has no connections;
                ``ERR_HUB_CANNOT_WAIT`` in the hub.

        Node: net, "server[Symbol.asyncIterator]()".
        Example:
            for socket in server.listen(4000):
                gevent.spawn(serve, socket)
        """
        self._dispatcher.check_thread(self)
        check_can_wait("Iterating over a server")
        self._check_running()
        connections = self._iterate()
        next(connections)
        return connections

    def _iterate(self) -> Iterator[Any]:
        kept: deque[Socket] = deque()
        self.on("connection", kept.append)
        accepted = on(self, "connection", close=("close",))
        try:
            yield None  # to `__iter__`: from now on it listens
            for [socket] in accepted:
                kept.popleft()
                yield socket
        finally:
            accepted.close()
            self.off("connection", kept.append)
            for socket in kept:
                socket.destroy()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close, and unless the block failed wait for the connections to end.

        If the block has closed the server already, this waits for nothing, as in Node.

        Node: net, "server[Symbol.asyncDispose]()".
        """
        if self._listening is not NOT_LISTENING:
            self.close()
            if kind is None:
                once(self, "close")


def create_server(
    options: Mapping[str, Any] | Callable[[Socket], object] | None = None,
    connection_listener: Callable[[Socket], object] | None = None,
    *,
    allow_half_open: Any = ABSENT,
    pause_on_connect: Any = ABSENT,
    no_delay: Any = ABSENT,
    keep_alive: Any = ABSENT,
    keep_alive_initial_delay: Any = ABSENT,
    high_water_mark: Any = ABSENT,
    block_list: Any = ABSENT,
) -> Server:
    """Make a `Server`; the arguments are its own. Node: net, "net.createServer()".

    Example:
        server = gnet.create_server(lambda socket: socket.end('hello'))
        server.listen(4000, lambda: print('listening'))
    """
    return Server(
        options,
        connection_listener,
        allow_half_open=allow_half_open,
        pause_on_connect=pause_on_connect,
        no_delay=no_delay,
        keep_alive=keep_alive,
        keep_alive_initial_delay=keep_alive_initial_delay,
        high_water_mark=high_water_mark,
        block_list=block_list,
    )
