"""Reads of two sizes, and the straight way from the kernel to the listeners."""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import socket as stdlib_socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support import Pair, accepted, expect_event, guarded, listening, settle

import gnet
from gnet.dispatcher import dispatcher
from gnet.states import FLOWING, READING_ON
from gnet.transport import receiving
from gnet.transport.receiving import FIRST_READ_SIZE, READ_SIZE


def wait_for_bytes(socket: gnet.Socket, count: int) -> None:
    """Wait until the kernel has received so many bytes for the socket, which doesn't read."""
    with stdlib_socket.socket(fileno=socket.fileno()) as kernel_socket:
        with guarded(f"{count} bytes"):
            while len(kernel_socket.recv(count, stdlib_socket.MSG_PEEK)) < count:
                settle()
        kernel_socket.detach()


def wait_for_reset(socket: gnet.Socket) -> None:
    """Wait until the kernel has been told of a reset."""
    poll = select.poll()
    poll.register(socket.fileno(), 0)
    with guarded("a reset"):
        while not poll.poll(0):
            settle()


@pytest.mark.parametrize(
    "size", [1, FIRST_READ_SIZE - 1, FIRST_READ_SIZE, FIRST_READ_SIZE + 1, 5000, READ_SIZE]
)
def test_what_is_there_is_one_chunk(size: int) -> None:
    """Node reads 64 KiB at a time; that the first read asks for less is nobody's business."""
    data = bytes(i % 251 for i in range(size))
    chunks: list[bytes] = []
    with accepted(pause_on_connect=True) as pair:
        pair.peer.sendall(data)
        wait_for_bytes(pair.socket, size)
        pair.socket.on("data", chunks.append)
        done = expect_event(pair.socket, "data")
        pair.socket.resume()
        done.wait()
        assert chunks == [data]
        again = expect_event(pair.socket, "data")
        pair.peer.sendall(b"more")
        again.wait()
        assert pair.socket.bytes_read == size + 4


def test_a_reset_behind_a_full_first_read_follows_it() -> None:
    """The kernel tells of it once: the second read hears it, and the data comes first."""
    heard: list[Any] = []
    with accepted(pause_on_connect=True) as pair:
        socket, peer = pair.socket, pair.peer
        peer.sendall(bytes(FIRST_READ_SIZE))
        wait_for_bytes(socket, FIRST_READ_SIZE)
        peer.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        wait_for_reset(socket)
        socket.on("data", lambda chunk: heard.append(len(chunk)))
        socket.on("error", lambda error: heard.append(error.code))
        socket.on("end", lambda: heard.append("end"))
        closed = expect_event(socket, "close")
        socket.resume()
        closed.wait()
    assert heard == [FIRST_READ_SIZE, "ECONNRESET"]


def test_a_reset_behind_a_full_first_read_is_not_that_of_a_next_connection() -> None:
    """A listener that connects the socket again has nothing to do with it."""
    with listening() as other, accepted(pause_on_connect=True) as pair:
        socket, peer = pair.socket, pair.peer
        address: Any = other.address()
        peer.sendall(bytes(FIRST_READ_SIZE))
        wait_for_bytes(socket, FIRST_READ_SIZE)
        peer.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        wait_for_reset(socket)
        socket.on("error", lambda error: pytest.fail(str(error)))
        socket.on("data", lambda _: socket.destroy().connect(address.port, address.address))
        connected = expect_event(socket, "connect")
        socket.resume()
        connected.wait()
        assert socket.ready_state == "open"
        socket.destroy()
        settle()


def test_the_end_behind_a_full_first_read_follows_it() -> None:
    """A FIN is still there for the next read."""
    heard: list[Any] = []
    with accepted(pause_on_connect=True) as pair:
        socket, peer = pair.socket, pair.peer
        peer.sendall(bytes(FIRST_READ_SIZE))
        peer.shutdown(stdlib_socket.SHUT_WR)
        wait_for_bytes(socket, FIRST_READ_SIZE)
        socket.on("data", lambda chunk: heard.append(len(chunk)))
        socket.on("end", lambda: heard.append("end"))
        closed = expect_event(socket, "close")
        socket.resume()
        closed.wait()
    assert heard == [FIRST_READ_SIZE, "end"]


def test_the_loss_of_the_listener_between_two_chunks_is_noticed() -> None:
    """Without a listener a stream that flows drops what comes, as in Node."""
    with accepted(lambda socket: socket.on("data", socket.write)) as pair:
        pair.peer.sendall(b"one")
        with guarded("an echo"):
            assert pair.peer.recv(10) == b"one"
        pair.socket.remove_all_listeners("data")
        pair.peer.sendall(b"two")
        with guarded("two to be read"):
            while pair.socket.bytes_read < 6:
                settle()
        again = expect_event(pair.socket, "data")
        pair.peer.sendall(b"three")
        assert again.wait() == [b"three"]


class Plenty:
    """Stands before ``os.read``: so many full chunks are there, whenever there is something."""

    def __init__(self) -> None:
        self.chunks = 0

    def __call__(self, fd: int, size: int) -> bytes:
        """Read a chunk that was made up, or else what there is."""
        if self.chunks and size == READ_SIZE:
            self.chunks -= 1
            return b"a" * size
        return os.read(fd, size)


@pytest.fixture
def plenty(monkeypatch: pytest.MonkeyPatch) -> Plenty:
    """More to read than a kernel's buffer holds."""
    made = Plenty()
    monkeypatch.setattr(receiving, "_read", made)
    return made


@contextlib.contextmanager
def large_reads(listener: Callable[[Any], object]) -> Iterator[Pair]:
    """A connection that had a large chunk already, and what its next ones are for."""
    with accepted(lambda socket: socket.on("data", lambda _: None)) as pair:
        pair.peer.sendall(bytes(5000))
        with guarded("a large chunk"):
            while pair.socket.bytes_read < 5000:
                settle()
        pair.socket.remove_all_listeners("data").on("data", listener)
        yield pair


def test_what_is_there_comes_in_one_turn(plenty: Plenty) -> None:
    """A chunk as large as can be says that there is more; libuv goes on reading, too."""
    turns: list[int] = []
    with large_reads(lambda _: turns.append(dispatcher().turn)) as pair:
        plenty.chunks = 10
        pair.peer.sendall(b"!")
        with guarded("all of it"):
            while len(turns) < 11:
                settle()
    assert len(set(turns)) == 1


def test_others_have_their_turn_meanwhile(plenty: Plenty) -> None:
    """However much there is."""
    turns: list[int] = []
    with large_reads(lambda _: turns.append(dispatcher().turn)) as pair:
        plenty.chunks = 40
        pair.peer.sendall(b"!")
        with guarded("all of it"):
            while len(turns) < 41:
                settle()
    assert [len(list(group)) for _, group in itertools.groupby(turns)] == [16, 16, 9]


def test_a_listener_can_end_it_after_each_chunk(plenty: Plenty) -> None:
    """Paused, encoded or destroyed: it counts for the very next chunk."""
    chunks: list[Any] = []

    def on_data(chunk: Any) -> None:
        chunks.append(chunk)
        if len(chunks) == 2:
            pair.socket.pause()
        elif len(chunks) == 3:
            pair.socket.set_encoding("latin1")
        elif len(chunks) == 4:
            pair.socket.destroy()

    with large_reads(on_data) as pair:
        plenty.chunks = 10
        pair.peer.sendall(b"!")
        with guarded("a pause"):
            while not pair.socket.is_paused():
                settle()
        settle()
        assert chunks == [b"a" * READ_SIZE] * 2
        closed = expect_event(pair.socket, "close")
        pair.socket.resume()
        closed.wait()
    assert chunks[2:] == [b"a" * READ_SIZE, "a" * READ_SIZE]


CHANGES: dict[str, Callable[[gnet.Socket], object]] = {
    "pause": lambda socket: socket.pause(),
    "resume": lambda socket: socket.resume(),
    "encode": lambda socket: socket.set_encoding("hex"),
    "pull": lambda socket: socket.on("readable", list),
    "stop pulling": lambda socket: socket.remove_all_listeners("readable"),
    "unshift": lambda socket: socket.unshift(b"again"),
    "read": lambda socket: socket.read(),
    "destroy": lambda socket: socket.destroy(),
}


@pytest.mark.parametrize("changes", list(itertools.permutations(CHANGES, 3)), ids="-".join)
def test_the_straight_way_is_open_only_while_nothing_is_in_between(
    changes: tuple[str, ...],
) -> None:
    """One attribute stands for six: it is None as soon as one of them says otherwise."""
    with accepted(lambda socket: socket.on("data", socket.write)) as pair:
        socket, peer = pair.socket, pair.peer
        peer.sendall(b"first")
        with guarded("an echo"):
            assert peer.recv(10) == b"first"
        assert socket._straight_fd == socket.fileno()
        for change in changes:
            CHANGES[change](socket)
            for _ in range(3):
                if socket._straight_fd is not None:
                    assert socket._straight_fd == socket._fd
                    assert socket._reading is READING_ON
                    assert socket._flow is FLOWING
                    assert not socket.readable_length
                    assert socket._decoder is None
                settle()


@pytest.fixture
def capturing() -> Iterator[None]:
    """Every emitter made from now on captures rejections."""
    gnet.EventEmitter.capture_rejections = True
    yield
    gnet.EventEmitter.capture_rejections = False


@pytest.mark.usefixtures("capturing")
def test_a_capture_of_rejections_is_in_between() -> None:
    """What listeners return has to be looked at then."""
    with accepted(lambda socket: socket.on("data", socket.write)) as pair:
        assert pair.socket._straight_fd is None
        pair.peer.sendall(b"one")
        with guarded("an echo"):
            assert pair.peer.recv(10) == b"one"
        assert pair.socket._straight_fd is None


class Loud(gnet.Socket):
    """A socket that sees what it emits."""

    emitted: list[Any]

    def emit(self, event: Any, *args: Any) -> bool:
        """Note it, and emit."""
        self.emitted.append(event)
        return super().emit(event, *args)


def test_an_emit_of_a_subclass_hears_every_chunk() -> None:
    """As in Node, where each is emitted."""
    with listening() as server:
        address: Any = server.address()
        connection = expect_event(server, "connection")
        client = Loud()
        client.emitted = []
        client.on("data", lambda _: None)
        client.connect(address.port, address.address)
        [socket] = connection.wait()
        for count in (1, 2, 3):
            data = expect_event(client, "data")
            socket.write(b"a chunk")
            data.wait()
            assert client.emitted.count("data") == count
        client.destroy()
