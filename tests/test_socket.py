"""`Socket`: idle time, ``with``, iteration, its life beside raising listeners, and its memory.

What Node does is compared with Node elsewhere; here is what Python and greenlets add to it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import socket as stdlib_socket
import struct
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
import pytest
from gevent.event import AsyncResult, Event
from support import (
    Expected,
    FakeClock,
    Pair,
    accept_on,
    accepted,
    expect_event,
    fill_until_blocked,
    guarded,
    linked,
    listening,
    must_call,
    must_not_call,
    raw_connect,
    receive_exactly,
    settle,
    wait_event,
)

import gnet
from gnet import AbortError, Socket, TimeoutOverflowWarning
from gnet.dispatcher import dispatcher

#: More bytes than the kernel holds for one connection on its way from one end to the other.
HELD_AT_MOST = 16 * 2**20

Uncaught = list[tuple[Any, type[BaseException], BaseException]]


def reset(peer: gevent.socket.socket) -> None:
    """Close with an RST instead of a FIN."""
    peer.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def where(server: gnet.Server) -> tuple[int, str]:
    """Port and address to connect to."""
    address: Any = server.address()
    return address.port, address.address


def stalled_write(socket: Socket) -> int:
    """Write until the kernel takes no more; return how many bytes were written in all."""
    total = 0
    while not socket.writable_length:
        socket.write(bytes(65536))
        total += 65536
    return total


def outcome(function: Callable[[], object]) -> gevent.Greenlet[..., Any]:
    """Run ``function`` in a greenlet whose value is what it returns, or what it raises."""

    def run() -> object:
        try:
            return function()
        except Exception as error:
            return error

    return gevent.spawn(run)


@contextlib.contextmanager
def unused_port() -> Iterator[int]:
    """A port where nobody listens, and nobody can begin to."""
    with stdlib_socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


# ---------------------------------------------------------------- idle time


def test_timeout_comes_at_the_exact_instant(clock: FakeClock) -> None:
    """Not a millisecond before the period is over."""
    with accepted() as pair:
        heard: list[float] = []
        pair.socket.set_timeout(3000)
        pair.socket.on("timeout", lambda: heard.append(clock.now()))
        begin = clock.now()
        clock.advance(2.999)
        assert heard == []
        clock.advance(0.001)
        assert heard == [pytest.approx(begin + 3)]


def test_timeout_comes_once_per_idle_period(clock: FakeClock) -> None:
    """However long the silence lasts."""
    with accepted() as pair:
        pair.socket.set_timeout(1000, must_call())
        heard = must_call()
        pair.socket.on("timeout", heard)
        clock.advance(10)


def test_a_timeout_leaves_the_socket_open(clock: FakeClock) -> None:
    """What becomes of it is the listener's affair."""
    with accepted() as pair:
        pair.socket.set_timeout(1000)
        clock.advance(2)
        assert pair.socket.ready_state == "open"


def test_what_is_received_starts_the_period_anew(clock: FakeClock) -> None:
    """The period counts from the last byte."""
    with accepted() as pair:
        heard: list[float] = []
        pair.socket.set_timeout(1000)
        pair.socket.on("timeout", lambda: heard.append(clock.now()))
        begin = clock.now()
        clock.advance(0.7)
        data = expect_event(pair.socket, "data")
        pair.peer.sendall(b"x")
        data.wait()
        clock.advance(0.9)
        assert heard == []
        clock.advance(0.1)
        assert heard == [pytest.approx(begin + 1.7)]


@pytest.mark.parametrize("chunk", [b"x", "x"], ids=["bytes", "text"])
def test_what_is_written_starts_the_period_anew(chunk: Any, clock: FakeClock) -> None:
    """Both on the short way of bytes and on the long one of everything else."""
    with accepted() as pair:
        heard: list[float] = []
        pair.socket.set_timeout(1000)
        pair.socket.on("timeout", lambda: heard.append(clock.now()))
        begin = clock.now()
        clock.advance(0.7)
        pair.socket.write(chunk)
        clock.advance(0.999)
        assert heard == []
        clock.advance(0.001)
        assert heard == [pytest.approx(begin + 1.7)]


def test_after_a_timeout_traffic_arms_the_timer_again(clock: FakeClock) -> None:
    """A second silence is told like the first, a full period after the traffic."""
    with accepted() as pair:
        heard: list[float] = []
        pair.socket.set_timeout(1000)
        pair.socket.on("timeout", lambda: heard.append(clock.now()))
        begin = clock.now()
        clock.advance(1.5)
        pair.socket.write(b"x")
        clock.advance(0.999)
        assert heard == [pytest.approx(begin + 1)]
        clock.advance(0.501)
        assert heard == [pytest.approx(begin + 1), pytest.approx(begin + 2.5)]


def test_traffic_restarts_no_timer(clock: FakeClock) -> None:
    """It only leaves its time: a message must not pay for a timer."""
    with accepted() as pair:
        pair.socket.set_timeout(1000)
        [before] = clock.timers
        for _ in range(3):
            pair.socket.write(b"x")
        assert clock.timers == [before]


def test_no_timeout_comes_after_destroy(clock: FakeClock) -> None:
    """A destroyed socket leaves no timer behind."""
    with accepted() as pair:
        pair.socket.set_timeout(1000, must_not_call())
        pair.socket.destroy()
        assert clock.timers == []
        clock.advance(5)


def test_a_timeout_that_is_due_when_the_socket_is_destroyed_is_not_told(clock: FakeClock) -> None:
    """The listener before it has destroyed the other one."""
    with listening() as server, accept_on(server) as one, accept_on(server) as other:
        other.socket.on("timeout", must_not_call())
        one.socket.set_timeout(1000, must_call(other.socket.destroy))
        other.socket.set_timeout(1000)
        clock.advance(1)


@pytest.mark.parametrize("new", [0, 2000])
def test_a_timeout_that_is_due_when_it_is_set_anew_is_not_told(new: int, clock: FakeClock) -> None:
    """The listener before it has switched the other one off, or given it more time."""
    with listening() as server, accept_on(server) as one, accept_on(server) as other:
        other.socket.on("timeout", must_not_call())
        one.socket.set_timeout(1000, must_call(lambda: other.socket.set_timeout(new)))
        other.socket.set_timeout(1000)
        clock.lag(1)
        clock.advance(1)


def test_a_timeout_that_is_due_is_not_told_of_the_next_connection(clock: FakeClock) -> None:
    """The listener before it has connected the other socket anew."""
    with listening() as server, accept_on(server) as one, accept_on(server) as other:
        address: Any = server.address()
        other.socket.on("timeout", must_not_call())

        def reconnect() -> None:
            other.socket.destroy().connect(address.port, address.address)

        one.socket.set_timeout(1000, must_call(reconnect))
        other.socket.set_timeout(1000)
        clock.lag(1)
        wait_event(other.socket, "connect")


def test_the_idle_timer_keeps_no_program_alive(clock: FakeClock) -> None:
    """It is unreferenced, as in Node."""
    with accepted() as pair:
        pair.socket.set_timeout(1000)
        [timer] = clock.timers
        assert not timer.ref


def test_a_timeout_of_zero_switches_the_timer_off(clock: FakeClock) -> None:
    """And takes the callback off that is given with it."""
    with accepted() as pair:
        callback = must_not_call()
        pair.socket.set_timeout(1000, callback)
        pair.socket.set_timeout(0, callback)
        assert clock.timers == []
        assert pair.socket.listener_count("timeout") == 0
        clock.advance(5)


def test_a_shorter_timeout_replaces_the_longer_one(clock: FakeClock) -> None:
    """There is one timer, and it counts from the call."""
    with accepted() as pair:
        pair.socket.set_timeout(60_000)
        clock.advance(0.5)
        pair.socket.set_timeout(1000, must_call())
        assert len(clock.timers) == 1
        clock.advance(1)


def test_a_timeout_runs_while_connecting(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the resolver keeps it waiting."""
    gate = Event()
    monkeypatch.setattr(gevent.socket, "getaddrinfo", lambda *_: gate.wait() and [])
    socket = gnet.connect(1, "somewhere", timeout=1000)
    socket.on("timeout", must_call(lambda: socket.destroy()))
    clock.advance(1)
    assert socket.destroyed
    gate.set()


def test_a_stalled_write_that_makes_progress_is_no_idle_time(clock: FakeClock) -> None:
    """A slow reader is not dropped as long as it takes something in each period."""
    with accepted() as pair:
        pair.peer.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_RCVBUF, 2**20)
        stalled_write(pair.socket)
        pair.socket.write(bytes(4 * HELD_AT_MOST))
        pair.socket.set_timeout(1000)
        heard: list[float] = []
        pair.socket.on("timeout", lambda: heard.append(clock.now()))
        begin = clock.now()
        for _ in range(3):
            clock.advance(0.6)
            receive_exactly(pair.peer, HELD_AT_MOST)  # so some of it was sent in this period
            clock.advance(0.3)
        assert heard == []
        clock.advance(5)
        assert len(heard) == 1
        assert heard[0] > begin + 3


def test_a_stalled_write_without_progress_times_out(clock: FakeClock) -> None:
    """A peer that takes nothing is idle although there is something to be sent."""
    with accepted() as pair:
        stalled_write(pair.socket)
        pair.socket.set_timeout(1000, must_call())
        clock.advance(1)
        clock.advance(1)


def test_a_timeout_that_does_not_fit_warns_and_is_cut(clock: FakeClock) -> None:
    """The warning points at the caller's line."""
    socket = Socket()
    with pytest.warns(TimeoutOverflowWarning, match="truncated to 2147483647") as caught:
        socket.set_timeout(2**31)
    assert caught[0].filename == __file__
    assert [timer.seconds for timer in clock.timers] == [2147483.647]
    assert socket.timeout == 2**31
    socket.destroy()


def test_the_longest_timeout_warns_of_nothing(clock: FakeClock) -> None:
    """2**31 - 1 milliseconds are some 25 days."""
    socket = Socket()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        socket.set_timeout(2**31 - 1)
    assert [timer.seconds for timer in clock.timers] == [2147483.647]
    socket.destroy()


# ---------------------------------------------------------------- with


def test_with_flushes_what_is_queued_and_waits_for_the_close() -> None:
    """After the block everything was handed to the kernel and the socket is closed."""
    received: AsyncResult[int] = AsyncResult()

    def count(socket: Socket) -> None:
        received.set(sum(len(chunk) for chunk in socket))

    with listening(count) as server:
        with gnet.connect(*where(server)) as socket:
            socket.write(bytes(20 * 2**20))
        assert socket.closed
        assert socket.writable_finished
        with guarded("the server's count"):
            assert received.get() == 20 * 2**20


def test_with_destroys_at_once_when_the_block_raises() -> None:
    """What is queued is dropped, and the block's error goes on."""
    with accepted() as pair:
        wrote = must_call(times=1)
        stalled_write(pair.socket)
        pair.socket.write(b"never", None, wrote)
        with pytest.raises(ZeroDivisionError), pair.socket:
            _ = 1 / 0
        assert pair.socket.closed
        assert not pair.socket.writable_finished
        [(error,)] = wrote.calls
        assert error.code == "ECANCELED"


def test_a_failed_connect_raises_out_of_an_empty_with() -> None:
    """Even if the block itself waits for nothing."""
    with (
        unused_port() as port,
        pytest.raises(ConnectionRefusedError) as caught,
        gnet.connect(port, "127.0.0.1"),
    ):
        pass
    assert caught.value.code == "ECONNREFUSED"  # type: ignore[attr-defined]


def test_a_failed_connect_raises_in_a_with_that_waits() -> None:
    """Where the block waits, and once only."""
    with (
        unused_port() as port,
        pytest.raises(ConnectionRefusedError),
        gnet.connect(port, "127.0.0.1") as socket,
    ):
        gnet.once(socket, "data")


def test_with_does_not_wait_for_a_peer_that_stays() -> None:
    """Once all is out the socket closes, although the peer never ends its own side."""
    with accepted() as pair:
        with guarded("the end of the block"), pair.socket as socket:
            socket.write(b"last words")
        assert pair.socket.closed
        assert receive_exactly(pair.peer, 100) == b"last words"


def test_with_of_a_socket_that_is_closed_already_does_nothing() -> None:
    """A block may end the socket itself."""
    with accepted() as pair:
        with pair.socket as socket:
            closed = expect_event(socket, "close")
            socket.destroy()
            closed.wait()
        assert pair.socket.closed


def test_with_of_a_socket_that_never_connected_closes_it() -> None:
    """There is nothing to flush."""
    with Socket() as socket:
        socket.on("close", must_call())
    assert socket.destroyed


def test_with_raises_what_the_socket_fails_with_at_its_end() -> None:
    """The peer resets while the rest is being flushed."""
    with accepted() as pair:

        def reset_when_ended() -> None:
            settle()
            reset(pair.peer)

        stalled_write(pair.socket)
        with pytest.raises(OSError, match=r"ECONNRESET|EPIPE"), pair.socket:
            gevent.spawn(reset_when_ended)
        assert pair.socket.closed


# ---------------------------------------------------------------- iteration


def test_a_loop_ends_with_the_data() -> None:
    """All that came is there, and the socket is closed then."""
    with accepted() as pair:
        closed = expect_event(pair.socket, "close")
        pair.peer.sendall(b"all of it")
        pair.peer.shutdown(stdlib_socket.SHUT_WR)
        with guarded("the end of the loop"):
            assert b"".join(pair.socket) == b"all of it"
        closed.wait()


def test_a_loop_raises_the_reset() -> None:
    """As ``ConnectionResetError``, and to nobody else."""
    with accepted() as pair:
        iterator = iter(pair.socket)
        pair.peer.sendall(b"some")
        with guarded("the first chunk"):
            assert next(iterator) == b"some"
        reset(pair.peer)
        with pytest.raises(ConnectionResetError), guarded("the reset"):
            next(iterator)


def test_a_loop_that_waits_hears_of_a_destroy_elsewhere() -> None:
    """It raises ``ERR_STREAM_PREMATURE_CLOSE``: the data has not ended."""
    with accepted() as pair:
        loop = outcome(lambda: list(pair.socket))
        settle()
        pair.socket.destroy()
        with guarded("the loop"):
            assert loop.get().code == "ERR_STREAM_PREMATURE_CLOSE"


def test_a_loop_that_waits_raises_the_error_of_a_destroy_elsewhere() -> None:
    """The very object."""
    with accepted() as pair:
        error = RuntimeError("enough")
        loop = outcome(lambda: list(pair.socket))
        settle()
        pair.socket.destroy(error)
        with guarded("the loop"):
            assert loop.get() is error


def test_leaving_a_loop_early_destroys_the_socket() -> None:
    """The error is no one's to report."""
    with accepted() as pair:
        pair.peer.sendall(b"x")
        with guarded("the first chunk"):
            for _ in pair.socket:
                break
        assert pair.socket.destroyed
        assert isinstance(pair.socket.errored, AbortError)


def test_leaving_a_loop_early_tells_the_queued_writes() -> None:
    """The write that was on its way counts as done, those behind it get the error."""
    with accepted() as pair:
        stalled_write(pair.socket)
        behind = must_call()
        pair.socket.write(b"behind", None, behind)
        pair.peer.sendall(b"x")
        with guarded("the first chunk"):
            for _ in pair.socket:
                break
        [(error,)] = behind.wait()
        assert isinstance(error, AbortError)


def test_killing_the_greenlet_of_a_loop_destroys_the_socket() -> None:
    """Nobody is left to read it."""
    with accepted() as pair:
        loop = gevent.spawn(list, pair.socket)
        settle()
        closed = expect_event(pair.socket, "close")
        loop.kill(timeout=5)
        closed.wait()


def test_a_timeout_around_a_loop_destroys_the_socket() -> None:
    """``gevent.Timeout`` leaves the loop like any exception."""
    with accepted() as pair:
        with pytest.raises(gevent.Timeout), gevent.Timeout(0.01):
            for _ in pair.socket:
                pass
        assert pair.socket.destroyed


def test_a_loop_in_a_connection_listener_serves_the_connection() -> None:
    """In the listener itself, which blocks there as long as the connection lives."""

    def echo(socket: Socket) -> None:
        for chunk in socket:
            socket.write(chunk.upper())

    with listening(echo) as server, contextlib.closing(raw_connect(server)) as peer:
        peer.sendall(b"one")
        assert receive_exactly(peer, 3) == b"ONE"
        peer.sendall(b"two")
        peer.shutdown(stdlib_socket.SHUT_WR)
        assert receive_exactly(peer, 100) == b"TWO"


def test_what_a_loop_wrote_goes_out_after_the_end_of_the_data() -> None:
    """A loop that answers with more than the kernel takes loses nothing at its end."""
    size = 8 * 2**20

    def answer(socket: Socket) -> None:
        for _ in socket:
            socket.write(bytes(size))

    with listening(answer) as server, contextlib.closing(raw_connect(server)) as peer:
        peer.sendall(b"x")
        peer.shutdown(stdlib_socket.SHUT_WR)
        assert len(receive_exactly(peer, size + 1)) == size


def test_a_slow_loop_holds_the_peer_back() -> None:
    """Between two steps no more than the buffer is read."""
    with accepted() as pair:
        iterator = iter(pair.socket)
        pair.peer.sendall(b"x")
        with guarded("the first chunk"):
            next(iterator)
        sent = fill_until_blocked(pair.peer)
        assert pair.socket.bytes_read < sent
        assert pair.socket.readable_length <= 2 * pair.socket.readable_high_water_mark
        pair.peer.shutdown(stdlib_socket.SHUT_WR)
        with guarded("the rest"):
            assert sum(map(len, iterator)) == sent


def test_a_loop_over_a_closed_socket_ends_at_once() -> None:
    """After its end was seen there is nothing more to come."""
    with accepted() as pair:
        pair.socket.resume()
        closed = expect_event(pair.socket, "close")
        pair.peer.close()
        closed.wait()
        assert list(pair.socket) == []


def test_a_loop_with_an_encoding_yields_text() -> None:
    """Characters that are split across two segments come whole."""
    with accepted() as pair:
        pair.socket.set_encoding("utf8")
        data = "zażółć gęślą jaźń".encode()
        iterator = iter(pair.socket)
        pair.peer.sendall(data[:3])
        with guarded("the first text"):
            first = next(iterator)
        pair.peer.sendall(data[3:])
        pair.peer.shutdown(stdlib_socket.SHUT_WR)
        with guarded("the rest"):
            assert first + "".join(iterator) == data.decode()
        assert first == "za"


# ---------------------------------------------------------------- waiting in listeners


def test_a_connect_listener_can_wait_for_data() -> None:
    """It is not in the read lane, so that what it waits for can come."""
    with listening(lambda socket: socket.write("hello")) as server:
        client = gnet.connect(*where(server))
        got: AsyncResult[Any] = AsyncResult()
        client.on("connect", lambda: got.set(gnet.once(client, "data")))
        with guarded("data in the listener"):
            assert got.get() == [b"hello"]
        client.destroy()


def test_a_connect_listener_can_wait_for_data_beside_an_older_data_listener() -> None:
    """That somebody else listened before the connection was up makes no difference."""
    with listening(lambda socket: socket.write("hello")) as server:
        client = gnet.connect(*where(server))
        client.on("data", must_call())
        got: AsyncResult[Any] = AsyncResult()
        client.on("connect", lambda: got.set(gnet.once(client, "data")))
        try:
            with guarded("data in the listener", 2):
                assert got.get() == [b"hello"]
        finally:
            client.destroy()


def test_a_connect_listener_that_waits_holds_back_nothing_that_was_written_before() -> None:
    """The answer to an early write can be awaited in 'connect'."""
    with listening(lambda socket: socket.on("data", socket.write)) as server:
        client = gnet.connect(*where(server))
        got: AsyncResult[Any] = AsyncResult()
        client.on("connect", lambda: got.set(gnet.once(client, "data")))
        client.write("hello")
        try:
            with guarded("the echo in the listener", 2):
                assert got.get() == [b"hello"]
        finally:
            client.destroy()


def test_a_socket_paused_in_a_connect_listener_that_blocked_still_buffers() -> None:
    """Reading began while it blocked; what comes now is buffered, as in any paused socket."""
    with listening() as server:
        connection = expect_event(server, "connection")
        gate = Event()
        client = gnet.connect(*where(server))

        def on_connect() -> None:
            client.on("data", lambda chunk: None)
            gate.wait()
            client.pause()

        listener = must_call(on_connect)
        client.on("connect", listener)
        [socket] = connection.wait()
        settle()
        gate.set()
        listener.wait()
        settle()
        socket.write(bytes(1000))
        with guarded("the bytes to arrive"):
            while not client.readable_length:
                gevent.sleep(0)
        client.destroy()
        socket.destroy()


def test_writes_of_several_greenlets_keep_each_chunk_whole() -> None:
    """A chunk that has to wait is not interleaved with another."""
    size, writers, rounds = 50_000, 8, 20
    with accepted() as pair:

        def write(mark: int) -> None:
            for _ in range(rounds):
                if not pair.socket.write(bytes([mark]) * size):
                    gnet.once(pair.socket, "drain")

        greenlets = [gevent.spawn(write, mark) for mark in range(writers)]
        data = receive_exactly(pair.peer, size * writers * rounds)
        with guarded("the writers"):
            gevent.joinall(greenlets, raise_error=True)
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    assert all(chunk == chunk[:1] * size for chunk in chunks)
    assert sorted(chunk[0] for chunk in chunks) == sorted(list(range(writers)) * rounds)


# ---------------------------------------------------------------- listeners that raise or destroy


def _connect_to(server: gnet.Server) -> Socket:
    return gnet.connect(*where(server))


def _data(pair: Pair) -> None:
    pair.peer.sendall(b"x")


def _end(pair: Pair) -> None:
    pair.socket.resume()
    pair.peer.shutdown(stdlib_socket.SHUT_WR)


def _close(pair: Pair) -> None:
    pair.socket.destroy()


def _finish(pair: Pair) -> None:
    pair.socket.end("x")


def _drain(pair: Pair) -> None:
    receive_exactly(pair.peer, stalled_write(pair.socket))


def _pause(pair: Pair) -> None:
    dispatcher().defer(lambda _: pair.socket.pause(), pair.socket)


def _resume(pair: Pair) -> None:
    pair.socket.pause().resume()


CAUSES: dict[str, Callable[[Pair], object]] = {
    "data": _data,
    "end": _end,
    "finish": _finish,
    "prefinish": _finish,
    "drain": _drain,
    "pause": _pause,
    "resume": _resume,
}


@pytest.mark.parametrize("event", CAUSES)
def test_a_raising_listener_is_reported_once_and_ends_its_socket(
    event: str, uncaught: Uncaught
) -> None:
    """With that error, and no other connection feels it."""
    error = RuntimeError(f"raised in {event}")

    def fail(*_: object) -> None:
        raise error

    with listening(allow_half_open=event == "end") as server, accept_on(server) as bystander:
        with accept_on(server) as pair:
            pair.socket.on(event, fail)
            closed = expect_event(pair.socket, "close")
            CAUSES[event](pair)
            assert closed.wait() == [True]
            settle()
        assert [value for _, _, value in uncaught] == [error]
        assert pair.socket.errored is error
        data = expect_event(bystander.socket, "data")
        bystander.peer.sendall(b"still here")
        assert data.wait() == [b"still here"]


def test_a_raising_timeout_listener_is_reported_once_and_ends_its_socket(
    clock: FakeClock, uncaught: Uncaught
) -> None:
    """The timer's listener runs as a task of the socket, like all."""
    error = RuntimeError("raised in timeout")
    with accepted() as pair:
        pair.socket.set_timeout(1000)
        pair.socket.on("timeout", must_call(_raiser(error)))
        closed = expect_event(pair.socket, "close")
        clock.advance(1)
        assert closed.wait() == [True]
    assert [value for _, _, value in uncaught] == [error]


def _raiser(error: BaseException) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("event", ["connectionAttempt", "connect", "ready", "lookup"])
def test_a_raising_listener_while_connecting_is_reported_once_and_ends_the_socket(
    event: str, uncaught: Uncaught
) -> None:
    """Whatever step it was, the attempt is given up and nothing stays open."""
    error = RuntimeError(f"raised in {event}")
    with listening() as server:
        port, _ = where(server)
        client = gnet.connect(port, "localhost")
        client.on(event, _raiser(error))
        assert wait_event(client, "close") in ([True], [])
        settle()
        assert [value for _, _, value in uncaught] == [error]
        assert client.errored is error


@pytest.mark.parametrize("event", ["error", "close"])
def test_a_listener_that_raises_at_the_very_end_is_reported_and_changes_nothing(
    event: str, uncaught: Uncaught
) -> None:
    """The socket is destroyed already; its references are dropped all the same."""
    error = RuntimeError(f"raised in {event}")
    with accepted() as pair:
        pair.socket.on("error", lambda _: None)
        pair.socket.on(event, must_call(_raiser(error)))
        closed = expect_event(pair.socket, "close")
        pair.socket.destroy(ValueError("the reason"))
        if event == "error":
            closed.wait()
        settle()
        assert [value for _, _, value in uncaught] == [error]


def test_a_raising_write_callback_ends_its_socket(uncaught: Uncaught) -> None:
    """It is a listener like any other."""
    error = RuntimeError("raised in a callback")
    with accepted() as pair:
        closed = expect_event(pair.socket, "close")
        pair.socket.write("x", None, must_call(_raiser(error)))
        assert closed.wait() == [True]
    assert [value for _, _, value in uncaught] == [error]


def test_a_raising_callback_of_the_write_under_way_does_not_keep_close_from_coming(
    uncaught: Uncaught,
) -> None:
    """The socket is being destroyed with a write on its way whose callback raises."""
    error = RuntimeError("raised in a callback")
    with accepted() as pair:
        pair.socket.write("x" * (16 * 2**20), None, must_call(_raiser(error)))
        closed = expect_event(pair.socket, "close")
        pair.socket.destroy()
        settle()
        settle()
        assert [value for _, _, value in uncaught] == [error]
        assert closed.arrived
    assert pair.server.connections == 0


@pytest.mark.parametrize("event", ["data", "end", "finish", "drain", "resume"])
def test_destroy_in_a_listener_closes_without_an_error(event: str) -> None:
    """'close' comes once and says that there was no error."""
    with accepted() as pair:
        closed = must_call()
        pair.socket.on("close", closed)
        pair.socket.on(event, must_call(lambda *_: pair.socket.destroy()))
        CAUSES[event](pair)
        closed.wait()
        settle()
        assert closed.calls == [(False,)]


def test_an_error_nobody_listens_for_is_reported_once_without_a_traceback(
    uncaught: Uncaught,
) -> None:
    """What the network does is no fault of the program's."""
    with accepted() as pair:
        closed = expect_event(pair.socket, "close")
        pair.socket.resume()
        settle()
        reset(pair.peer)
        assert closed.wait() == [True]
        settle()
    [(context, kind, value)] = uncaught
    assert context is pair.socket
    assert issubclass(kind, ConnectionResetError)
    assert value.__traceback__ is None


def test_an_error_after_the_first_is_not_told() -> None:
    """A socket dies of one error only."""
    with accepted() as pair:
        first = ValueError("first")
        heard = must_call()
        pair.socket.on("error", heard)
        closed = expect_event(pair.socket, "close")
        pair.socket.destroy(first)
        pair.socket.destroy(ValueError("second"))
        closed.wait()
        pair.socket.destroy(ValueError("third"))
        settle()
        assert heard.calls == [(first,)]


# ---------------------------------------------------------------- both halves


def test_both_ends_can_close_at_once() -> None:
    """The two FINs cross; each side gets what the other sent, and one clean 'close'."""
    with linked() as (server_side, client_side):
        heard: list[Expected] = []
        for socket, text in ((server_side, "from the server"), (client_side, "from the client")):
            received, closed = must_call(), must_call()
            socket.on("data", received)
            socket.on("close", closed)
            heard += [received, closed]
            socket.end(text)
        calls = [expected.wait() for expected in heard]
    assert calls == [[(b"from the client",)], [(False,)], [(b"from the server",)], [(False,)]]


def test_a_half_open_server_side_answers_after_the_clients_end() -> None:
    """The question ends with a FIN, and the answer comes all the same."""

    def answer(socket: Socket) -> None:
        question = b"".join(socket)
        socket.end(question[::-1])

    half_open = listening(answer, allow_half_open=True)
    with half_open as server, contextlib.closing(raw_connect(server)) as peer:
        peer.sendall(b"abc")
        peer.shutdown(stdlib_socket.SHUT_WR)
        assert receive_exactly(peer, 100) == b"cba"


def test_a_half_open_client_goes_on_writing_after_the_servers_end() -> None:
    """Its own end closes it."""
    received: AsyncResult[bytes] = AsyncResult()

    def serve(socket: Socket) -> None:
        socket.end("done")
        received.set(b"".join(socket))

    with listening(serve) as server:
        port, host = where(server)
        client = gnet.connect(port, host, allow_half_open=True)
        client.resume()
        wait_event(client, "end")
        assert client.ready_state == "writeOnly"
        closed = expect_event(client, "close")
        client.write("more, ")
        client.end("and the end")
        assert closed.wait() == [False]
        with guarded("the server's data"):
            assert received.get() == b"more, and the end"


def test_after_end_a_socket_still_reads() -> None:
    """Ending says that one has no more to say, not that one listens no more."""
    with accepted() as pair:
        pair.socket.end()
        assert receive_exactly(pair.peer, 1) == b""
        data = expect_event(pair.socket, "data")
        pair.peer.sendall(b"late")
        assert data.wait() == [b"late"]


# ---------------------------------------------------------------- references, names, repr


def test_a_socket_shows_its_state_and_its_ends() -> None:
    """What a test's failure or a log shows."""
    with listening() as server:
        port, host = where(server)
        connection = expect_event(server, "connection")
        client = Socket()
        assert repr(client) == "<Socket open>"
        client.connect(port, host)
        assert repr(client) == "<Socket opening>"
        wait_event(client, "connect")
        [socket] = connection.wait()
        assert repr(client) == f"<Socket open {host}:{client.local_port} <-> {host}:{port}>"
        assert repr(socket) == f"<Socket open {host}:{port} <-> {host}:{client.local_port}>"
        client.end()
        assert repr(client).startswith("<Socket readOnly ")
        closed = expect_event(client, "close")
        client.destroy()
        assert repr(client) == "<Socket closed>"
        closed.wait()
        assert repr(client) == "<Socket closed>"


def test_a_unix_socket_has_no_names(tmp_path: Path) -> None:
    """Neither in the properties nor in its repr."""
    path = os.fspath(tmp_path / "s")
    server = gnet.create_server().listen(path)
    connection = expect_event(server, "connection")
    client = gnet.connect(path)
    [socket] = connection.wait()
    assert socket.remote_address is None
    assert socket.local_port is None
    assert repr(socket) == "<Socket open>"
    client.destroy()
    socket.destroy()
    server.close()


def test_a_subclass_shows_its_own_name() -> None:
    """Programs make their own sockets."""

    class Mine(Socket):
        pass

    assert repr(Mine()) == "<Mine open>"


def test_a_second_connect_is_refused_by_an_error() -> None:
    """A socket connects once."""
    with listening() as server:
        client = gnet.connect(*where(server))
        failure = expect_event(client, "error")
        client.connect(*where(server))
        [error] = failure.wait()
        assert error.code == "EALREADY"


def test_a_closed_socket_connects_again() -> None:
    """With its listeners, and counters that begin anew."""
    with listening(lambda socket: socket.end("hello")) as server:
        client = gnet.connect(*where(server))
        received = must_call(times=2)
        client.on("data", received)
        wait_event(client, "close")
        client.connect(*where(server))
        assert (client.destroyed, client.connecting, client.bytes_read) == (False, True, 0)
        wait_event(client, "close")
        assert client.bytes_read == 5


# ---------------------------------------------------------------- leaks


def test_connect_echo_close_leaves_nothing_behind() -> None:
    """Two thousand rounds: no descriptor, no socket, no greenlet more than before."""
    rounds = 2000
    living: list[weakref.ref[Socket]] = []

    def serve(socket: Socket) -> None:
        living.append(weakref.ref(socket))
        socket.on("data", socket.write)

    with listening(serve) as server:
        port, host = where(server)
        before = len(os.listdir("/proc/self/fd"))

        def client(count: int) -> None:
            for _ in range(count):
                with gnet.connect(port, host) as socket:
                    living.append(weakref.ref(socket))
                    socket.write(b"hello")
                    assert gnet.once(socket, "data") == [b"hello"]

        greenlets = [gevent.spawn(client, rounds // 10) for _ in range(10)]
        with guarded("the rounds", 15):
            gevent.joinall(greenlets, raise_error=True)
            while server.connections:
                gevent.sleep(0)
        assert len(living) == 2 * rounds
        assert len(os.listdir("/proc/self/fd")) <= before
        assert len(dispatcher()._parked) <= dispatcher().reserve
        gc.collect()
        assert [socket for ref in living if (socket := ref()) is not None] == []


def without_collector() -> contextlib.AbstractContextManager[None]:
    """Switch off the cycle collector: only counting references frees anything now."""

    @contextlib.contextmanager
    def block() -> Iterator[None]:
        gc.collect()
        gc.disable()
        try:
            yield
        finally:
            gc.enable()

    return block()


def _ended_by_peer(pair: Pair) -> None:
    pair.socket.resume()
    pair.peer.close()


def _destroyed(pair: Pair) -> None:
    pair.socket.destroy()


def _reset_by_peer(pair: Pair) -> None:
    pair.socket.resume()
    pair.socket.on("error", lambda error: None)
    settle()
    reset(pair.peer)


def _ended_both_ways(pair: Pair) -> None:
    pair.socket.resume()
    pair.socket.end("bye")
    assert receive_exactly(pair.peer, 4) == b"bye"
    pair.peer.close()


def _destroyed_with_queue(pair: Pair) -> None:
    stalled_write(pair.socket)
    pair.socket.write("more", None, lambda error: None)
    pair.socket.destroy()


def _timed(pair: Pair) -> None:
    pair.socket.set_timeout(60_000)
    pair.socket.end()
    pair.socket.resume()
    pair.peer.close()


@pytest.mark.parametrize(
    "finish",
    [
        _ended_by_peer,
        _destroyed,
        _reset_by_peer,
        _ended_both_ways,
        _destroyed_with_queue,
        _timed,
    ],
)
def test_counting_references_alone_frees_an_accepted_socket(
    finish: Callable[[Pair], None],
) -> None:
    """No cycle holds it, so that a busy server needs no collector to get rid of connections."""
    with without_collector(), listening() as server:
        connection = expect_event(server, "connection")
        peer = raw_connect(server)
        [socket] = connection.wait()
        del connection
        pair = Pair(server, socket, peer)
        finish(pair)
        dead = weakref.ref(socket)
        with guarded("the connection to end"):
            while server.connections:
                gevent.sleep(0)
        settle()
        settle()
        del pair, socket
        peer.close()
        settle()
        assert dead() is None, gc.get_referrers(dead())


def test_counting_references_alone_frees_a_client() -> None:
    """Connected, used, ended, forgotten."""
    with without_collector(), listening(lambda socket: socket.resume().end("bye")) as server:
        client = gnet.connect(*where(server))
        client.write("hello")
        client.resume()
        wait_event(client, "close")
        dead = weakref.ref(client)
        del client
        settle()
        assert dead() is None, gc.get_referrers(dead())


def test_counting_references_alone_frees_a_client_that_was_refused() -> None:
    """The error that it emitted holds it no longer than the listener does."""
    with without_collector(), unused_port() as port:
        client = gnet.connect(port, "127.0.0.1")
        client.on("error", lambda error: None)
        wait_event(client, "close")
        dead = weakref.ref(client)
        del client
        settle()
        assert dead() is None, gc.get_referrers(dead())


def test_an_open_socket_nobody_holds_goes_on_working() -> None:
    """Its watcher keeps it: a listener needs no variable."""
    with listening(lambda socket: socket.on("data", socket.write)) as server:
        peer = raw_connect(server)
        peer.sendall(b"a")
        assert receive_exactly(peer, 1) == b"a"
        gc.collect()
        peer.sendall(b"b")
        assert receive_exactly(peer, 1) == b"b"
        peer.close()


def test_idle_connections_need_no_greenlets() -> None:
    """A connection that waits is a watcher and an object."""
    gc.collect()
    count = 200
    with listening(lambda socket: socket.on("data", socket.write)) as server:
        peers = [raw_connect(server) for _ in range(count)]
        with guarded("the connections"):
            while server.connections < count:
                gevent.sleep(0)
        settle()
        gc.collect()
        greenlets = [
            thing
            for thing in gc.get_objects()
            if isinstance(thing, gevent.Greenlet) and not thing.dead
        ]
        assert len(greenlets) <= dispatcher().reserve + 1
        for peer in peers:
            peer.close()
