"""From a host name to a connected kernel socket: look-up, attempts, happy eyeballs.

Addresses of both families are tried alternately, the next one as soon as an attempt has failed
or has taken longer than `ATTEMPT_TIMEOUT`. Unlike Node, which aborts such an attempt, it goes on
racing, as RFC 8305 section 5 asks for: on a slow network the first one may still win.

Everything here runs as tasks of the socket that connects, never in the hub. Node: net,
"socket.connect(options)".
"""

from __future__ import annotations

import errno
import socket as _socket
from typing import Any, Protocol

from gnet import kernel
from gnet.address import is_ip
from gnet.dispatcher import Dispatcher, TaskOwner
from gnet.errors import AggregateError, system_error
from gnet.names import look_up
from gnet.options import ConnectOptions

__all__ = ["Connector"]

#: Milliseconds after which the next address is tried as well. Node:
#: "net.getDefaultAutoSelectFamilyAttemptTimeout()".
ATTEMPT_TIMEOUT = 250

_WRITE = 2  # libev's EV_WRITE: a connecting socket becomes writable when it is decided


class Connecting(TaskOwner, Protocol):
    """What connects: a `gnet.socket.Socket`."""

    _attempted: list[str] | None
    _dispatcher: Dispatcher

    def emit(self, event: str, *args: Any) -> bool: ...
    def destroy(self, error: BaseException) -> object: ...
    def _connected(self, fd: int) -> None: ...
    def _note_activity(self) -> None: ...


class _Attempt:
    """One address that is being connected to."""

    __slots__ = ("_connector", "address", "context", "family", "sock", "watcher")

    def __init__(self, connector: Connector, address: str, family: int, sock: Any) -> None:
        self._connector = connector
        self.address = address
        self.family = family
        self.sock = sock
        self.context = connector.socket.context
        dispatcher = connector.socket._dispatcher
        self.watcher = dispatcher.loop.io(sock.fileno(), _WRITE)
        self.watcher.start(dispatcher.post, (_Attempt._decided, self))

    def stop(self) -> None:
        """Stop watching. The socket stays."""
        self.watcher.stop()
        self.watcher.close()

    def _decided(self) -> None:
        self._connector.decided(self)

    def _on_task_error(self, error: BaseException) -> None:
        self._connector.socket._on_task_error(error)


class Connector:
    """One ``connect`` call. It ends with ``socket._connected`` or ``socket.destroy``."""

    def __init__(self, socket: Connecting, options: ConnectOptions) -> None:
        self.socket = socket
        self._options = options
        self._addresses: list[tuple[str, int]] = []
        self._errors: list[Exception] = []
        self._attempts: list[_Attempt] = []
        self._timer: Any = None
        self._over = False

    # ---------------------------------------------------------------- start, stop

    def start(self) -> None:
        """Begin; everything but the first attempt at a path happens after the caller returned."""
        options = self._options
        if options.path is not None:
            self._addresses = [(options.path, 0)]
            self._attempt_next()
        elif is_ip(options.host):
            self._addresses = [(options.host, is_ip(options.host))]
            self._defer(Connector._attempt_next)
        else:
            flags = _socket.AI_ADDRCONFIG  # as in Node: no IPv6 where the machine has none
            look_up(options.host, flags, self._looked_up, self.socket._dispatcher, self.socket)

    def cancel(self) -> None:
        """Stop everything and close every socket but the one that was handed over."""
        self._over = True
        self._stop_timer()
        for attempt in self._attempts:
            attempt.stop()
            attempt.sock.close()
        self._attempts = []

    def _defer(self, step: Any, *args: Any) -> None:
        self.socket._dispatcher.defer(
            lambda _: None if self._over else step(self, *args), self.socket
        )

    # ---------------------------------------------------------------- names

    def _looked_up(self, error: OSError | None, addresses: list[tuple[str, int]]) -> None:
        if self._over:
            return
        if error is not None:
            failure = error
            self.socket.emit("lookup", error, None, None, self._options.host)
            self._defer(lambda self: self.socket.destroy(failure))
        else:
            self._known_name(addresses)

    def _known_name(self, addresses: list[tuple[str, int]]) -> None:
        for address, family in addresses:
            self.socket.emit("lookup", None, address, family, self._options.host)
            if self._over:
                return
        unique = list(dict.fromkeys(addresses))
        first = [entry for entry in unique if entry[1] == unique[0][1]]
        second = [entry for entry in unique if entry[1] != unique[0][1]]
        for position in range(max(len(first), len(second))):
            self._addresses += first[position : position + 1] + second[position : position + 1]
        if len(self._addresses) > 1:
            self.socket._attempted = []
        self.socket._note_activity()
        self._attempt_next()

    # ---------------------------------------------------------------- attempts

    def _attempt_next(self) -> None:
        self._stop_timer()
        if not self._addresses:
            if not self._attempts:
                self._give_up()
            return
        address, family = self._addresses.pop(0)
        port = self._options.port
        self.socket.emit("connectionAttempt", *([address, port, family] if family else [address]))
        if self._over:
            return
        attempted = self.socket._attempted
        if attempted is not None:
            attempted.append(f"{address}:{port}")
        try:
            sock, number = kernel.start_connect(family, address, port)
        except OSError as error:
            self._failed(address, family, system_error(error.errno or 0, "connect", address, port))
            return
        # What libuv reports at once, Node tells with the local end; a refusal it tells later.
        if number not in (0, errno.EINPROGRESS, errno.ECONNREFUSED, errno.ENOENT, errno.EAGAIN):
            local = kernel.local_name(sock.fileno()) if family else None
            where = f"{local.address}:{local.port}" if local else "undefined:undefined"
            sock.close()
            self._failed_at_once(
                address,
                family,
                system_error(number, "connect", address, port or None, local=where),
            )
            return
        if number not in (0, errno.EINPROGRESS):
            sock.close()
            refusal = system_error(number, "connect", address, port or None)
            self._defer(Connector._failed, address, family, refusal)
            return
        self._attempts.append(_Attempt(self, address, family, sock))
        if self._addresses:
            self._timer = self.socket._dispatcher.clock.timer(ATTEMPT_TIMEOUT / 1000)
            self._timer.start(self._defer, Connector._took_long, self._attempts[-1])

    def decided(self, attempt: _Attempt) -> None:
        """Hear that the kernel has connected, or given up, one of the attempts."""
        if attempt not in self._attempts:
            return
        number = kernel.connect_error(attempt.sock)
        attempt.stop()
        self._attempts.remove(attempt)
        if number:
            attempt.sock.close()
            port = self._options.port or None
            error = system_error(number, "connect", attempt.address, port)
            self._failed(attempt.address, attempt.family, error)
            return
        self.cancel()
        self.socket._connected(attempt.sock.detach())

    def _failed(self, address: str, family: int, error: OSError) -> None:
        self._errors.append(error)
        port = self._options.port
        where = (address, port, family) if family else (address, None, None)
        self.socket.emit("connectionAttemptFailed", *where, error)
        if not self._over:
            self._attempt_next()

    def _failed_at_once(self, address: str, family: int, error: OSError) -> None:
        if self.socket._attempted is None:
            self.socket.destroy(error)
        else:
            self._failed(address, family, error)

    def _took_long(self, attempt: _Attempt) -> None:
        if attempt in self._attempts:
            self.socket.emit(
                "connectionAttemptTimeout", attempt.address, self._options.port, attempt.family
            )
            if not self._over:
                self._attempt_next()

    def _give_up(self) -> None:
        if self.socket._attempted is None:
            self.socket.destroy(self._errors[0])
        else:
            self.socket.destroy(AggregateError(self._errors))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
            self._timer = None
