"""Socket options: what the kernel is told, when, and what it is not told."""

from __future__ import annotations

import contextlib
import socket as stdlib_socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import Pair, accepted, expect_event, linked, listening, wait_event

import gnet
from gnet import KeepAliveWarning, Socket

TCP = stdlib_socket.IPPROTO_TCP


def option(socket: Socket, level: int, name: int) -> int:
    """What the kernel has for a connection."""
    assert socket._fd is not None
    borrowed = stdlib_socket.socket(fileno=socket._fd)
    try:
        return borrowed.getsockopt(level, name)
    finally:
        borrowed.detach()


def no_delay(socket: Socket) -> bool:
    """Whether small writes go out at once."""
    return bool(option(socket, TCP, stdlib_socket.TCP_NODELAY))


def keep_alive(socket: Socket) -> tuple[bool, int, int, int]:
    """Whether an idle peer is probed; after how many seconds, how often, how many times."""
    return (
        bool(option(socket, stdlib_socket.SOL_SOCKET, stdlib_socket.SO_KEEPALIVE)),
        option(socket, TCP, stdlib_socket.TCP_KEEPIDLE),
        option(socket, TCP, stdlib_socket.TCP_KEEPINTVL),
        option(socket, TCP, stdlib_socket.TCP_KEEPCNT),
    )


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A connection."""
    with accepted() as connection:
        yield connection


def test_no_delay_is_switched_on_and_off(pair: Pair) -> None:
    """On if nothing is said."""
    assert not no_delay(pair.socket)
    pair.socket.set_no_delay()
    assert no_delay(pair.socket)
    pair.socket.set_no_delay(False)
    assert not no_delay(pair.socket)


def test_keep_alive_takes_milliseconds_and_counts(pair: Pair) -> None:
    """In Node's order."""
    pair.socket.set_keep_alive(True, 60_000, 7_900, 3)
    assert keep_alive(pair.socket) == (True, 60, 7, 3)
    pair.socket.set_keep_alive(True, 60_000.0, 7_900.0, 4.0)
    assert keep_alive(pair.socket) == (True, 60, 7, 4)


def test_keep_alive_takes_keywords_and_both_spellings_of_a_mapping(pair: Pair) -> None:
    """They mean the same."""
    pair.socket.set_keep_alive(enable=True, initial_delay=5000, interval=2000, count=4)
    assert keep_alive(pair.socket) == (True, 5, 2, 4)
    pair.socket.set_keep_alive({"enable": True, "initialDelay": 6000, "interval": 3000})
    assert keep_alive(pair.socket) == (True, 6, 3, 10)
    pair.socket.set_keep_alive({"enable": True, "initial_delay": 8000, "count": 2})
    assert keep_alive(pair.socket) == (True, 8, 1, 2)


def test_keep_alive_has_nodes_defaults(pair: Pair) -> None:
    """Ten probes, a second apart."""
    pair.socket.set_keep_alive(True, 5000)
    assert keep_alive(pair.socket) == (True, 5, 1, 10)
    pair.socket.set_keep_alive()
    assert keep_alive(pair.socket)[0] is False


@pytest.mark.parametrize("delay", [0, -5000, "x", None, float("nan"), 1e15])
def test_a_delay_that_means_nothing_leaves_the_systems(pair: Pair, delay: Any) -> None:
    """Only the probing itself is switched on."""
    _, *before = keep_alive(pair.socket)
    pair.socket.set_keep_alive(True, delay)
    assert keep_alive(pair.socket) == (True, *before)


@pytest.mark.parametrize("delay", [1, 500, 999.9])
def test_a_keep_alive_period_below_a_second_warns(pair: Pair, delay: float) -> None:
    """It is cut to none."""
    _, *before = keep_alive(pair.socket)
    with pytest.warns(KeepAliveWarning, match="initial delay"):
        pair.socket.set_keep_alive(True, delay)
    with pytest.warns(KeepAliveWarning, match="interval"):
        pair.socket.set_keep_alive(True, 3000, delay)
    assert keep_alive(pair.socket) == (True, *before)


def test_type_of_service_reaches_the_kernel(pair: Pair) -> None:
    """And is read from there."""
    pair.socket.set_type_of_service(0x10)
    assert option(pair.socket, stdlib_socket.IPPROTO_IP, stdlib_socket.IP_TOS) == 0x10
    assert pair.socket.get_type_of_service() == 0x10


def test_what_is_set_early_is_applied_to_the_connection() -> None:
    """Before connecting, or while it lasts."""
    with listening() as server:
        address: Any = server.address()
        client = Socket().set_no_delay().set_keep_alive(True, 9000)
        client.connect(address.port, address.address)
        client.set_type_of_service(8)
        assert client.get_type_of_service() == 8
        wait_event(client, "connect")
        assert no_delay(client)
        assert keep_alive(client)[:2] == (True, 9)
        assert option(client, stdlib_socket.IPPROTO_IP, stdlib_socket.IP_TOS) == 8
        client.destroy()


def test_ipv6_has_a_traffic_class() -> None:
    """The same byte under another name."""
    server = gnet.create_server().listen(0, "::1")
    wait_event(server, "listening")
    address: Any = server.address()
    connection = expect_event(server, "connection")
    client = gnet.connect(address.port, "::1")
    wait_event(client, "connect")
    client.set_type_of_service(16)
    assert option(client, stdlib_socket.IPPROTO_IPV6, stdlib_socket.IPV6_TCLASS) == 16
    assert client.get_type_of_service() == 16
    [socket] = connection.wait()
    socket.destroy()
    client.destroy()
    server.close()


def test_a_unix_socket_ignores_what_only_tcp_has(tmp_path: Path) -> None:
    """The type of service is remembered all the same."""
    server = gnet.create_server().listen(str(tmp_path / "x"))
    connection = expect_event(server, "connection")
    client = gnet.connect(str(tmp_path / "x"))
    [socket] = connection.wait()
    client.set_no_delay().set_keep_alive(True, 5000).set_type_of_service(4)
    assert client.get_type_of_service() == 4
    for end in (client, socket):
        end.destroy()
    server.close()


def test_the_kernels_refusal_of_a_type_of_service_is_raised(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the name of Node's call."""

    def refuse(*_: int) -> int:
        raise PermissionError(1, "no")

    monkeypatch.setattr("gnet.kernel_options.set_type_of_service", refuse)
    monkeypatch.setattr("gnet.kernel_options.get_type_of_service", refuse)
    calls = [lambda: pair.socket.set_type_of_service(8), pair.socket.get_type_of_service]
    for name, call in zip(("set", "get"), calls, strict=True):
        with pytest.raises(PermissionError) as caught:
            call()
        error: Any = caught.value
        assert (error.code, error.syscall) == ("EPERM", f"{name}TypeOfService")


def test_a_refusal_while_connecting_keeps_nobody_from_connecting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The connection is healthy otherwise."""

    def refuse(*_: int) -> None:
        raise PermissionError(1, "no")

    for name in ("set_type_of_service", "set_keep_alive", "set_no_delay"):
        monkeypatch.setattr(f"gnet.kernel_options.{name}", refuse)
    with listening() as server, contextlib.ExitStack() as stack:
        address: Any = server.address()
        client = Socket().set_no_delay().set_keep_alive(True, 2000).set_type_of_service(8)
        stack.callback(client.destroy)
        client.connect(address.port, address.address)
        wait_event(client, "connect")


def test_both_ends_are_tuned_apart() -> None:
    """An accepted socket has the same methods."""
    with linked() as (socket, client):
        socket.set_no_delay().set_keep_alive(True, 4000)
        assert no_delay(socket)
        assert keep_alive(socket)[1] == 4
        assert not no_delay(client)
