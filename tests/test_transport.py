"""`gnet.transport`: what goes over a kernel socket, through pushing back, resets and odd chunks."""

from __future__ import annotations

import array
import contextlib
import hashlib
import os
import random
import socket as stdlib_socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
import pytest
from support import (
    Pair,
    accepted,
    expect_event,
    fill_until_blocked,
    guarded,
    linked,
    must_call,
    must_not_call,
    receive_exactly,
    settle,
)

import gnet
from gnet import Socket

Uncaught = list[tuple[Any, type[BaseException], BaseException]]


def reset(peer: gevent.socket.socket) -> None:
    """Close with an RST instead of a FIN."""
    peer.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def stall(socket: Socket) -> int:
    """Write until the kernel takes no more; return how many bytes were written in all."""
    total = 0
    while not socket.writable_length:
        socket.write(bytes(65536))
        total += 65536
    return total


@contextlib.contextmanager
def unix_pair(tmp_path: Path) -> Iterator[tuple[Socket, Socket]]:
    """Both ends of a connection over a Unix socket: a server's and a client's."""
    server = gnet.create_server().listen(os.fspath(tmp_path / "s"))
    connection = expect_event(server, "connection")
    client = gnet.connect(os.fspath(tmp_path / "s"))
    connected = expect_event(client, "connect")
    [socket] = connection.wait()
    connected.wait()
    try:
        yield socket, client
    finally:
        client.destroy()
        socket.destroy()
        server.close()


@pytest.fixture(params=["tcp", "unix"])
def ends(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Socket, Socket]]:
    """Both ends of a connection, once over TCP and once over a Unix socket."""
    with linked() if request.param == "tcp" else unix_pair(tmp_path) as pair:
        yield pair


def collected(socket: Socket) -> gevent.Greenlet[..., bytes]:
    """A greenlet that reads all there is, whose value is the data."""
    return gevent.spawn(lambda: b"".join(socket))


# ---------------------------------------------------------------- chunks


@pytest.mark.parametrize(
    "chunk",
    [
        b"some bytes",
        bytearray(b"some bytes"),
        memoryview(b"some bytes"),
        memoryview(b"s.o.m.e. .b.y.t.e.s.")[::2],
        memoryview(array.array("B", b"some bytes")),
        "some bytes",
    ],
    ids=["bytes", "bytearray", "memoryview", "strided", "array", "str"],
)
def test_every_kind_of_chunk_arrives(chunk: Any) -> None:
    """What is no str is taken as the bytes it holds."""
    with accepted() as pair:
        assert pair.socket.write(chunk)
        assert receive_exactly(pair.peer, 10) == b"some bytes"


def test_a_memoryview_of_wider_items_is_sent_as_its_bytes() -> None:
    """And counted as such."""
    numbers = array.array("I", [1, 2, 3])
    with accepted() as pair:
        pair.socket.write(memoryview(numbers))
        assert receive_exactly(pair.peer, len(numbers.tobytes())) == numbers.tobytes()
        assert pair.socket.bytes_written == len(numbers.tobytes())


def test_a_bytearray_that_changes_after_write_is_sent_as_it_was() -> None:
    """Even if it had to wait."""
    with accepted() as pair:
        size = stall(pair.socket)
        buffer = bytearray(b"before")
        pair.socket.write(buffer)
        buffer[:] = b"after!"
        assert receive_exactly(pair.peer, size + 6)[-6:] == b"before"


def test_a_memoryview_that_is_released_after_write_is_sent() -> None:
    """The caller may reuse its buffer at once."""
    with accepted() as pair:
        size = stall(pair.socket)
        with memoryview(bytearray(b"before")) as view:
            pair.socket.write(view)
        assert receive_exactly(pair.peer, size + 6)[-6:] == b"before"


def test_an_empty_chunk_is_written_without_harm() -> None:
    """It sends nothing and is called back like any other."""
    with accepted() as pair:
        done = must_call(times=3)
        for chunk in (b"", "", bytearray()):
            assert pair.socket.write(chunk, None, done)
        assert pair.socket.write(b"")
        pair.socket.end()
        assert receive_exactly(pair.peer, 1) == b""
        done.wait()


def test_a_subclass_of_bytes_is_sent() -> None:
    """It does not take the short way, but arrives all the same."""

    class Line(bytes):
        pass

    with accepted() as pair:
        pair.socket.write(Line(b"line"))
        assert receive_exactly(pair.peer, 4) == b"line"


# ---------------------------------------------------------------- pushing back


def test_more_small_writes_than_one_call_takes_arrive_in_order(
    ends: tuple[Socket, Socket],
) -> None:
    """The kernel takes 1024 buffers at a time; 5000 wait."""
    sender, receiver = ends
    data = collected(receiver)
    size = stall(sender)
    expected = bytearray(size)
    done = must_call(times=5000)
    for number in range(5000):
        line = f"{number}\n".encode()
        expected += line
        sender.write(line, None, done)
    sender.end()
    with guarded("all of it"):
        assert data.get() == expected
    done.wait()


def test_a_write_of_many_megabytes_arrives_whole(ends: tuple[Socket, Socket]) -> None:
    """The kernel takes it in pieces of its own choice."""
    sender, receiver = ends
    payload = random.Random(1).randbytes(16 * 2**20 + 7)
    data = collected(receiver)
    sender.end(payload)
    with guarded("all of it"):
        assert hashlib.sha256(data.get()).digest() == hashlib.sha256(payload).digest()


def test_a_slow_reader_bounds_what_is_held_on_both_sides(ends: tuple[Socket, Socket]) -> None:
    """Fifty megabytes go through while neither side ever holds more than a few chunks."""
    sender, receiver = ends
    total, size = 50 * 2**20, 2**18
    most: list[int] = [0, 0]
    digest = hashlib.sha256()

    def send() -> None:
        piece = random.Random(2)
        for _ in range(total // size):
            chunk = piece.randbytes(size)
            digest.update(chunk)
            if not sender.write(chunk):
                most[0] = max(most[0], sender.writable_length)
                gnet.once(sender, "drain")
        sender.end()

    received = hashlib.sha256()
    sending = gevent.spawn(send)
    with guarded("all of it", 15):
        for chunk in receiver:
            most[1] = max(most[1], len(chunk), receiver.readable_length)
            received.update(chunk)
            gevent.sleep(0)
        sending.get()
    assert received.digest() == digest.digest()
    assert most[0] <= size
    assert most[1] <= 2 * 65536 + 65536


def test_a_paused_socket_reads_no_more_than_its_buffer_holds() -> None:
    """Then the kernel fills up, and the peer feels it."""
    with accepted() as pair:
        pair.socket.pause()
        sent = fill_until_blocked(pair.peer)
        assert sent > pair.socket.bytes_read
        assert pair.socket.readable_length <= pair.socket.readable_high_water_mark + 65536


def test_drain_comes_once_for_many_refused_writes() -> None:
    """When all of them are out."""
    with accepted() as pair:
        pair.socket.on("drain", must_call())
        size = stall(pair.socket)
        for _ in range(50):
            assert not pair.socket.write(bytes(65536))
        drained = expect_event(pair.socket, "drain")
        receive_exactly(pair.peer, size + 50 * 65536)
        drained.wait()
        assert pair.socket.writable_length == 0


def test_write_callbacks_come_in_order_and_once_each() -> None:
    """Those that went out at once and those that waited."""
    with accepted() as pair:
        order: list[int] = []
        done = must_call(times=60)
        size = 0
        for number in range(60):

            def told(error: object, number: int = number) -> None:
                assert error is None
                order.append(number)
                done()

            pair.socket.write(bytes(200_000), None, told)
            size += 200_000
        receive_exactly(pair.peer, size)
        done.wait()
        assert order == list(range(60))


def test_bytes_written_counts_what_waits_as_well() -> None:
    """And stays when the socket is closed."""
    with accepted() as pair:
        size = stall(pair.socket)
        pair.socket.write(b"0123456789")
        assert pair.socket.bytes_written == size + 10
        receive_exactly(pair.peer, size + 10)
        closed = expect_event(pair.socket, "close")
        pair.socket.destroy()
        closed.wait()
        assert pair.socket.bytes_written == size + 10


def test_bytes_read_counts_bytes_whatever_the_encoding() -> None:
    """Not characters."""
    with accepted() as pair:
        pair.socket.set_encoding("utf8")
        data = expect_event(pair.socket, "data")
        pair.peer.sendall("ąć".encode())
        assert data.wait() == ["ąć"]
        assert pair.socket.bytes_read == 4


# ---------------------------------------------------------------- resets


def test_a_reset_in_the_middle_of_a_write_is_told_once(uncaught: Uncaught) -> None:
    """The write's callback, 'error' and 'close' get it, and no traceback comes of it."""
    with accepted() as pair:
        failed, error, closed = must_call(), must_call(), must_call()
        pair.socket.on("error", error)
        pair.socket.on("close", closed)
        pair.socket.write("x" * (16 * 2**20))
        pair.socket.write("behind", None, failed)
        reset(pair.peer)
        closed.wait()
        settle()
        assert closed.calls == [(True,)]
        assert error.calls[0][0].code in ("ECONNRESET", "EPIPE")
        assert failed.calls[0][0] is error.calls[0][0]
    assert uncaught == []


@pytest.mark.parametrize("attempt", range(5))
def test_a_reset_that_makes_a_socket_readable_and_writable_at_once_is_told_once(
    attempt: int, uncaught: Uncaught
) -> None:
    """Both tasks are queued in the same turn; the second finds the socket destroyed."""
    with accepted() as pair:
        pair.socket.resume()
        stall(pair.socket)
        settle()
        error = expect_event(pair.socket, "error")
        closed = expect_event(pair.socket, "close")
        reset(pair.peer)
        [reason] = error.wait()
        assert reason.code in ("ECONNRESET", "EPIPE")
        assert closed.wait() == [True]
        settle()
    assert uncaught == []


def test_a_write_into_a_reset_connection_fails_with_its_error() -> None:
    """The first write after the reset finds it out by itself, since nothing is read."""
    with accepted() as pair:
        pair.socket.pause()
        pair.peer.sendall(bytes(2**20))  # more than a paused socket reads
        settle()
        error, failed = must_call(), must_call()
        pair.socket.on("error", error)
        reset(pair.peer)
        with guarded("the write to fail"):
            while pair.socket.writable:
                pair.socket.write(b"x")
                gevent.sleep(0)
        pair.socket.write("more", None, failed)
        [(reason,)] = error.wait()
        assert reason.code in ("ECONNRESET", "EPIPE")
        assert reason.syscall in ("read", "write")
        failed.wait()


@pytest.mark.parametrize("chunk", [b"x" * 2**22, "x" * 2**22], ids=["bytes", "text"])
def test_destroy_drops_what_waits_and_tells_every_callback(chunk: Any) -> None:
    """The one on its way counts as done, as in Node; those behind it get the error."""
    with accepted() as pair:
        told: list[Any] = []
        done = must_call(told.append, times=6)
        stall(pair.socket)
        reason = RuntimeError("enough")
        pair.socket.on("error", must_call())
        for _ in range(6):
            pair.socket.write(chunk, None, done)
        pair.socket.destroy(reason)
        done.wait()
        assert told == [reason] * 6


def test_a_close_listener_that_raises_keeps_no_callback_from_being_called(
    uncaught: Uncaught,
) -> None:
    """Neither that of the write that waited for the connection, nor of those behind it."""

    def fail(*_: Any) -> None:
        raise KeyError("mine")

    client = gnet.Socket()
    client.on("close", fail)
    first, second = must_call(), must_call()
    client.connect(1, "127.0.0.1")
    client.on("error", must_call())
    client.write(b"one", None, first)
    client.write(b"two", None, second)
    [(error,)], [(other,)] = first.wait(), second.wait()
    assert error.code == "ERR_SOCKET_CLOSED_BEFORE_CONNECTION"
    assert other is not None
    assert client.writable_length == 0
    settle()
    assert [type(value) for _, _, value in uncaught] == [KeyError]
    uncaught.clear()


def test_data_that_came_before_a_destroy_is_not_delivered_after_it() -> None:
    """A destroyed socket is silent but for its end."""
    with accepted() as pair:
        pair.socket.on("data", must_not_call())
        pair.peer.sendall(b"x")
        pair.socket.destroy()
        settle()


def test_ten_thousand_small_messages_come_back_in_order(ends: tuple[Socket, Socket]) -> None:
    """Echoed by a listener that knows nothing of pushing back."""
    one, other = ends
    other.on("data", other.write)
    expected = b"".join(b"%d\n" % number for number in range(10_000))
    back = bytearray()
    done = must_call()

    def take(chunk: bytes) -> None:
        back.extend(chunk)
        if len(back) == len(expected):
            done()

    one.on("data", take)
    for number in range(10_000):
        one.write(b"%d\n" % number)
    done.wait()
    assert back == expected


def test_a_peer_that_ends_after_a_reset_of_nothing_is_no_error() -> None:
    """A bare end is just an end."""
    with accepted() as pair:
        pair.socket.resume()
        pair.socket.on("error", must_not_call())
        closed = expect_event(pair.socket, "close")
        pair.peer.close()
        assert closed.wait() == [False]


def test_ending_a_connection_that_was_reset_is_told_as_one_error() -> None:
    """``end`` may find the connection gone; it never raises."""
    with accepted() as pair:
        error = must_call()
        pair.socket.on("error", error)
        pair.socket.resume()
        closed = expect_event(pair.socket, "close")
        reset(pair.peer)
        pair.socket.end("last words")
        closed.wait()


def _half(pair: Pair) -> None:
    pair.peer.shutdown(stdlib_socket.SHUT_WR)


def test_a_chunk_and_the_end_right_behind_it_are_both_delivered() -> None:
    """They come with one wake-up."""
    with accepted() as pair:
        data, end = must_call(), must_call()
        pair.socket.on("data", data)
        pair.socket.on("end", end)
        pair.peer.sendall(b"x")
        _half(pair)
        end.wait()
        assert data.calls == [(b"x",)]


def test_ctrl_c_while_a_connection_is_taken_over_leaves_it_to_be_destroyed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The interrupt is what gets told, not what is missing of a half-made socket."""

    class Interrupted:
        """A loop in which a signal comes when a watcher is made."""

        def io(self, *_: object) -> None:
            """Raise as a signal's handler does."""
            raise KeyboardInterrupt

    one, other = stdlib_socket.socketpair()
    socket = Socket()
    with one, other:
        with monkeypatch.context() as patch:
            patch.setattr(socket._dispatcher, "loop", Interrupted())
            with pytest.raises(KeyboardInterrupt):
                socket._adopt(one.fileno())
        closed = expect_event(socket, "close")
        socket.destroy()
        closed.wait()
