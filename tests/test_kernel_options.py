"""What is set and asked on kernel sockets is what the kernel then says."""

from __future__ import annotations

import socket as stdlib_socket
from collections.abc import Iterator
from typing import Any

import pytest

from gnet import kernel_options


@pytest.fixture
def tcp_pair() -> Iterator[tuple[stdlib_socket.socket, stdlib_socket.socket]]:
    """Two ends of one TCP connection."""
    with stdlib_socket.create_server(("127.0.0.1", 0)) as listener:
        client = stdlib_socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
    with client, accepted:
        yield client, accepted


def tcp_option(sock: stdlib_socket.socket, name: str) -> int:
    """What the kernel has for a TCP option."""
    return sock.getsockopt(stdlib_socket.IPPROTO_TCP, getattr(stdlib_socket, name))


def test_no_delay_is_the_kernels_option(tcp_pair: Any) -> None:
    """On, and off again."""
    client, _ = tcp_pair
    for enable in (True, False):
        kernel_options.set_no_delay(client.fileno(), enable)
        assert bool(tcp_option(client, "TCP_NODELAY")) is enable


def test_keep_alive_sets_when_and_how_often_to_probe(tcp_pair: Any) -> None:
    """In whole seconds."""
    client, _ = tcp_pair
    kernel_options.set_keep_alive(client.fileno(), True, 30, 5, 3)
    assert client.getsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_KEEPALIVE)
    probes = [tcp_option(client, f"TCP_KEEP{name}") for name in ("IDLE", "INTVL", "CNT")]
    assert probes == [30, 5, 3]


def test_keep_alive_without_a_delay_leaves_the_systems_times(tcp_pair: Any) -> None:
    """And switching it off leaves them, too."""
    client, _ = tcp_pair
    before = [tcp_option(client, f"TCP_KEEP{name}") for name in ("IDLE", "INTVL", "CNT")]
    for enable in (True, False):
        kernel_options.set_keep_alive(client.fileno(), enable, 0, 5, 3)
        option = client.getsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_KEEPALIVE)
        assert bool(option) is enable
    assert before == [tcp_option(client, f"TCP_KEEP{name}") for name in ("IDLE", "INTVL", "CNT")]


def test_a_close_after_asking_for_it_is_a_reset_for_the_peer(tcp_pair: Any) -> None:
    """Instead of the end of the data."""
    client, accepted = tcp_pair
    kernel_options.reset_at_close(client.fileno())
    client.close()
    with pytest.raises(ConnectionResetError):
        accepted.recv(1)
