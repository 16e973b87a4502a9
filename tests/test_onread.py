"""Receiving into the user's buffer: the read lane, errors, and several connections."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import gevent.socket
import pytest
from gevent.event import Event
from support import (
    Expected,
    expect_event,
    fill_until_blocked,
    guarded,
    in_thread,
    listening,
    must_call,
    must_not_call,
    passed,
    settle,
    wait_event,
)

import gnet
from gnet import GnetError, Socket
from gnet.dispatcher import dispatcher

Uncaught = list[tuple[Any, type[BaseException], BaseException]]


@contextlib.contextmanager
def receiving(callback: Any, buffer: Any = None) -> Iterator[tuple[Socket, Any]]:
    """A socket over one end of a pair that receives into a buffer, and the other end."""
    ours, theirs = gevent.socket.socketpair()
    socket = Socket(
        fd=ours.detach(),
        on_read={"buffer": bytearray(8) if buffer is None else buffer, "callback": callback},
    )
    try:
        yield socket, theirs
    finally:
        socket.destroy()
        theirs.close()


def test_the_callback_gets_count_and_buffer() -> None:
    """Always the same one."""
    buffer = bytearray(4)
    texts: list[bytes] = []

    def callback(count: int, used: bytearray) -> None:
        assert used is buffer
        texts.append(bytes(used[:count]))

    with receiving(callback, buffer) as (socket, peer):
        ended = expect_event(socket, "end")
        peer.sendall(b"hello world")
        peer.close()
        ended.wait()
        assert b"".join(texts) == b"hello world"
        assert socket.bytes_read == 11


def test_a_memoryview_is_a_buffer_as_well() -> None:
    """As far as it can be written to."""
    whole = bytearray(10)
    received = must_call()
    with receiving(received, memoryview(whole)[2:5]) as (_, peer):
        peer.sendall(b"abc")
        received.wait()
        assert whole[2:5] == b"abc"


@pytest.mark.parametrize("buffer", [b"12345678", memoryview(b"12345678")])
def test_a_buffer_that_cannot_be_written_to_is_refused(buffer: Any) -> None:
    """Node has none such; here it would be a trap."""
    with pytest.raises(TypeError, match=r"onread\.buffer"):
        Socket(on_read={"buffer": buffer, "callback": print})


def no_buffer() -> bytearray:
    """Make none."""
    raise KeyError("none left")


def test_a_function_that_makes_no_buffer_keeps_the_socket_as_it_is() -> None:
    """Connecting raises what it raises, and can be tried again."""
    with listening() as server:
        buffers: Iterator[Callable[[], bytearray]] = iter([no_buffer, lambda: bytearray(9)])
        client = Socket(on_read={"buffer": lambda: next(buffers)(), "callback": must_not_call()})
        address: Any = server.address()
        references = repr(dispatcher())
        with pytest.raises(KeyError, match="none left"):
            client.connect(address.port, address.address, must_not_call())
        assert (client.connecting, client.destroyed) == (False, False)
        assert repr(dispatcher()) == references
        client.connect(address.port, address.address)
        wait_event(client, "connect")
        client.destroy()


def test_a_descriptor_stays_whose_it_is_if_no_buffer_can_be_made() -> None:
    """The constructor has raised: there is no socket that could close it."""
    ours, theirs = gevent.socket.socketpair()
    with ours, theirs:
        references = repr(dispatcher())
        with pytest.raises(KeyError, match="none left"):
            Socket(fd=ours.fileno(), on_read={"buffer": no_buffer, "callback": print})
        assert repr(dispatcher()) == references
        ours.sendall(b"x")
        assert theirs.recv(1) == b"x"


@pytest.mark.parametrize("buffer", [b"12345678", memoryview(b"1"), None, 5, "text"])
def test_a_function_that_makes_something_else_is_refused(buffer: Any, uncaught: Uncaught) -> None:
    """With a code, whether the first or a later buffer is meant."""
    on_read = {"buffer": lambda: buffer, "callback": print}
    with pytest.raises(TypeError, match=r"onread\.buffer") as caught:
        Socket(on_read=on_read).connect(1, "127.0.0.1")
    assert caught.value.code == "ERR_INVALID_ARG_TYPE"  # type: ignore[attr-defined]
    buffers = iter([bytearray(1), buffer])
    with receiving(must_call(), lambda: next(buffers)) as (socket, peer):
        failure = expect_event(socket, "error")
        peer.sendall(b"x")
        [error] = failure.wait()
        assert error.code == "ERR_INVALID_ARG_TYPE"
    assert len(uncaught) == 1
    uncaught.clear()


def test_what_a_callback_returns_late_does_not_pause_the_next_connection() -> None:
    """It has blocked, and meanwhile the socket was connected anew."""
    gate, called = Event(), Event()
    texts: list[bytes] = []

    def callback(count: int, used: bytearray) -> bool:
        texts.append(bytes(used[:count]))
        if len(texts) > 1:
            return True
        called.set()
        passed(gate)
        return False

    with listening(lambda socket: socket.end(b"hello")) as server:
        address: Any = server.address()
        client = Socket(on_read={"buffer": bytearray(9), "callback": callback})
        client.connect(address.port, address.address)
        passed(called)
        client.destroy().connect(address.port, address.address)
        ended = expect_event(client, "end")
        wait_event(client, "ready")
        settle()
        gate.set()
        ended.wait()
        assert texts == [b"hello", b"hello"]
        settle()


def test_while_the_callback_blocks_the_peer_feels_it() -> None:
    """It runs in the read lane."""
    gate = Event()
    called = Event()

    def callback(_count: int, _used: bytearray) -> None:
        called.set()
        passed(gate)

    with receiving(callback, bytearray(65536)) as (socket, peer):
        sent = fill_until_blocked(peer)
        passed(called)
        before = socket.bytes_read
        assert before < sent
        ended = expect_event(socket, "end")
        gate.set()
        peer.close()
        ended.wait()
        assert socket.bytes_read == sent


def test_a_callback_that_raises_ends_its_socket(uncaught: Uncaught) -> None:
    """And is reported once."""
    with receiving(Expected(lambda *_: 1 / 0, 1, "here")) as (socket, peer):
        failure, closed = expect_event(socket, "error"), expect_event(socket, "close")
        peer.sendall(b"x")
        [error] = failure.wait()
        assert isinstance(error, ZeroDivisionError)
        closed.wait()
    assert [type(value) for _, _, value in uncaught] == [ZeroDivisionError]


def test_a_pause_in_another_thread_is_refused() -> None:
    """Reading goes on."""
    received = must_call()
    with receiving(received) as (socket, peer):
        with pytest.raises(GnetError) as caught:
            in_thread(socket.pause)
        assert caught.value.code == "ERR_FOREIGN_THREAD"
        peer.sendall(b"hello")
        received.wait()


def test_a_reset_is_an_error() -> None:
    """Told as for any other socket."""
    server = gnet.create_server(lambda socket: socket.reset_and_destroy())
    server.listen(0, "127.0.0.1")
    wait_event(server, "listening")
    address: Any = server.address()
    on_read = {"buffer": bytearray(8), "callback": print}
    client = gnet.connect(address.port, "127.0.0.1", on_read=on_read)
    [error] = wait_event(client, "error")
    assert error.code == "ECONNRESET"
    server.close()


def test_each_connection_begins_with_a_new_buffer() -> None:
    """The function that makes them is asked again."""
    server = gnet.create_server(lambda socket: socket.end(b"x"))
    server.listen(0, "127.0.0.1")
    wait_event(server, "listening")
    address: Any = server.address()
    made: list[bytearray] = []

    def make() -> bytearray:
        made.append(bytearray(4))
        return made[-1]

    used: list[bytearray] = []
    client = Socket(
        on_read={"buffer": make, "callback": lambda _count, buffer: used.append(buffer)}
    )
    for _ in range(2):
        client.connect(address.port, "127.0.0.1")
        with guarded("the end"):
            wait_event(client, "close")
    assert [used[0] is made[0], used[1] is made[2], len(made)] == [True, True, 4]
    server.close()
