"""From a host name to a connected kernel socket: look-up, attempts, happy eyeballs.

Addresses of both families are tried alternately, the next one as soon as an attempt has failed
or has taken longer than the attempt time-out. Unlike Node, which aborts such an attempt, it goes on
racing, as RFC 8305 section 5 asks for: on a slow network the first one may still win.

Everything here runs as tasks of the socket that connects, never in the hub. Node: net,
"socket.connect(options)".
"""

from __future__ import annotations

import errno
import math
import socket as _socket
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from gnet import kernel
from gnet.address import is_ip
from gnet.blocklist import BlockList
from gnet.defaults import (
    get_default_auto_select_family,
    get_default_auto_select_family_attempt_timeout,
)
from gnet.dispatcher import Dispatcher, TaskOwner, thread_ident
from gnet.errors import AggregateError, inspected, node_error, system_error
from gnet.names import look_up
from gnet.options import ConnectOptions
from gnet.symbols import ABSENT

__all__ = ["Connector"]

_WRITE = 2  # libev's EV_WRITE: a connecting socket becomes writable when it is decided


def _is_family(value: object) -> bool:
    return value in (4, 6) and not isinstance(value, bool)


def _told(value: object) -> str:
    """What a resolver gave in place of an address, as Node's messages have it."""
    return "undefined" if value is ABSENT else inspected(value, quote=False)


class Connecting(TaskOwner, Protocol):
    """What connects: a `gnet.socket.Socket`."""

    _attempted: list[str] | None
    _block_list: BlockList | None
    _bound: Any
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
        self._starting = 0  # attempts that are told of, and not made yet: a listener may block
        self._over = False
        self._several = False  # whether more than one address is tried: then each failure counts

    @property
    def is_tcp(self) -> bool:
        """Whether it is no Unix socket that shall be connected."""
        return self._options.path is None

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
            self._look_up(options)

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

    def _look_up(self, options: ConnectOptions) -> None:
        one_family = options.family in (4, 6)
        hints = options.hints
        if not hints and not one_family:
            hints = int(_socket.AI_ADDRCONFIG)  # no IPv6 where the machine has none
        select = options.auto_select_family
        if select is None:
            select = get_default_auto_select_family()
        select = select and self.socket._bound is None
        every = select and not one_family and options.local_address is None
        if options.lookup is not None:
            self._defer(Connector._ask, options.lookup, hints, every)
            return

        def answer(error: OSError | None, found: list[tuple[str, int]]) -> None:
            self._looked_up(error, found if every else found[:1])

        family = options.family if one_family else 0
        dispatcher = self.socket._dispatcher
        look_up(options.host, hints, answer, dispatcher, self.socket, family)

    def _ask(self, lookup: Callable[..., object], hints: int, every: bool) -> None:
        """Have the user's resolver look the name up. It may block, as it runs as a task."""
        question: dict[str, Any] = {"hints": hints}
        if self._options.family is not None:
            question["family"] = self._options.family
        if every:
            question["all"] = True
        due = [True]
        dispatcher = self.socket._dispatcher

        def take(error: Any, found: Any, family: Any) -> None:
            if due:  # what it says a second time counts for nothing
                due.clear()
                self._defer(Connector._answered, error, found, family, every)

        def answer(error: Any = None, found: Any = ABSENT, family: Any = ABSENT) -> None:
            if thread_ident() == dispatcher.thread:
                take(error, found, family)
            else:  # resolvers like to work in threads
                dispatcher.loop.run_callback_threadsafe(take, error, found, family)

        try:
            lookup(self._options.host, question, answer)
        except Exception as error:  # a resolver may raise what Node's would call back with
            if not due:
                raise
            answer(error)

    def _answered(self, error: Any, found: Any, family: Any, every: bool) -> None:
        """Take what the user's resolver has found, if it is something to connect to."""
        if error:
            self._looked_up(error, [])
            return
        entries = [(found, family)]
        if every:
            listed = found if isinstance(found, (list, tuple)) else [found]
            entries = [
                (entry.get("address", ABSENT), entry.get("family", ABSENT))
                if isinstance(entry, Mapping)
                else (ABSENT, ABSENT)
                for entry in listed or [ABSENT]
            ]
        for address, kind in entries:
            shown = [None if value is ABSENT else value for value in (address, kind)]
            self.socket.emit("lookup", None, *shown, self._options.host)
            if self._over:
                return
        good = [(address, kind) for address, kind in entries if is_ip(address) and _is_family(kind)]
        if good:
            self._known_addresses(good)
            return
        address, kind = entries[0]
        if is_ip(address):
            host, port = self._options.host, self._options.port
            wrong: Any = node_error("ERR_INVALID_ADDRESS_FAMILY", _told(kind), host, port)
            wrong.host, wrong.port = host, port
        else:
            wrong = node_error("ERR_INVALID_IP_ADDRESS", _told(address))
        self._defer(lambda self: self.socket.destroy(wrong))

    def _looked_up(self, error: Exception | None, addresses: list[tuple[str, int]]) -> None:
        if self._over:
            return
        if error is not None:
            failure = error
            self.socket.emit("lookup", error, None, None, self._options.host)
            self._defer(lambda self: self.socket.destroy(failure))
            return
        for address, family in addresses:
            self.socket.emit("lookup", None, address, family, self._options.host)
            if self._over:
                return
        self._known_addresses(addresses)

    def _known_addresses(self, addresses: list[tuple[str, int]]) -> None:
        unique = list(dict.fromkeys(addresses))
        first = [entry for entry in unique if entry[1] == unique[0][1]]
        second = [entry for entry in unique if entry[1] != unique[0][1]]
        for position in range(max(len(first), len(second))):
            self._addresses += first[position : position + 1] + second[position : position + 1]
        if len(self._addresses) > 1:
            self._several = True
            self.socket._attempted = []
        self.socket._note_activity()
        self._attempt_next()

    # ---------------------------------------------------------------- attempts

    def _attempt_next(self) -> None:
        self._stop_timer()
        if not self._addresses:
            if not self._attempts and not self._starting:
                self._give_up()
            return
        address, family = self._addresses.pop(0)
        port = self._options.port
        local = self._local_end(family)
        bound, self.socket._bound = self.socket._bound, None
        if local is not None:
            try:
                bound = kernel.bind_client(family, *local)
            except OSError as error:
                self._failed_unseen(error)
                return
        if self._several and self._is_blocked(address, family):
            if bound is not None:
                bound.close()
            self._failed(address, family, node_error("ERR_IP_BLOCKED", address))
            return
        self._starting += 1
        try:
            where: list[Any] = [address, port, family] if family else [address]
            self.socket.emit("connectionAttempt", *where)
        except BaseException:
            if bound is not None:
                bound.close()
            raise
        finally:
            self._starting -= 1
        if self._is_blocked(address, family):
            self.socket.destroy(node_error("ERR_IP_BLOCKED", address))
        if self._over:
            if bound is not None:
                bound.close()
            return
        if self._several and self.socket._attempted is not None:
            self.socket._attempted.append(f"{address}:{port}")
        try:
            # The fourth only where there is one: tests and tools stand in for start_connect().
            whom = (family, address, port)
            sock, number = kernel.start_connect(*whom, *([] if bound is None else [bound]))
        except OSError as error:
            number = error.errno or 0
            local_end = "undefined:undefined" if family else ""
            failure = system_error(number, "connect", address, port or None, local=local_end)
            if family:
                self._failed_at_once(address, family, failure)
            else:
                self._failed(address, family, failure)
            return
        if number not in (0, errno.EINPROGRESS):
            name = kernel.local_name(sock.fileno())
            local_end = f"{name.address}:{name.port}" if name else "undefined:undefined"
            sock.close()
            # What libuv reports at once, Node tells with the local end. It tells a refusal later,
            # and of a path whatever it is, unless no socket can have it.
            if number == errno.ECONNREFUSED if family else number != errno.EINVAL:
                refusal = self._refusal(number, address, family)
                self._defer(Connector._failed, address, family, refusal)
                return
            failure = system_error(number, "connect", address, port or None, local=local_end)
            self._failed_at_once(address, family, failure)
            return
        self._attempts.append(_Attempt(self, address, family, sock))
        if self._addresses:
            msecs = self._options.attempt_timeout
            if msecs is None:
                msecs = get_default_auto_select_family_attempt_timeout()
            self._stop_timer()  # of one that was begun while a listener blocked
            self._timer = self.socket._dispatcher.clock.timer(msecs / 1000)
            left = len(self._addresses)
            self._timer.start(self._defer, Connector._took_long, self._attempts[-1], left)

    def decided(self, attempt: _Attempt) -> None:
        """Hear that the kernel has connected, or given up, one of the attempts."""
        if attempt not in self._attempts:
            return
        number = kernel.connect_error(attempt.sock)
        attempt.stop()
        self._attempts.remove(attempt)
        if number:
            attempt.sock.close()
            error = self._refusal(number, attempt.address, attempt.family)
            self._failed(attempt.address, attempt.family, error)
            return
        self.cancel()
        self.socket._connected(attempt.sock.detach())

    def _is_blocked(self, address: str, family: int) -> bool:
        blocked = self.socket._block_list
        return blocked is not None and family > 0 and blocked.check(address, f"ipv{family}")

    def _local_end(self, family: int) -> tuple[str, float] | None:
        """Address and port to connect from, if any are asked for."""
        options = self._options
        if not family or not (options.local_address or options.local_port):
            return None
        port = 0 if math.isnan(options.local_port) else options.local_port
        return options.local_address or ("::" if family == 6 else "0.0.0.0"), port

    def _refusal(self, number: int, address: str, family: int) -> OSError:
        """The error of an attempt that the peer or the network refuses."""
        port = self._options.port or None
        local = self._local_end(family)
        if local is None or not local[1]:
            return system_error(number, "connect", address, port)
        shown = f"{local[0]}:{inspected(local[1])}"
        error: Any = system_error(number, "connect", address, port, local=shown)
        error.local_address, error.local_port = error.localAddress, error.localPort = local
        return error  # type: ignore[no-any-return]  # an OSError with attributes of its own

    def _failed_unseen(self, error: Exception) -> None:
        """Hear that there was not even an attempt."""
        if not self._several:
            self.socket.destroy(error)
            return
        self._errors.append(error)
        self._attempt_next()

    def _failed(self, address: str, family: int, error: Exception) -> None:
        self._errors.append(error)
        port = self._options.port
        where = (address, port, family) if family else (address, None, None)
        self.socket.emit("connectionAttemptFailed", *where, error)
        if not self._over:
            self._attempt_next()

    def _failed_at_once(self, address: str, family: int, error: OSError) -> None:
        if not self._several:
            self.socket.destroy(error)
        else:
            self._failed(address, family, error)

    def _took_long(self, attempt: _Attempt, left: int) -> None:
        """Bring in the next address, unless a failure has done so: so many were left to try."""
        if attempt in self._attempts:
            self.socket.emit(
                "connectionAttemptTimeout", attempt.address, self._options.port, attempt.family
            )
            if not self._over and len(self._addresses) == left:
                self._attempt_next()

    def _give_up(self) -> None:
        if not self._several:
            self.socket.destroy(self._errors[0])
        else:
            self.socket.destroy(AggregateError(self._errors))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
            self._timer = None
