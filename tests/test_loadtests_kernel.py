"""`loadtests.kernel`: the accept queue's rule, counters, settings, retries of a SYN."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time
from pathlib import Path

import pytest
from support import GUARD_S

from gnet.kernel_options import accept_queue
from loadtests import kernel
from loadtests.kernel import (
    KernelError,
    ListenCounters,
    accept_queue_capacity,
    accept_queue_maximum,
    listen_counters,
    parse_netstat,
    read_setting,
    socket_drops,
    syn_give_up_time,
    syn_retry_times,
    tcp_settings,
)

NETSTAT = """\
TcpExt: SyncookiesSent ListenOverflows ListenDrops
TcpExt: 0 7 9
IpExt: InNoRoutes InOctets
IpExt: 1 12345678901
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory in place of ``/proc/sys``, with what a kernel of before 6.5 has."""
    for name, value in (
        ("net/core/somaxconn", 4096),
        ("net/ipv4/tcp_syn_retries", 6),
        ("net/ipv4/tcp_abort_on_overflow", 1),
        ("net/ipv4/tcp_syncookies", 1),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    monkeypatch.setattr(kernel, "SETTINGS", tmp_path)
    return tmp_path


# ---------------------------------------------------------------- the queue


@pytest.mark.parametrize(
    ("backlog", "somaxconn", "capacity"),
    [(0, 4096, 1), (1, 4096, 2), (16, 4096, 17), (511, 128, 129)],
)
def test_one_connection_more_than_the_maximum_can_wait(
    backlog: int, somaxconn: int, capacity: int
) -> None:
    """The queue is full when it is longer than min(backlog, somaxconn); listen(2)."""
    assert accept_queue_capacity(backlog, somaxconn) == capacity


@pytest.mark.parametrize("backlog", [1, 16])
def test_this_kernel_keeps_the_rule(backlog: int) -> None:
    """So many handshakes end, one after the other; the next SYN is dropped, and counted."""
    somaxconn = tcp_settings().somaxconn
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=backlog))
        for _ in range(accept_queue_capacity(backlog, somaxconn)):
            stack.enter_context(socket.create_connection(listener.getsockname(), GUARD_S))
        full = accept_queue(listener.fileno())
        before = listen_counters()
        late = stack.enter_context(socket.socket())
        late.setblocking(False)
        assert late.connect_ex(listener.getsockname()) == errno.EINPROGRESS
        deadline = time.monotonic() + GUARD_S
        while listen_counters().since(before).overflows < 1:
            assert time.monotonic() < deadline, "no overflow was counted"
        assert listen_counters().since(before).drops >= 1
        assert select.select([], [late], [], 0)[1] == []
        assert accept_queue(listener.fileno()) == full
    assert full is not None
    assert full.length == accept_queue_capacity(backlog, somaxconn)
    assert full.maximum == accept_queue_maximum(backlog, somaxconn)


# ---------------------------------------------------------------- counters


def test_netstat_is_read_by_group_and_name() -> None:
    """A line of names and one of values belong together."""
    assert parse_netstat(NETSTAT) == {
        "TcpExt": {"SyncookiesSent": 0, "ListenOverflows": 7, "ListenDrops": 9},
        "IpExt": {"InNoRoutes": 1, "InOctets": 12345678901},
    }


def test_lines_of_netstat_that_do_not_belong_together_are_refused() -> None:
    """Rather than give a value another one's name."""
    with pytest.raises(KernelError, match="TcpExt"):
        parse_netstat("TcpExt: ListenDrops\nIpExt: 1\n")


def test_the_counters_are_those_of_tcp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``ListenOverflows`` and ``ListenDrops`` of ``TcpExt``."""
    path = tmp_path / "netstat"
    path.write_text(NETSTAT)
    monkeypatch.setattr(kernel, "COUNTERS", path)
    assert listen_counters() == ListenCounters(overflows=7, drops=9)


@pytest.mark.parametrize("text", [None, "TcpExt: SyncookiesSent\nTcpExt: 0\n"])
def test_a_kernel_that_does_not_count_is_named(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the file is missing or the counter in it."""
    path = tmp_path / "netstat"
    if text is not None:
        path.write_text(text)
    monkeypatch.setattr(kernel, "COUNTERS", path)
    with pytest.raises(KernelError, match=r"ListenOverflows and ListenDrops in .*/netstat"):
        listen_counters()


def test_counters_are_told_since_a_start() -> None:
    """They are the namespace's, and older than any test."""
    assert ListenCounters(12, 15).since(ListenCounters(10, 11)) == ListenCounters(2, 4)


# ---------------------------------------------------------------- settings


def test_a_setting_is_read_by_its_name(settings: Path) -> None:
    """As sysctl(8) spells it."""
    assert read_setting("net.core.somaxconn") == 4096


def test_a_setting_that_is_missing_is_named(settings: Path) -> None:
    """With what may be the reason."""
    with pytest.raises(KernelError, match=r"no setting net\.ipv4\.tcp_new: it is too old"):
        read_setting("net.ipv4.tcp_new")


def test_a_setting_that_cannot_be_read_is_named(settings: Path) -> None:
    """With the system's reason."""
    with pytest.raises(KernelError, match=r"net\.core cannot be read: Is a directory"):
        read_setting("net.core")


def test_a_kernel_without_linear_timeouts_has_none(settings: Path) -> None:
    """Before 6.5 the time between SYNs doubled from the first one on."""
    found = tcp_settings()
    assert found.syn_linear_timeouts == 0
    assert found.syn_retry_times == (1, 3, 7, 15, 31, 63)
    assert found.abort_on_overflow


def test_linear_timeouts_are_read_where_there_are_some(settings: Path) -> None:
    """The default of 6.5 and later is four."""
    settings.joinpath("net/ipv4/tcp_syn_linear_timeouts").write_text("4\n")
    found = tcp_settings()
    assert found.syn_retry_times == syn_retry_times(4, 6)
    assert found.syn_give_up_time == 131


# ---------------------------------------------------------------- retries


@pytest.mark.parametrize(
    ("linear_timeouts", "retries", "times", "give_up"),
    [
        # ip-sysctl: "67seconds (with tcp_syn_linear_timeouts = 4) till the last retransmission",
        # and the final timeout after 131.
        (4, 6, (1, 2, 3, 4, 5, 7, 11, 19, 35, 67), 131),
        # The same before there were linear timeouts: 63 seconds, and 127.
        (0, 6, (1, 3, 7, 15, 31, 63), 127),
        (1, 6, (1, 2, 4, 8, 16, 32, 64), 128),
        (2, 2, (1, 2, 3, 5), 9),
        (0, 3, (1, 3, 7), 15),
    ],
)
def test_a_dropped_syn_is_sent_again_at_the_documented_times(
    linear_timeouts: int, retries: int, times: tuple[float, ...], give_up: float
) -> None:
    """Linear retries come first and in addition."""
    assert syn_retry_times(linear_timeouts, retries) == times
    assert syn_give_up_time(linear_timeouts, retries) == give_up


def test_the_time_between_syns_has_an_upper_limit() -> None:
    """Two minutes, TCP_RTO_MAX."""
    assert syn_retry_times(0, 8) == (1, 3, 7, 15, 31, 63, 127, 247)
    assert syn_give_up_time(0, 8) == 367


# ---------------------------------------------------------------- drops of a socket


def test_a_socket_tells_what_it_has_dropped_itself() -> None:
    """Each SYN that finds its queue full, and none of another socket's."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(4)]
        full, other, *peers = sockets
        for listener in (full, other):
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
        peers[0].connect(full.getsockname())  # the one place that there is
        assert socket_drops(full.fileno()) == 0
        peers[1].setblocking(False)
        assert peers[1].connect_ex(full.getsockname()) == errno.EINPROGRESS
        assert (socket_drops(full.fileno()), socket_drops(other.fileno())) == (1, 0)


def test_what_is_no_socket_has_no_drops(tmp_path: Path) -> None:
    """It is said, and in words."""
    with (tmp_path / "file").open("w") as file, pytest.raises(KernelError, match="drops are not"):
        socket_drops(file.fileno())
