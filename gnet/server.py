"""``Server``: Node's ``net.Server`` over a ``gevent.server.StreamServer``.

`gnet.listening` gets it a listening socket and `gnet.accepting` its connections; here is how it
ends, and what one can wait for. Node: net, "Class: net.Server".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from gevent.event import AsyncResult

from gnet.accepting import AcceptingServer
from gnet.address import AddressInfo
from gnet.dispatcher import check_can_wait
from gnet.errors import node_error
from gnet.events.waiting import once
from gnet.options import server_options
from gnet.socket import Socket
from gnet.states import NOT_LISTENING
from gnet.symbols import ABSENT

__all__ = ["Server", "create_server"]

Self = TypeVar("Self", bound="Server")


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

    Raises:
        TypeError: ``ERR_INVALID_ARG_TYPE``; ``ERR_INVALID_ARG_VALUE`` for a high-water mark that
            is no whole number, which Node finds out with the first connection.

    Events: ``'listening'``; ``'connection'`` with the `gnet.Socket`; ``'drop'`` with a `DropInfo`
    (nothing for a Unix socket) when `max_connections` refused one; ``'error'`` when listening or
    accepting failed; ``'close'`` when the server listens no more and its last connection is gone.

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
    ) -> None:
        keywords = {
            "allow_half_open": allow_half_open,
            "pause_on_connect": pause_on_connect,
            "no_delay": no_delay,
            "keep_alive": keep_alive,
            "keep_alive_initial_delay": keep_alive_initial_delay,
            "high_water_mark": high_water_mark,
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
        if callable(callback):
            tell = callback
            if self._acceptor is None:
                self.once("close", lambda: tell(node_error("ERR_SERVER_NOT_RUNNING")))
            else:
                self.once("close", tell)
        self._stop_listening()
        self._emit_close_if_drained()
        return self

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
        return self._listening is NOT_LISTENING and not self._sockets

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
    )
