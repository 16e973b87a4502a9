"""A transport whose kernel socket can be tuned: no delay, keep-alive, type of service.

What is set before there is a connection is remembered and applied to it, and to every later one
of the same socket. What the kernel refuses of the first two changes nothing, as in Node. Node:
net, "socket.setNoDelay()", "socket.setKeepAlive()", "socket.setTypeOfService()".
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from gnet import kernel_options
from gnet.checks import check_integer, is_number
from gnet.errors import KeepAliveWarning, node_error, system_error
from gnet.symbols import ABSENT
from gnet.transport import Transport

__all__ = ["KeepAlive", "TunedTransport"]

Self = TypeVar("Self", bound="TunedTransport")

_MOST = 2**31 - 1  # what a C int holds


@dataclass(frozen=True)
class KeepAlive:
    """Whether, and how, the kernel probes an idle peer."""

    enable: bool = False
    delay: int = 0  # seconds of silence before the first probe; 0: the system's
    interval: int = 1  # seconds between probes
    count: int = 10  # unanswered probes that end the connection

    def apply(self, fd: int) -> None:
        """Tell the kernel. Values that mean nothing to it leave it as it is, as in Node."""
        known = self.interval > 0 and self.count > 0
        with contextlib.suppress(OSError):
            kernel_options.set_keep_alive(
                fd, self.enable, self.delay if known else 0, self.interval, self.count
            )


def _whole_seconds(msecs: Any) -> int:
    """Milliseconds cut to seconds; 0 for what is no number, as in Node."""
    if not is_number(msecs) or not math.isfinite(msecs):
        return 0
    return max(-_MOST, min(_MOST, int(msecs / 1000)))


class TunedTransport(Transport):
    """A transport with socket options."""

    __slots__ = ()

    _no_delay: bool = False  # not a state: what the user asked for
    _keep_alive: KeepAlive = KeepAlive()
    _type_of_service: int | None = None

    def set_no_delay(self: Self, enable: Any = True) -> Self:
        """Send small writes at once, instead of gathering them (TCP_NODELAY, Nagle's algorithm).

        Args:
            enable: Whether to; anything is taken by its truth.
        Returns:
            The socket itself.

        May be called at any time; before the connection it is remembered. Does nothing on a Unix
        socket. Node: net, "socket.setNoDelay([noDelay])".
        """
        self._dispatcher.check_thread(self)
        self._no_delay = bool(enable)
        if self._fd is not None:
            with contextlib.suppress(OSError):
                kernel_options.set_no_delay(self._fd, self._no_delay)
        return self

    setNoDelay = set_no_delay

    def set_keep_alive(
        self: Self,
        enable: Any = False,
        initial_delay: Any = 0,
        interval: Any = ABSENT,
        count: Any = ABSENT,
    ) -> Self:
        """Have the kernel probe a peer that has been silent for a while (SO_KEEPALIVE).

        Args:
            enable: Whether to; or one mapping with the keys ``enable``, ``initialDelay``,
                ``interval`` and ``count``, in either spelling.
            initial_delay: Milliseconds of silence before the first probe; 0 leaves the system's
                value, and with it those of interval and count, as they are.
            interval: Milliseconds between probes; 1000 if left out.
            count: How many unanswered probes end the connection with ``ETIMEDOUT``; 10 if left
                out.
        Returns:
            The socket itself.

        Milliseconds are cut to whole seconds, so that less than 1000 changes nothing, with a
        `KeepAliveWarning`. May be called at any time; before the connection it is remembered.
        Node: net, "socket.setKeepAlive([enable][, initialDelay][, interval][, count])".
        Example:
            socket.set_keep_alive(True, 60_000)
        """
        self._dispatcher.check_thread(self)
        if isinstance(enable, Mapping):
            options = enable
            enable = options.get("enable", False)
            initial_delay = options.get("initialDelay", options.get("initial_delay", 0))
            interval = options.get("interval", ABSENT)
            count = options.get("count", ABSENT)
        for name, msecs in (("initial delay", initial_delay), ("interval", interval)):
            if is_number(msecs) and 0 < msecs < 1000:
                warnings.warn(
                    KeepAliveWarning(
                        f"A keep-alive {name} of {msecs} ms changes nothing: "
                        "it is cut to whole seconds."
                    ),
                    stacklevel=2,
                )
        seconds = KeepAlive.interval if interval is ABSENT else _whole_seconds(interval)
        self._keep_alive = KeepAlive(
            bool(enable),
            _whole_seconds(initial_delay),
            KeepAlive.interval if seconds < 0 else seconds,
            int(count)
            if is_number(count) and count % 1 == 0 and 0 <= count <= _MOST
            else KeepAlive.count,
        )
        if self._fd is not None:
            self._keep_alive.apply(self._fd)
        return self

    setKeepAlive = set_keep_alive

    def set_type_of_service(self: Self, tos: int) -> Self:
        """Mark outgoing packets for routers: IP_TOS, or the traffic class of IPv6.

        Args:
            tos: 0 to 255. The kernel keeps the two lowest bits to itself (ECN).
        Returns:
            The socket itself.
        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE`` if it is no number.
            ValueError: ``ERR_OUT_OF_RANGE``.
            OSError: What the kernel has against it, with syscall ``'setTypeOfService'``.

        Before the connection it is remembered. Node: net, "socket.setTypeOfService(tos)".
        Differs: while connecting, too; Node raises ``EBADF`` then, and remembers it all the same.
        """
        self._dispatcher.check_thread(self)
        if isinstance(tos, float) and math.isnan(tos):
            raise node_error("ERR_INVALID_ARG_TYPE", "tos", "number", tos)
        self._type_of_service = check_integer(tos, "tos", 0, 255)
        if self._fd is not None and kernel_options.is_tcp(self._fd):
            try:
                kernel_options.set_type_of_service(self._fd, self._type_of_service)
            except OSError as error:
                raise system_error(error.errno or 0, "setTypeOfService") from None
        return self

    setTypeOfService = set_type_of_service

    def get_type_of_service(self) -> int:
        """What the kernel says of the connection, else what was set for it, else 0.

        Raises:
            OSError: What the kernel has against it, with syscall ``'getTypeOfService'``.

        Node: net, "socket.getTypeOfService()".
        """
        if self._fd is None or not kernel_options.is_tcp(self._fd):
            return self._type_of_service or 0
        try:
            return kernel_options.get_type_of_service(self._fd)
        except OSError as error:
            raise system_error(error.errno or 0, "getTypeOfService") from None

    getTypeOfService = get_type_of_service

    def _tune(self) -> None:
        """Apply what was set to a connection that has just come about."""
        assert self._fd is not None
        if self._no_delay:
            with contextlib.suppress(OSError):
                kernel_options.set_no_delay(self._fd, True)
        if self._keep_alive.enable:
            self._keep_alive.apply(self._fd)
        if self._type_of_service is not None:
            with contextlib.suppress(OSError):
                self.set_type_of_service(self._type_of_service)
