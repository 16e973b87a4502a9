"""Names of both ends: asked for once, and true to the connection there is."""

from __future__ import annotations

import errno
import os
import socket as stdlib_socket
import struct
from typing import Any

import pytest
from support import expect_event, linked, listening, wait_event

import gnet


def test_both_ends_name_each_other() -> None:
    """What one calls local, the other calls remote."""
    with linked() as (socket, client):
        assert (socket.remote_address, socket.remote_port) == (
            client.local_address,
            client.local_port,
        )
        assert (socket.local_address, socket.local_port) == (
            client.remote_address,
            client.remote_port,
        )


def test_the_peers_name_stays_only_if_it_was_asked_for() -> None:
    """As in Node, closing asks the kernel nothing."""
    with linked() as (_, client):
        assert client.remote_address == "127.0.0.1"
        client.destroy()
        wait_event(client, "close")
        assert client.remote_address == "127.0.0.1"
        assert client.local_address is None


def test_a_second_connection_has_names_of_its_own() -> None:
    """Nothing is remembered of the first."""
    with listening() as one, listening() as other:
        ports = []
        client = gnet.Socket()
        for server in (one, other):
            address: Any = server.address()
            connection = expect_event(server, "connection")
            client.connect(address.port, address.address)
            assert client.remote_port is None
            wait_event(client, "connect")
            assert client.remote_port == address.port
            ports.append(client.local_port)
            [socket] = connection.wait()
            socket.destroy()
            client.destroy()
            wait_event(client, "close")
        assert ports[0] != ports[1]


def test_the_descriptor_of_an_open_socket_is_no_other_sockets() -> None:
    """``EEXIST``, as in Node; both would receive, and close what the other still watches."""
    with linked() as (socket, client):
        for owner in (socket, client):
            with pytest.raises(OSError, match="open EEXIST") as caught:
                gnet.Socket(fd=owner.fileno())
            assert (caught.value.errno, caught.value.syscall) == (errno.EEXIST, "open")  # type: ignore[attr-defined]
        data = expect_event(client, "data")
        socket.write(b"hello")
        assert data.wait() == [b"hello"]


def test_a_descriptor_that_comes_again_is_a_new_one() -> None:
    """Once it was closed, its number says nothing about its first owner."""
    one, other = stdlib_socket.socketpair()
    with other:
        number = one.detach()
        first = gnet.Socket(fd=number)
        first.destroy()
        os.dup2(other.fileno(), number)
        gnet.Socket(fd=number).destroy()
        wait_event(first, "close")


def test_a_peer_that_is_gone_already_has_a_name_for_who_asks_at_once() -> None:
    """Who writes a log wants to know who it was, and ``getpeername`` cannot tell any more."""
    names: list[Any] = []
    with listening() as server:
        address: Any = server.address()
        peer = stdlib_socket.create_connection((address.address, address.port))
        port = peer.getsockname()[1]
        linger = struct.pack("ii", 1, 0)  # close with an RST
        peer.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, linger)
        peer.close()
        server.once("connection", lambda socket: names.append(socket.remote_port))
        connection = expect_event(server, "connection")
        [socket] = connection.wait()
        assert names == [port]
        assert socket.remote_port == port
        socket.destroy()
