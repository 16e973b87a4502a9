"""What Linux says about listening: how much waits to be accepted, and what becomes of the rest.

Here are the kernel's own rules and counters, and nothing of a server's; ``docs/backlog.md``
explains them and names their sources. Everything but the drops of a socket is read from ``/proc``
and holds for the network namespace that this process is in.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "KernelError",
    "ListenCounters",
    "TcpSettings",
    "accept_queue_capacity",
    "accept_queue_maximum",
    "listen_counters",
    "parse_netstat",
    "read_setting",
    "socket_drops",
    "syn_give_up_time",
    "syn_retry_times",
    "tcp_settings",
]

#: Where the settings of sysctl(8) are, and the counters of netstat(8).
SETTINGS = Path("/proc/sys")
COUNTERS = Path("/proc/net/netstat")

#: Seconds until a first SYN that nobody answered is sent again (TCP_TIMEOUT_INIT; RFC 6298, 2.1).
FIRST_SYN_TIMEOUT_S = 1.0
#: Seconds after which a SYN is sent again at the latest (TCP_RTO_MAX).
LONGEST_SYN_TIMEOUT_S = 120.0


class KernelError(Exception):
    """The kernel does not tell what was asked; the text says what is missing, and why it may be."""


def accept_queue_maximum(backlog: int, somaxconn: int) -> int:
    """The accept queue's maximum: the backlog as the kernel takes it, listen(2)."""
    return min(backlog, somaxconn)


def accept_queue_capacity(backlog: int, somaxconn: int) -> int:
    """How many connections can wait to be accepted: one more than the maximum.

    The queue counts as full when its length is *greater* than the maximum (``sk_acceptq_is_full``
    in ``include/net/sock.h``), so that a backlog of 0 leaves room for one. Handshakes that end on
    several processors in the same moment may each find the last place free: the queue can be
    longer by one for each further processor.
    """
    return accept_queue_maximum(backlog, somaxconn) + 1


# ---------------------------------------------------------------- counters


@dataclass(frozen=True)
class ListenCounters:
    """How often a listening socket could not take a connection, since the namespace exists.

    The counts are of *packets*: a client whose SYN is dropped sends it again, and is counted again.

    Attributes:
        overflows: ``ListenOverflows``: because the accept queue was full.
        drops: ``ListenDrops``: for whatever reason; the overflows are among them.
    """

    overflows: int
    drops: int

    def since(self, start: ListenCounters) -> ListenCounters:
        """What was counted since ``start``."""
        return ListenCounters(self.overflows - start.overflows, self.drops - start.drops)


def parse_netstat(text: str) -> dict[str, dict[str, int]]:
    """Read ``/proc/net/netstat``: counters by group (``TcpExt``, ``IpExt``…) and name.

    Each group has two lines that begin alike, one of names and one of values.
    """
    lines = [line.split() for line in text.splitlines()]
    groups: dict[str, dict[str, int]] = {}
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        if names[0] != values[0]:
            raise KernelError(f"{COUNTERS}: names of {names[0]!r} above values of {values[0]!r}")
        groups[names[0].rstrip(":")] = {
            name: int(value) for name, value in zip(names[1:], values[1:], strict=True)
        }
    return groups


def listen_counters() -> ListenCounters:
    """Read how often listening sockets of this network namespace could not take a connection.

    Raises:
        KernelError: The kernel does not tell.
    """
    try:
        counters = parse_netstat(COUNTERS.read_text())["TcpExt"]
        return ListenCounters(counters["ListenOverflows"], counters["ListenDrops"])
    except (OSError, KeyError) as error:
        raise KernelError(
            f"no TcpExt ListenOverflows and ListenDrops in {COUNTERS} ({error!r}); "
            "they are told by Linux, and only where /proc is mounted"
        ) from error


#: getsockopt(2): nine numbers about a socket's memory, the last of which is ``SK_MEMINFO_DROPS``
#: (``asm-generic/socket.h``, ``linux/sock_diag.h``). The socket module does not have it.
_SO_MEMINFO = 55
_MEMINFO = struct.Struct("9I")


def socket_drops(fd: int) -> int:
    """How many packets a listening socket has dropped for want of room, since it was made.

    The kernel counts here what it counts in ``ListenDrops`` (``tcp_listendrop``), but for this
    socket alone.

    Raises:
        KernelError: It does not tell.
    """
    try:
        sock = socket.socket(fileno=fd)
        try:
            told = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        finally:
            sock.detach()  # the descriptor stays its owner's
    except OSError as error:
        raise KernelError(
            f"a socket's drops are not told: {error.strerror}; Linux does since 4.12"
        ) from error
    return int(_MEMINFO.unpack(told)[-1])


# ---------------------------------------------------------------- settings


@dataclass(frozen=True)
class TcpSettings:
    """The settings of a network namespace that decide what a client of a full queue sees.

    Attributes:
        somaxconn: ``net.core.somaxconn``: no backlog is taken as more than this.
        syn_linear_timeouts: ``net.ipv4.tcp_syn_linear_timeouts``: how many retries of a SYN come
            a second apart before the time between them doubles. 0 on kernels before 6.5, which do
            not have it.
        syn_retries: ``net.ipv4.tcp_syn_retries``: how many retries come after those.
        abort_on_overflow: ``net.ipv4.tcp_abort_on_overflow``: whether the *last* packet of a
            handshake, if it finds the queue full, is answered by a reset instead of dropped.
        syncookies: ``net.ipv4.tcp_syncookies``: 0 never, 1 when too many handshakes are under way,
            2 always.
    """

    somaxconn: int
    syn_linear_timeouts: int
    syn_retries: int
    abort_on_overflow: bool
    syncookies: int

    @property
    def syn_retry_times(self) -> tuple[float, ...]:
        """Seconds after its first SYN at which a client here sends it again, if it is dropped."""
        return syn_retry_times(self.syn_linear_timeouts, self.syn_retries)

    @property
    def syn_give_up_time(self) -> float:
        """Seconds after its first SYN at which a client here gives up, with ``ETIMEDOUT``."""
        return syn_give_up_time(self.syn_linear_timeouts, self.syn_retries)


def read_setting(name: str, missing: int | None = None) -> int:
    """Read a setting by its name for sysctl(8), such as ``net.core.somaxconn``.

    Args:
        name: Its name, with dots.
        missing: What it counts as on a kernel that does not have it.
    Raises:
        KernelError: This kernel does not have it, and it counts as nothing.
    """
    try:
        return int(SETTINGS.joinpath(*name.split(".")).read_text())
    except FileNotFoundError:
        if missing is not None:
            return missing
        raise KernelError(
            f"this kernel has no setting {name}: it is too old, or no Linux, "
            "or /proc is not mounted"
        ) from None
    except OSError as error:
        raise KernelError(f"the setting {name} cannot be read: {error.strerror}") from error


def tcp_settings() -> TcpSettings:
    """Read the settings of this network namespace.

    Raises:
        KernelError: One is missing that every Linux has.
    """
    return TcpSettings(
        somaxconn=read_setting("net.core.somaxconn"),
        syn_linear_timeouts=read_setting("net.ipv4.tcp_syn_linear_timeouts", missing=0),
        syn_retries=read_setting("net.ipv4.tcp_syn_retries"),
        abort_on_overflow=read_setting("net.ipv4.tcp_abort_on_overflow") != 0,
        # A kernel built without them has no such file.
        syncookies=read_setting("net.ipv4.tcp_syncookies", missing=0),
    )


# ---------------------------------------------------------------- a client whose SYN is dropped


def syn_retry_times(linear_timeouts: int, retries: int) -> tuple[float, ...]:
    """Seconds after the first SYN at which it is sent again as long as nobody answers.

    Args:
        linear_timeouts: ``net.ipv4.tcp_syn_linear_timeouts``; these retries come in addition.
        retries: ``net.ipv4.tcp_syn_retries``.

    These are the earliest times. The kernel's timers are the coarser the longer they run, and
    fire late, never early, by up to an eighth of the step (``kernel/time/timer.c``).
    """
    return _syn_timeouts(linear_timeouts, retries)[:-1]


def syn_give_up_time(linear_timeouts: int, retries: int) -> float:
    """Seconds after the first SYN at which ``connect`` fails with ``ETIMEDOUT``, at the earliest.

    That is one step after the last retry. The arguments are those of `syn_retry_times`.
    """
    return _syn_timeouts(linear_timeouts, retries)[-1]


def _syn_timeouts(linear_timeouts: int, retries: int) -> tuple[float, ...]:
    """When each timeout of a SYN ends; after the last one no SYN is sent.

    The rule is ``tcp_retransmit_timer`` in ``net/ipv4/tcp_timer.c``: the step doubles at each
    timeout from the one after the linear ones on.
    """
    now, step = 0.0, FIRST_SYN_TIMEOUT_S
    times = []
    for number in range(1, linear_timeouts + retries + 2):
        now += step
        times.append(now)
        if number > linear_timeouts:
            step = min(step * 2, LONGEST_SYN_TIMEOUT_S)
    return tuple(times)
