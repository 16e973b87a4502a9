"""Taking connections: what accepted sockets get, and closing many of them at once."""

from __future__ import annotations

import contextlib
import math
import os
import socket as stdlib_socket
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
import pytest
from gevent.event import Event
from support import (
    Pair,
    accept_on,
    accepted,
    expect_event,
    guarded,
    listening,
    must_call,
    must_not_call,
    raw_connect,
    receive_exactly,
    settle,
    wait_event,
)

import gnet
from gnet import BlockList, GnetTypeError, Server, Socket, create_server

IPPROTO_TCP, SOL_SOCKET = stdlib_socket.IPPROTO_TCP, stdlib_socket.SOL_SOCKET


def kernel_option(socket: Socket, level: int, option: int) -> int:
    """What the kernel says about an open socket."""
    with stdlib_socket.socket(fileno=os.dup(socket.fileno())) as view:
        return view.getsockopt(level, option)


# ---------------------------------------------------------------- options


@pytest.mark.parametrize("enable", [True, False])
def test_no_delay_reaches_the_kernel(enable: bool) -> None:
    """Of each accepted socket."""
    with accepted(no_delay=enable) as pair:
        assert bool(kernel_option(pair.socket, IPPROTO_TCP, stdlib_socket.TCP_NODELAY)) is enable


def test_keep_alive_reaches_the_kernel() -> None:
    """With the delay in whole seconds, and Node's interval and count."""
    with accepted(keep_alive=True, keep_alive_initial_delay=7999) as pair:
        assert kernel_option(pair.socket, SOL_SOCKET, stdlib_socket.SO_KEEPALIVE)
        assert kernel_option(pair.socket, IPPROTO_TCP, stdlib_socket.TCP_KEEPIDLE) == 7
        assert kernel_option(pair.socket, IPPROTO_TCP, stdlib_socket.TCP_KEEPINTVL) == 1
        assert kernel_option(pair.socket, IPPROTO_TCP, stdlib_socket.TCP_KEEPCNT) == 10


def test_keep_alive_without_a_delay_leaves_the_systems() -> None:
    """Two hours, as a rule."""
    with accepted(keep_alive=True) as pair, accepted() as other:
        assert kernel_option(pair.socket, SOL_SOCKET, stdlib_socket.SO_KEEPALIVE)
        assert not kernel_option(other.socket, SOL_SOCKET, stdlib_socket.SO_KEEPALIVE)
        idle = stdlib_socket.TCP_KEEPIDLE
        assert kernel_option(pair.socket, IPPROTO_TCP, idle) == kernel_option(
            other.socket, IPPROTO_TCP, idle
        )


def test_options_of_tcp_mean_nothing_to_a_unix_socket(tmp_path: Path) -> None:
    """Nothing is set, and nothing goes wrong."""
    server = create_server({"noDelay": True, "keepAlive": True, "highWaterMark": 5})
    server.listen(os.fspath(tmp_path / "s"))
    served = expect_event(server, "connection")
    with gnet.connect(os.fspath(tmp_path / "s")):
        [socket] = served.wait()
        assert socket.writable_high_water_mark == 5
        socket.destroy()
    server.close()


def test_a_paused_connection_is_read_by_a_loop() -> None:
    """Asking for data is as good as resume()."""
    with accepted(pause_on_connect=True) as pair:
        pair.peer.sendall(b"hello")
        pair.peer.shutdown(stdlib_socket.SHUT_WR)
        assert b"".join(pair.socket) == b"hello"


def test_a_server_with_options_still_has_its_limit() -> None:
    """The other way to accept refuses as the usual one does."""
    with listening(no_delay=True) as server:
        server.max_connections = 1
        with accept_on(server):
            dropped = expect_event(server, "drop")
            with contextlib.closing(raw_connect(server)) as peer:
                [info] = dropped.wait()
                assert info.remote_port == peer.getsockname()[1]
                assert receive_exactly(peer, 1) == b""
            assert server.connections == 1


def test_an_option_that_is_taken_back_is_gone() -> None:
    """The next connection is as if it had never been set."""
    with listening(no_delay=True) as server:
        server.no_delay = False
        with accept_on(server) as pair:
            assert not kernel_option(pair.socket, IPPROTO_TCP, stdlib_socket.TCP_NODELAY)


@pytest.mark.parametrize("value", [1.5, float("nan"), float("inf")])
def test_a_high_water_mark_that_is_no_whole_number_is_refused(value: float) -> None:
    """At once, where Node fails at the first connection."""
    with pytest.raises(GnetTypeError) as caught:
        create_server(high_water_mark=value)
    assert caught.value.code == "ERR_INVALID_ARG_VALUE"


@pytest.mark.parametrize("delay", [2**31 * 1000, 1e15, 1e20], ids=["2**31 s", "1e15", "1e20"])
def test_a_keep_alive_delay_of_any_size_keeps_nobody_out(delay: float) -> None:
    """The kernel refuses it, and the connection is served."""
    with accepted(keep_alive=True, keep_alive_initial_delay=delay) as pair:
        assert kernel_option(pair.socket, SOL_SOCKET, stdlib_socket.SO_KEEPALIVE)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(2.5, 2), ("abc", 0), ("7", 7), (2**40, 0), (2**32 + 3, 3), (None, 0), (math.inf, 0)],
)
def test_a_keep_alive_delay_that_is_set_is_taken_as_node_takes_it(value: Any, seconds: int) -> None:
    """By the lowest 32 bits of the whole number that it is in JavaScript."""
    with listening(keep_alive=True) as server:
        server.keep_alive_initial_delay = value
        assert server.keep_alive_initial_delay == seconds
        with accept_on(server) as pair:
            assert kernel_option(pair.socket, SOL_SOCKET, stdlib_socket.SO_KEEPALIVE)
            if seconds:
                idle = kernel_option(pair.socket, IPPROTO_TCP, stdlib_socket.TCP_KEEPIDLE)
                assert idle == seconds


@pytest.mark.parametrize("value", ["abc", 1.5, math.nan, math.inf, -5, True])
def test_a_high_water_mark_that_is_set_is_checked(value: Any) -> None:
    """With the code that Node raises at the next connection; the server keeps what it had."""
    server = Server(high_water_mark=7)
    with pytest.raises(GnetTypeError) as caught:
        server.high_water_mark = value
    assert caught.value.code == "ERR_INVALID_ARG_VALUE"
    assert server.high_water_mark == 7
    server.high_water_mark = None
    assert server.high_water_mark == 65536


# ---------------------------------------------------------------- block lists


class OwnBlockList(BlockList):
    """A program's own idea of whom to refuse, for which it asks around."""

    __slots__ = ("asked",)

    def check(self, address: Any, type: str = "ipv4") -> bool:
        """Wait for somebody, as for a database."""
        self.asked = address
        gevent.sleep(0)
        return True


def test_a_list_of_the_programs_own_may_wait_before_it_answers() -> None:
    """It is asked where listeners run, and not in the hub."""
    blocked = OwnBlockList()
    with listening(block_list=blocked) as server:
        server.on("connection", must_not_call()).on("drop", must_not_call())
        with contextlib.closing(raw_connect(server)) as peer:
            assert receive_exactly(peer, 1) == b""
        assert blocked.asked == "127.0.0.1"


@pytest.mark.parametrize("host", ["127.0.0.1", "::"], ids=["IPv4", "mapped"])
def test_rules_that_come_later_count(host: str) -> None:
    """The list is looked at for each connection, however its address is told."""
    blocked = BlockList()
    server = create_server(block_list=blocked)
    server.on("drop", must_not_call())
    wait_event(server.listen(0, host), "listening")
    address: Any = server.address()
    where = ("127.0.0.1", address.port)
    served = expect_event(server, "connection")
    with contextlib.closing(gevent.socket.create_connection(where)):
        [socket] = served.wait()
        blocked.add_address("127.0.0.1")
        server.on("connection", must_not_call())
        with contextlib.closing(gevent.socket.create_connection(where)) as peer:
            assert receive_exactly(peer, 1) == b""
        assert server.connections == 1
        socket.destroy()
    server.close()


def test_a_block_list_means_nothing_to_a_unix_socket(tmp_path: Path) -> None:
    """Which has no address."""
    blocked = BlockList()
    blocked.add_cidrs(["0.0.0.0/0", "::/0"])
    server = create_server(block_list=blocked).listen(os.fspath(tmp_path / "s"))
    server.on("connection", must_call(lambda socket: socket.end("hello")))
    with gnet.connect(os.fspath(tmp_path / "s")) as client:
        assert b"".join(client) == b"hello"
    server.close()


def test_a_block_list_can_be_given_and_taken_away_later() -> None:
    """But only a `BlockList`."""
    blocked = BlockList()
    blocked.add_address("127.0.0.1")
    with listening() as server:
        server.block_list = blocked
        with contextlib.closing(raw_connect(server)) as peer:
            assert receive_exactly(peer, 1) == b""
        with pytest.raises(GnetTypeError):
            server.block_list = {}  # type: ignore[assignment]
        assert server.blockList is blocked
        server.block_list = None
        with accept_on(server):
            assert server.connections == 1


# ---------------------------------------------------------------- closing connections


def test_all_connections_are_closed_whatever_they_do() -> None:
    """And the server goes on listening."""
    with (
        listening() as server,
        accept_on(server) as waiting,
        accept_on(server) as busy,
        accept_on(server) as unread,
    ):
        waiting.socket.resume()
        busy.socket.write(b"x" * 2**23)
        unread.peer.sendall(b"x")
        closed = [expect_event(pair.socket, "close") for pair in (waiting, busy, unread)]
        server.close_all_connections()
        assert server.connections == 0
        for pending in closed:
            assert pending.wait() == [False]
        with accept_on(server):
            assert server.connections == 1


def test_a_connection_listener_can_close_all_connections() -> None:
    """Its own with them."""
    with listening(lambda socket: socket.server.close_all_connections()) as server:
        with contextlib.closing(raw_connect(server)) as peer:
            assert receive_exactly(peer, 1) == b""
        assert server.connections == 0


def _flows(pair: Pair) -> None:
    pair.socket.on("data", must_not_call())


def _is_ended_by_us(pair: Pair) -> None:
    pair.socket.allow_half_open = True
    pair.socket.resume()
    pair.socket.end()
    assert receive_exactly(pair.peer, 1) == b""


def _was_served(pair: Pair) -> None:
    pair.socket.on("data", pair.socket.write)
    pair.peer.sendall(b"x")
    assert receive_exactly(pair.peer, 1) == b"x"


def _is_looped_over(pair: Pair) -> None:
    def loop() -> None:
        with contextlib.suppress(gnet.GnetError):  # ERR_STREAM_PREMATURE_CLOSE
            for _ in pair.socket:
                pass

    gevent.spawn(loop)
    settle()


@pytest.mark.parametrize("state", [_flows, _is_ended_by_us, _was_served, _is_looped_over])
def test_a_connection_that_only_waits_for_its_peer_is_idle(state: Any) -> None:
    """It is closed, with a FIN."""
    with accepted() as pair:
        state(pair)
        settle()
        pair.server.close_idle_connections()
        assert pair.socket.destroyed
        assert receive_exactly(pair.peer, 1) == b""


def _was_asked_for_nothing(_pair: Pair) -> None:
    pass


def _is_paused(pair: Pair) -> None:
    pair.socket.pause()


def _has_unread_data_in_the_kernel(pair: Pair) -> None:
    pair.socket.resume()
    settle()
    pair.peer.sendall(b"x")


def _has_unsent_data(pair: Pair) -> None:
    pair.socket.resume()
    pair.socket.write(b"x" * 2**23)


@pytest.mark.parametrize(
    "state",
    [_was_asked_for_nothing, _is_paused, _has_unread_data_in_the_kernel, _has_unsent_data],
)
def test_a_connection_with_something_under_way_is_not_idle(state: Any) -> None:
    """It stays."""
    with accepted() as pair:
        state(pair)
        pair.server.close_idle_connections()
        assert not pair.socket.destroyed


def test_a_connection_whose_data_listener_runs_is_not_idle() -> None:
    """It is, when that has returned."""
    gate, entered = Event(), Event()

    def work(_data: bytes) -> None:
        entered.set()
        gate.wait()

    with accepted(lambda socket: socket.on("data", must_call(work))) as pair:
        pair.peer.sendall(b"x")
        entered.wait()
        pair.server.close_idle_connections()
        assert not pair.socket.destroyed
        gate.set()
        settle()
        pair.server.close_idle_connections()
        assert pair.socket.destroyed


def test_a_connection_whose_loop_works_is_not_idle() -> None:
    """Between two steps nobody waits for data."""
    with accepted() as pair:
        gate, entered = Event(), Event()

        def loop() -> None:
            for _ in pair.socket:
                entered.set()
                gate.wait()

        working = gevent.spawn(loop)
        pair.peer.sendall(b"x")
        entered.wait()
        pair.server.close_idle_connections()
        assert not pair.socket.destroyed
        pair.peer.close()
        gate.set()
        working.join()


def test_a_connection_whose_peer_has_ended_is_left_to_end_by_itself() -> None:
    """Its listeners are to hear that."""
    with accepted(lambda socket: socket.on("end", must_call()).resume()) as pair:
        settle()
        pair.peer.shutdown(stdlib_socket.SHUT_WR)
        pair.server.close_idle_connections()
        assert not pair.socket.destroyed
        wait_event(pair.socket, "close")


# ---------------------------------------------------------------- rejections


def test_the_method_for_rejections_destroys_the_connection_or_emits_error() -> None:
    """As ``Symbol.for('nodejs.rejection')`` of Node's server."""
    error = RuntimeError("rejected")
    with accepted() as pair:
        pair.socket.on("error", must_call())
        pair.server.nodejs_rejection(error, "connection", pair.socket)
        assert pair.socket.errored is error
        pair.server.on("error", must_call())
        pair.server.nodejs_rejection(error, "listening")
        settle()


def test_a_server_takes_no_capture_rejections_option() -> None:
    """Only the default of all emitters counts, as in Node."""
    assert not Server({"captureRejections": True})._capture_rejections
    with pytest.raises(TypeError):
        Server(capture_rejections=True)  # type: ignore[call-arg]


def test_an_accepted_socket_that_connects_in_its_listener_has_another_peer() -> None:
    """The name that accept() gave is that of the connection before."""
    ports: list[Any] = []
    with listening() as other:
        address: Any = other.address()

        def turn(socket: Socket) -> None:
            connected = expect_event(socket.destroy(), "connect")
            socket.connect(address.port, address.address)
            connected.wait()
            ports.append(socket.remote_port)
            socket.destroy()

        with accepted(turn), guarded("the second connection"):
            while not ports:
                settle()
    assert ports == [address.port]


# ---------------------------------------------------------------- what was refused


def test_refused_connections_are_counted_by_reason() -> None:
    """Also those of which no event tells."""
    blocked = BlockList()
    with listening(block_list=blocked) as server:
        assert server.dropped == (0, 0, 0)
        server.max_connections = 0
        for _ in range(2):
            dropped = expect_event(server, "drop")
            with contextlib.closing(raw_connect(server)) as peer:
                dropped.wait()
                assert receive_exactly(peer, 1) == b""
        server.max_connections = None
        blocked.add_address("127.0.0.1")
        with contextlib.closing(raw_connect(server)) as peer:
            assert receive_exactly(peer, 1) == b""
        assert server.dropped._asdict() == {
            "max_connections": 2,
            "no_descriptor": 0,
            "blocked": 1,
        }


def test_what_was_taken_is_not_counted_as_refused() -> None:
    """Nor what ended soon."""
    with listening() as server:
        with accept_on(server):
            pass
        assert server.dropped == (0, 0, 0)


def test_a_want_of_descriptors_is_a_reason_of_its_own() -> None:
    """The acceptor finds it out."""
    with listening() as server:
        dropped = expect_event(server, "drop")
        with contextlib.closing(raw_connect(server)) as peer:
            server._on_overflow(peer.fileno(), peer.getpeername())
            dropped.wait()
        assert server.dropped == (0, 1, 0)
        settle()
