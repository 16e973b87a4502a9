"""Reads of two sizes, and the straight way from the kernel to the listeners."""

from __future__ import annotations

import itertools
import select
import socket as stdlib_socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support import accepted, expect_event, guarded, settle

import gnet
from gnet.states import FLOWING, READING_ON
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
