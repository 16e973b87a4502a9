"""Hostile and broken peers beside a healthy client, which must not notice.

Each test has a server with one peer that talks to it all the time, and does something nasty to the
server meanwhile. Everything is bounded by counts, never by time.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket as stdlib_socket
import struct
from collections.abc import Iterator
from typing import Any

import gevent
import gevent.socket
import pytest
from gevent.event import Event
from support import (
    fill_until_blocked,
    guarded,
    listening,
    must_call,
    must_not_call,
    raw_connect,
    receive_exactly,
    settle,
)

import gnet
from gnet import Server, Socket

Uncaught = list[tuple[Any, type[BaseException], BaseException]]


def reset(peer: gevent.socket.socket) -> None:
    """Close with an RST instead of a FIN."""
    peer.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


class Healthy:
    """A client that sends a line, waits for its echo, and so on; it counts the rounds."""

    def __init__(self, server: Server) -> None:
        self.rounds = 0
        self._over = False
        self._peer = raw_connect(server)
        self._greenlet = gevent.spawn(self._talk)
        self._round = Event()
        self._signs: list[Any] = [self._round, self._greenlet]

    def _talk(self) -> None:
        while not self._over:
            line = b"line %d\n" % self.rounds
            self._peer.sendall(line)
            assert receive_exactly(self._peer, len(line)) == line
            self.rounds += 1
            self._round.set()

    def goes_on(self, rounds: int = 5) -> None:
        """Wait for some more rounds; they must come."""
        aim = self.rounds + rounds
        with guarded("the healthy client"):
            while self.rounds < aim:
                self._round.clear()
                gevent.wait(self._signs, count=1)
                if self._greenlet.ready():
                    self._greenlet.get()  # raises what it died of

    def stop(self) -> None:
        """Finish the round and close."""
        self._over = True
        with guarded("the healthy client's end"):
            self._greenlet.get()
        self._peer.close()


def echo(socket: Socket) -> None:
    """Serve the healthy client and everybody else."""

    def on_data(chunk: bytes) -> None:
        if not socket.write(chunk):
            socket.pause()
            socket.once("drain", socket.resume)

    socket.on("data", on_data)
    socket.on("error", lambda error: None)


@contextlib.contextmanager
def served(**options: Any) -> Iterator[tuple[Server, Healthy]]:
    """An echo server with its healthy client, which must still be well in the end."""
    with listening(echo, **options) as server:
        healthy = Healthy(server)
        healthy.goes_on()
        yield server, healthy
        healthy.goes_on()
        healthy.stop()
        with guarded("the connections to be gone"):
            while server.connections:
                gevent.sleep(0)


def test_a_storm_of_resets_harms_nobody() -> None:
    """Three hundred connections, each reset at another moment of its life."""
    order = random.Random(3)
    with served() as (server, healthy):
        for number in range(300):
            peer = raw_connect(server)
            match order.randrange(4):
                case 1:
                    peer.sendall(b"x" * order.randrange(1, 100_000))
                case 2:
                    peer.sendall(b"x")
                    receive_exactly(peer, 1)
                case 3:
                    peer.shutdown(stdlib_socket.SHUT_WR)
            reset(peer)
            if number % 50 == 0:
                healthy.goes_on(1)


def test_a_reset_nobody_listens_for_is_one_line_each(uncaught: Uncaught) -> None:
    """Without an 'error' listener each is reported once, and the server goes on."""

    def careless(socket: Socket) -> None:
        socket.on("data", socket.write)

    with listening(careless) as server:
        healthy = Healthy(server)
        for _ in range(20):
            peer = raw_connect(server)
            peer.sendall(b"x")
            receive_exactly(peer, 1)
            reset(peer)
        healthy.goes_on()
        with guarded("the reports"):
            while len(uncaught) < 20:
                gevent.sleep(0)
        healthy.stop()
    assert len(uncaught) == 20
    assert {type(value).__name__ for _, _, value in uncaught} == {"ConnectionResetError"}
    assert all(value.__traceback__ is None for _, _, value in uncaught)


def test_peers_that_connect_and_vanish_leave_nothing() -> None:
    """Five hundred that close before the server has said a word."""
    with served() as (server, healthy):
        for number in range(500):
            raw_connect(server).close()
            if number % 100 == 0:
                healthy.goes_on(1)


def test_peers_that_vanish_in_the_accept_queue_are_no_errors() -> None:
    """They are reset before the server accepts them."""
    with served() as (server, healthy):
        server.on("error", must_not_call())
        acceptor: Any = server._acceptor
        acceptor.stop_accepting()
        for _ in range(50):
            reset(raw_connect(server))
        acceptor.start_accepting()
        healthy.goes_on()


def test_garbage_is_data_like_any_other() -> None:
    """Random bytes in random pieces come back as they were."""
    order = random.Random(4)
    with served() as (server, healthy):
        for _ in range(20):
            with contextlib.closing(raw_connect(server)) as peer:
                data = order.randbytes(order.randrange(1, 50_000))
                position = 0
                while position < len(data):
                    step = order.randrange(1, 20_000)
                    peer.sendall(data[position : position + step])
                    position += step
                assert receive_exactly(peer, len(data)) == data
        healthy.goes_on()


@pytest.mark.parametrize("encoding", ["utf8", "utf16le", "base64", "ascii", "latin1", "hex"])
def test_garbage_does_not_break_a_decoder(encoding: str) -> None:
    """Whatever comes becomes some text."""
    order = random.Random(5)
    texts: list[str] = []

    def serve(socket: Socket) -> None:
        socket.set_encoding(encoding)
        socket.on("data", texts.append)
        socket.on("end", ended)

    ended = must_call(times=20)
    with listening(serve) as server:
        for _ in range(20):
            with contextlib.closing(raw_connect(server)) as peer:
                for _ in range(5):
                    peer.sendall(order.randbytes(order.randrange(1, 100)))
        ended.wait()
    assert all(isinstance(text, str) for text in texts)


def test_many_that_send_a_byte_now_and_then_cost_no_greenlet_each() -> None:
    """Slow peers occupy a descriptor, no worker; the healthy one feels nothing."""
    with served() as (server, healthy):
        slow = [raw_connect(server) for _ in range(100)]
        for byte in b"slow":
            for peer in slow:
                peer.sendall(bytes([byte]))
            healthy.goes_on(1)
        for peer in slow:
            assert receive_exactly(peer, 4) == b"slow"
            peer.close()


def test_a_peer_that_never_reads_is_given_a_bounded_amount() -> None:
    """A server that heeds ``write`` returning False holds one chunk, however much is asked."""
    held: list[int] = []

    def flood(socket: Socket) -> None:
        socket.on("error", lambda error: None)

        def on_data(chunk: bytes) -> None:
            if chunk != b"flood":
                socket.write(chunk)
                return
            while socket.write(bytes(2**18)):
                pass
            held.append(socket.writable_length)

        socket.on("data", on_data)

    with listening(flood) as server:
        healthy = Healthy(server)
        deaf = [raw_connect(server) for _ in range(10)]
        for peer in deaf:
            peer.sendall(b"flood")
        with guarded("all to be full"):
            while len(held) < 10:
                gevent.sleep(0)
        assert max(held) <= 2**18
        healthy.goes_on()
        for peer in deaf:
            peer.close()
        healthy.goes_on()
        healthy.stop()


def test_a_peer_that_sends_and_never_reads_is_held_back() -> None:
    """An echo server that pauses takes no more than its buffers from it."""
    with served() as (server, healthy):
        peer = raw_connect(server)
        sent = fill_until_blocked(peer)
        assert sent < 64 * 2**20
        healthy.goes_on()
        assert len(receive_exactly(peer, sent)) == sent
        peer.close()


def test_a_flood_above_the_limit_leaves_the_ones_inside_alone() -> None:
    """Each is told at once that there is no place; the healthy client keeps its own."""
    with served() as (server, healthy):
        server.max_connections = 1
        dropped = must_call(times=200)
        server.on("drop", dropped)
        peers = [raw_connect(server) for _ in range(200)]
        for peer in peers:
            assert receive_exactly(peer, 1) == b""
            peer.close()
        dropped.wait()
        assert server.connections == 1
        healthy.goes_on()


def test_a_flood_over_half_closed_connections_ends() -> None:
    """Each peer ends at once and waits for the echo of what it sent before."""
    with served() as (server, healthy):
        peers = [raw_connect(server) for _ in range(100)]
        for peer in peers:
            peer.sendall(b"x" * 1000)
            peer.shutdown(stdlib_socket.SHUT_WR)
        for peer in peers:
            assert receive_exactly(peer, 2000) == b"x" * 1000
            peer.close()
        healthy.goes_on()


def test_listeners_that_raise_harm_only_their_own(uncaught: Uncaught) -> None:
    """Each is reported once."""

    def fragile(socket: Socket) -> None:
        def on_data(chunk: bytes) -> None:
            if chunk == b"die":
                raise RuntimeError("as told")
            socket.write(chunk)

        socket.on("data", on_data)

    with listening(fragile) as server:
        healthy = Healthy(server)
        for _ in range(50):
            with contextlib.closing(raw_connect(server)) as peer:
                peer.sendall(b"die")
                assert receive_exactly(peer, 1) == b""
        healthy.goes_on()
        healthy.stop()
    assert len(uncaught) == 50


def test_listeners_that_block_for_ever_harm_only_their_own() -> None:
    """They hold a greenlet each, and are let go of with their socket's worker."""
    gate = Event()

    def stubborn(socket: Socket) -> None:
        def on_data(chunk: bytes) -> None:
            if chunk == b"stay":
                gate.wait()
            else:
                socket.write(chunk)

        socket.on("data", on_data)

    with listening(stubborn) as server:
        healthy = Healthy(server)
        peers = [raw_connect(server) for _ in range(100)]
        for peer in peers:
            peer.sendall(b"stay")
        healthy.goes_on()
        gate.set()
        for peer in peers:
            peer.sendall(b"echo")
            assert receive_exactly(peer, 4) == b"echo"
            peer.close()
        healthy.stop()


def test_urgent_data_is_no_trouble() -> None:
    """A byte out of band is skipped or delivered, and nothing breaks."""
    with served() as (server, healthy):
        with contextlib.closing(raw_connect(server)) as peer:
            peer.sendall(b"one")
            peer.send(b"!", stdlib_socket.MSG_OOB)
            peer.sendall(b"two")
            got = receive_exactly(peer, 6)
            assert got.replace(b"!", b"")[:5] == b"onetw"
        healthy.goes_on()


def test_two_servers_that_pump_into_each_other_stop_when_one_goes() -> None:
    """What one echoes the other echoes back, until it is destroyed."""
    with listening(echo) as server:
        address: Any = server.address()
        client = gnet.connect(address.port, address.address)
        rounds = [0]

        def back(chunk: bytes) -> None:
            rounds[0] += 1
            if rounds[0] == 100:
                client.destroy()
            else:
                client.write(chunk)

        client.on("data", back)
        client.on("close", must_call())
        client.write(b"x")
        gnet.once(client, "close")
        with guarded("the other end"):
            while server.connections:
                gevent.sleep(0)
        assert rounds == [100]


def test_no_descriptor_is_left_after_a_mixture_of_all() -> None:
    """Connected, reset, half-closed, refused, destroyed: all of it in one server."""
    order = random.Random(6)
    before = len(os.listdir("/proc/self/fd"))
    with listening(echo) as server:
        server.max_connections = 30
        server.on("connection", lambda s: order.random() < 0.2 and s.destroy() and None)
        peers: list[gevent.socket.socket] = []
        for _ in range(300):
            with contextlib.suppress(OSError):  # the server may have destroyed it by now
                peer = raw_connect(server)
                peers.append(peer)
                peer.sendall(b"x" * order.randrange(100))
                if order.random() < 0.3:
                    peer.shutdown(stdlib_socket.SHUT_WR)
            if len(peers) > 20:
                one = peers.pop(order.randrange(len(peers)))
                reset(one) if order.random() < 0.5 else one.close()
        for peer in peers:
            peer.close()
        with guarded("the connections to be gone"):
            while server.connections:
                gevent.sleep(0)
        settle()
    settle()
    assert len(os.listdir("/proc/self/fd")) <= before
