"""Ends of a socket, and connecting it again: nothing of one connection gets into the next."""

from __future__ import annotations

import contextlib
import socket as stdlib_socket
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from support import (
    accepted,
    expect_event,
    guarded,
    listening,
    must_call,
    must_not_call,
    settle,
    wait_event,
)

import gnet
from gnet import AbortError, GnetError, Server, Socket


def where(server: Server) -> tuple[int, str]:
    """Port and address to connect to."""
    address: Any = server.address()
    return address.port, address.address


def echo(socket: Socket) -> None:
    """Send back what comes."""
    socket.on("error", lambda _: None)
    socket.on("data", socket.write)


@contextlib.contextmanager
def unused_port() -> Iterator[int]:
    """A port where nobody listens, and nobody can begin to."""
    with stdlib_socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def echoed(client: Socket, text: bytes) -> bytes:
    """What comes back of it."""
    answer = expect_event(client, "data")
    client.write(text)
    [data] = answer.wait()
    return bytes(data)


# ---------------------------------------------------------------- connecting again


def test_a_listener_for_error_may_connect_again() -> None:
    """The end of the first attempt is told all the same, and harms nothing."""
    with listening(echo) as server, unused_port() as port:
        client = gnet.connect(port, "127.0.0.1")
        client.once("error", lambda _: client.connect(*where(server)))
        closed = must_call()
        client.once("close", closed)
        wait_event(client, "ready")
        closed.wait()
        assert echoed(client, b"hello") == b"hello"
        client.destroy()
        wait_event(client, "close")


def test_connecting_right_after_destroying_is_another_connection() -> None:
    """The server sees two."""
    with listening(echo) as server:
        seen = must_call(times=2)
        server.on("connection", seen)
        client = gnet.connect(*where(server))
        wait_event(client, "connect")
        closed = must_call(times=2)
        client.on("close", closed)
        client.destroy().connect(*where(server))
        assert (client.destroyed, client.connecting) == (False, True)
        wait_event(client, "connect")
        assert echoed(client, b"again") == b"again"
        client.destroy()
        closed.wait()


def test_a_socket_that_was_accepted_connects_as_a_client() -> None:
    """It has been a server's before, which no more counts it."""
    with listening(echo) as server, accepted() as pair:
        closed = expect_event(pair.socket, "close")
        pair.peer.close()
        pair.socket.destroy()
        closed.wait()
        pair.socket.connect(*where(server))
        wait_event(pair.socket, "connect")
        assert echoed(pair.socket, b"hello") == b"hello"


def test_what_was_written_before_a_refusal_is_never_sent() -> None:
    """Its callbacks have heard so; the next connection begins with nothing."""
    with listening(echo) as server, unused_port() as port:
        client = gnet.connect(port, "127.0.0.1")
        client.on("error", lambda _: None)
        heard = must_call(times=2)
        client.write(b"lost", None, heard)
        client.write(b"lost, too", None, heard)
        wait_event(client, "close")
        for (error,) in heard.wait():
            assert error is not None
        client.connect(*where(server))
        wait_event(client, "connect")
        assert echoed(client, b"new") == b"new"
        client.destroy()


def test_callbacks_are_called_when_the_socket_connects_again_at_once() -> None:
    """Each exactly once, with what became of its chunk."""
    with listening(echo) as server:
        client = gnet.connect(*where(server))
        first, second, last = must_call(), must_call(), must_call()
        client.write(b"one", None, first)
        client.write(b"two", None, second)
        client.end(last)
        client.destroy()
        client.connect(*where(server))
        codes = [expected.wait()[0][0].code for expected in (first, second, last)]
        assert codes[0] == "ERR_SOCKET_CLOSED_BEFORE_CONNECTION"
        assert set(codes[1:]) == {"ERR_STREAM_DESTROYED"}
        wait_event(client, "connect")
        assert client.writable
        assert echoed(client, b"new") == b"new"
        client.destroy()


def test_a_reset_that_waited_for_one_connection_does_not_hit_the_next() -> None:
    """Nor does an end()."""
    with listening(echo) as server, unused_port() as port:
        for finish in (Socket.reset_and_destroy, Socket.end):
            client = gnet.connect(port, "127.0.0.1")
            client.on("error", lambda _: None)
            finish(client)
            wait_event(client, "close")
            client.connect(*where(server))
            wait_event(client, "connect")
            assert echoed(client, b"hello") == b"hello"
            client.destroy()
            wait_event(client, "close")


def test_a_socket_connects_again_many_times() -> None:
    """Nothing adds up."""
    with listening(lambda socket: socket.end(b"x")) as server:
        client = Socket()
        received = must_call(times=50)
        client.on("data", received)
        for _ in range(50):
            client.connect(*where(server))
            wait_event(client, "close")
            assert client.bytes_read == 1
        assert {event: client.listener_count(event) for event in client.event_names()} == {
            "data": 1
        }


def test_an_error_of_the_second_connection_is_told() -> None:
    """Although the first has told one."""
    with unused_port() as port:
        client = Socket()
        failures = must_call(times=2)
        client.on("error", failures)
        for _ in range(2):
            client.connect(port, "127.0.0.1")
            wait_event(client, "close")
        assert [error.code for (error,) in failures.wait()] == ["ECONNREFUSED"] * 2


def test_settings_outlive_a_connection() -> None:
    """And the sides that were left out stay closed."""
    with listening(echo) as server:
        client = Socket(writable=False, high_water_mark=5, no_delay=True, allow_half_open=True)
        for _ in range(2):
            client.connect(*where(server))
            wait_event(client, "connect")
            assert not client.writable
            assert client.readable_high_water_mark == client.writable_high_water_mark == 5
            assert client.allow_half_open
            client.destroy()
            wait_event(client, "close")


def test_a_with_block_can_be_entered_again() -> None:
    """Each time with a connection of its own."""
    with listening(echo) as server:
        client = Socket()
        for _ in range(2):
            with client.connect(*where(server)):
                wait_event(client, "connect")
                assert echoed(client, b"hello") == b"hello"


def test_a_listener_for_prefinish_may_connect_again() -> None:
    """The connection before never finishes, and the next one is not told that it has."""
    with listening(echo) as server:
        client = gnet.connect(*where(server))
        client.once("prefinish", lambda: client.destroy().connect(*where(server)))
        client.on("finish", must_not_call())
        client.end(b"x")
        closed = expect_event(client, "close")
        wait_event(client, "connect")
        closed.wait()
        wait_event(client, "connect")
        assert echoed(client, b"hello") == b"hello"
        client.destroy()


# ---------------------------------------------------------------- ends


def test_disposing_waits_for_close() -> None:
    """The result is there after it."""
    with accepted() as pair:
        closed = must_call()
        pair.socket.on("close", closed)
        with guarded("the result"):
            assert pair.socket.async_dispose().get() is None
        assert len(closed.calls) == 1
        assert isinstance(pair.socket.errored, AbortError)


def test_disposing_of_what_has_failed_raises_that() -> None:
    """When asked for the result."""
    with accepted() as pair:
        failure = ValueError("mine")
        pair.socket.on("error", lambda _: None)
        pair.socket.destroy(failure)
        result = pair.socket.async_dispose()
        with guarded("the result"), pytest.raises(ValueError, match="mine") as caught:
            result.get()
        assert caught.value is failure
        with pytest.raises(ValueError, match="mine"):
            pair.socket.async_dispose().get()


def test_disposing_of_what_was_destroyed_early_raises() -> None:
    """There was more to come."""
    with accepted() as pair:
        result = pair.socket.destroy().async_dispose()
        with guarded("the result"), pytest.raises(GnetError) as caught:
            result.get()
        assert caught.value.code == "ERR_STREAM_PREMATURE_CLOSE"


def test_a_socket_destroyed_early_was_aborted_on_both_sides() -> None:
    """Until it is connected again, when it starts anew."""
    with listening(echo) as server:
        client = gnet.connect(*where(server))
        wait_event(client, "connect")
        client.destroy()
        assert (client.readable_aborted, client.writable_aborted) == (True, True)
        wait_event(client, "close")
        client.connect(*where(server))
        assert (client.readable_aborted, client.writable_aborted) == (False, False)
        wait_event(client, "connect")
        client.destroy()


def test_an_unreferenced_socket_stays_so_when_it_connects_again() -> None:
    """As it was told."""
    with listening(echo) as server:
        server.unref()
        client = gnet.connect(*where(server)).unref()
        wait_event(client, "connect")
        client.destroy()
        wait_event(client, "close")
        client.connect(*where(server))
        wait_event(client, "connect")
        client.ref()
        client.destroy()
        waiting = gevent.spawn(gnet.run)
        with guarded("gnet.run()"):
            waiting.get()


def test_destroy_soon_is_not_late() -> None:
    """It does not wait for the peer's end."""
    with accepted() as pair:
        pair.socket.on("end", must_not_call())
        pair.socket.write(b"last")
        pair.socket.destroy_soon()
        wait_event(pair.socket, "close")
        assert pair.peer.recv(9) == b"last"
        settle()
