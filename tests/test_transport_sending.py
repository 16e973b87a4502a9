"""Small writes of one event are gathered, and nothing but the system calls tells so."""

from __future__ import annotations

import functools
import os
import socket as stdlib_socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from gevent.event import Event
from support import (
    ROOT,
    Pair,
    accepted,
    expect_event,
    guarded,
    in_thread,
    listening,
    passed,
    receive_exactly,
    settle,
)

import gnet
from gnet.transport import sending

PIECES = [bytes([number]) * 16 for number in range(10)]
WHOLE = b"".join(PIECES)


class Calls:
    """Stands before ``os.write``: notes what goes to the kernel, and may refuse some of it."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        #: Answers to the next calls: at most so many bytes, or an error.
        self.answers: list[int | OSError] = []

    def __call__(self, fd: int, data: bytes) -> int:
        """Write, or do as told."""
        answer = self.answers.pop(0) if self.answers else len(data)
        if isinstance(answer, OSError):
            raise answer
        self.sizes.append(len(data[:answer]))
        return os.write(fd, data[:answer])


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What goes to the kernel by `Sender.write` and what it gathers."""
    made = Calls()
    monkeypatch.setattr(sending, "_write", made)
    return made


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The time that gathering knows, which stands still unless a test moves it."""
    time = [1000.0]
    monkeypatch.setattr(sending, "_now", lambda: time[0])
    # What another test has paused, on the real clock, is not paused here, and the other way round.
    sending._here.keeper = sending._Keeper(gnet.dispatcher.dispatcher())
    yield time
    sending._here.keeper = sending._Keeper(gnet.dispatcher.dispatcher())


def ask(pair: Pair) -> None:
    """Have the socket answer whatever comes in pieces, and wait for one answer."""
    pair.peer.sendall(b"?")
    assert receive_exactly(pair.peer, len(WHOLE)) == WHOLE
    settle()


def in_a_greenlet(test: Callable[..., None]) -> Callable[..., None]:
    """Have a test run in a greenlet of its own: what the main one writes is never gathered."""

    @functools.wraps(test)
    def run(*args: Any, **keywords: Any) -> None:
        gevent.spawn(test, *args, **keywords).get()

    return run


def write_pieces(socket: gnet.Socket) -> None:
    """Write the pieces."""
    for piece in PIECES:
        assert socket.write(piece)


def test_the_first_goes_at_once_and_the_others_together(calls: Calls) -> None:
    """Two calls of the kernel for ten writes; later, when it is known to write so, one."""

    def answer(socket: gnet.Socket) -> None:
        socket.on("data", lambda _: write_pieces(socket))

    with accepted(answer) as pair:
        ask(pair)
        assert calls.sizes == [16, 144]
        ask(pair)
        ask(pair)
        assert calls.sizes == [16, 144, 160, 160]
        assert pair.socket.bytes_written == 3 * len(WHOLE)


def test_an_event_that_writes_once_ends_the_gathering(calls: Calls) -> None:
    """From then on the first chunk goes out at once again."""
    answers = [PIECES, PIECES[:1], PIECES[:1]]
    sent: list[int] = []

    def answer(socket: gnet.Socket) -> None:
        def on_data(_: bytes) -> None:
            for piece in answers.pop(0):
                socket.write(piece)
            sent.append(len(calls.sizes))

        socket.on("data", on_data)

    with accepted(answer) as pair:
        for pieces in list(answers):
            pair.peer.sendall(b"?")
            receive_exactly(pair.peer, sum(map(len, pieces)))
            settle()
    assert calls.sizes == [16, 144, 16, 16]
    assert sent == [1, 2, 4], "the third event's chunk was out before its listener returned"


def test_what_is_gathered_goes_out_when_the_listener_waits() -> None:
    """A peer hears all that was written before."""
    gate = Event()

    def answer(socket: gnet.Socket) -> None:
        def on_data(_: bytes) -> None:
            write_pieces(socket)
            passed(gate)

        socket.on("data", on_data)

    with accepted(answer) as pair:
        ask(pair)
        gate.set()
        settle()


@in_a_greenlet
def test_writes_outside_of_listeners_are_gathered_too(calls: Calls) -> None:
    """Who loops over a socket in a greenlet of their own writes as small."""
    with accepted() as pair:
        settle()
        write_pieces(pair.socket)
        assert receive_exactly(pair.peer, len(WHOLE)) == WHOLE
    assert calls.sizes == [16, 144]


def test_the_main_greenlet_gathers_nothing(calls: Calls) -> None:
    """It may block the thread next, or be an interactive session: nothing would send it."""
    with accepted() as pair:
        settle()
        write_pieces(pair.socket)
        assert calls.sizes == [16] * 10
        assert receive_exactly(pair.peer, len(WHOLE)) == WHOLE


def cork(socket: gnet.Socket) -> None:
    """Cork and uncork."""
    socket.cork()
    socket.uncork()


LOOKS: dict[str, Callable[[gnet.Socket], object]] = {
    "writable_length": lambda socket: socket.writable_length,
    "buffer_size": lambda socket: socket.buffer_size,
    "writable_need_drain": lambda socket: socket.writable_need_drain,
    "bytes_written": lambda socket: socket.bytes_written,
    "fileno": lambda socket: socket.fileno(),
    "cork": cork,
    "end": lambda socket: socket.end(),
    "destroy": lambda socket: socket.destroy(),
    "destroy_soon": lambda socket: socket.destroy_soon(),
    "a callback": lambda socket: socket.write(b"", print),
    "text": lambda socket: socket.write("é", "latin1"),
    "a large chunk": lambda socket: socket.write(bytes(2000)),
}


@pytest.mark.parametrize("look", LOOKS)
@in_a_greenlet
def test_who_looks_finds_it_sent(look: str, calls: Calls) -> None:
    """As in Node, where every write is tried at once."""
    with accepted() as pair:
        settle()
        write_pieces(pair.socket)
        assert sum(calls.sizes) == 16
        LOOKS[look](pair.socket)
        assert calls.sizes[:2] == [16, 144]
        assert pair.socket.writable_length == 0
        assert receive_exactly(pair.peer, len(WHOLE)) == WHOLE


@in_a_greenlet
def test_no_more_is_gathered_than_a_high_water_mark(calls: Calls) -> None:
    """A loop that writes much in small chunks has a part sent every now and then."""
    with accepted() as pair:
        settle()
        for _ in range(1 + 64 + 10):
            pair.socket.write(bytes(1024))
        assert calls.sizes == [1024, 65536]
        receive_exactly(pair.peer, 75 * 1024)


@in_a_greenlet
def test_what_the_kernel_does_not_take_waits_in_front_of_what_follows(calls: Calls) -> None:
    """And nobody gets a 'drain' who was not told to wait."""
    with accepted() as pair:
        settle()
        pair.socket.on("drain", lambda: pytest.fail("nobody was told to wait"))
        write_pieces(pair.socket)
        calls.answers = [
            BlockingIOError(),
        ]
        assert pair.socket.writable_length == len(WHOLE) - 16
        pair.socket.write(b"and more")
        assert receive_exactly(pair.peer, len(WHOLE) + 8) == WHOLE + b"and more"
        calls.answers = [16, 5]
        write_pieces(pair.socket)
        assert pair.socket.writable_length == len(WHOLE) - 16
        assert receive_exactly(pair.peer, len(WHOLE)) == WHOLE
        settle()
        assert pair.socket.writable_length == 0
        assert pair.socket.bytes_written == 2 * len(WHOLE) + 8


@in_a_greenlet
def test_an_error_is_that_of_a_write(calls: Calls) -> None:
    """Told by 'error' and 'close', as if each had been sent by itself."""
    with accepted() as pair:
        settle()
        error = expect_event(pair.socket, "error")
        write_pieces(pair.socket)
        calls.answers = [BrokenPipeError(32, "Broken pipe")]
        [raised] = error.wait()
        assert (raised.code, raised.syscall) == ("EPIPE", "write")
        assert pair.socket.destroyed


def test_a_listener_that_computes_for_long_ends_it_for_a_while(
    calls: Calls, clock: list[float]
) -> None:
    """It holds what it writes back once, and not again."""

    def answer(socket: gnet.Socket) -> None:
        def on_data(_: bytes) -> None:
            write_pieces(socket)
            clock[0] += 0.1

        socket.on("data", on_data)

    with accepted(answer) as pair:
        ask(pair)
        assert calls.sizes == [16, 144]
        ask(pair)
        assert calls.sizes == [16, 144, *[16] * 10]
        clock[0] += 5
        ask(pair)
        assert calls.sizes[12:] == [16, 144]


@in_a_greenlet
def test_a_foreign_thread_sends_nothing() -> None:
    """Neither its own chunk nor what was gathered."""
    with accepted() as pair:
        settle()
        write_pieces(pair.socket)
        with pytest.raises(gnet.GnetError, match="thread"):
            in_thread(lambda: pair.socket.write(b"x"))
        assert receive_exactly(pair.peer, len(WHOLE)) == WHOLE


@in_a_greenlet
def test_an_uncork_without_a_cork_lets_nothing_past_what_was_gathered() -> None:
    """It does nothing, as in Node: what is written next is still behind."""
    with accepted() as pair:
        settle()
        write_pieces(pair.socket)
        pair.socket.uncork()
        pair.socket.write(bytes(2000))
        assert receive_exactly(pair.peer, len(WHOLE) + 2000) == WHOLE + bytes(2000)


def test_a_socket_that_has_ended_unseen_gathers_nothing() -> None:
    """A late write is refused, whatever the events before have written."""

    def answer(socket: gnet.Socket) -> None:
        socket.on("data", lambda _: write_pieces(socket))

    with accepted(answer) as pair:
        ask(pair)
        pair.peer.shutdown(stdlib_socket.SHUT_WR)
        with guarded("the end"):
            assert pair.peer.recv(1) == b""
        assert pair.socket.destroyed
        assert not pair.socket.write(b"late")
        settle()


@in_a_greenlet
def test_a_foreign_thread_that_looks_sends_nothing(calls: Calls) -> None:
    """The socket's own could do so at the same moment; but the count is the right one."""
    counts: list[int] = []
    with accepted() as pair:
        settle()
        write_pieces(pair.socket)

        def look() -> None:
            counts.extend((pair.socket.bytes_written, pair.socket.writable_length))
            with pytest.raises(gnet.GnetError, match="thread"):
                pair.socket.cork()

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()  # without the loop
        assert calls.sizes == [16]
        assert counts == [len(WHOLE), 0]
        assert receive_exactly(pair.peer, len(WHOLE)) == WHOLE


@in_a_greenlet
def test_a_socket_is_not_idle_whose_gathered_chunks_the_kernel_does_not_take(calls: Calls) -> None:
    """As it is not while a write waits: `close_idle_connections` would cut it off."""
    with accepted(lambda socket: socket.resume()) as pair:
        settle()
        write_pieces(pair.socket)
        calls.answers = [BlockingIOError()]
        pair.server.close_idle_connections()
        assert not pair.socket.destroyed
        assert receive_exactly(pair.peer, len(WHOLE)) == WHOLE


def test_a_write_of_which_the_kernel_takes_nothing_arms_the_idle_timer_again(
    calls: Calls,
) -> None:
    """Each write is activity, as in Node: a 'timeout' that was told comes once more."""
    with accepted() as pair:
        settle()
        expired = expect_event(pair.socket, "timeout")
        pair.socket.set_timeout(1)
        expired.wait()
        again = expect_event(pair.socket, "timeout")
        calls.answers = [BlockingIOError()]
        pair.socket.write(bytes(2000))
        pair.socket._write_watcher.stop()  # nor does it take anything later
        again.wait()


def test_a_closed_socket_that_wrote_last_is_not_kept_alive() -> None:
    """Who has written last is nobody's business once the turn is over."""

    def answer(socket: gnet.Socket) -> None:
        socket.on("data", lambda chunk: socket.write(chunk))

    with accepted(answer) as pair:
        pair.peer.sendall(b"?")
        receive_exactly(pair.peer, 1)
        assert gnet.dispatcher.dispatcher().writer is None


GREET = """
def greet(socket):
    for piece in PIECES:
        socket.write(piece)
"""

#: Programs that write the pieces to the port, and how they go on.
PROGRAMS = {
    # A bare greenlet gathers, unlike the main one, and comes back to it past the loop.
    "exit": """
socket = gnet.connect(PORT, '127.0.0.1')
gnet.once(socket, 'connect')
greenlet.greenlet(greet).switch(socket)
""",
    "fork": """
def fork(socket):
    greet(socket)
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        socket.end()
    else:
        gevent.sleep(0)  # its loop turns
        os._exit(0)

socket = gnet.connect(PORT, '127.0.0.1')
socket.on('connect', lambda: fork(socket))
gnet.run()
""",
    "the process gone": """
socket = gnet.connect(PORT, '127.0.0.1')
gnet.once(socket, 'connect')
greet(socket)
os._exit(0)
""",
    "fork in another thread": """
written, forked = threading.Event(), threading.Event()

def job():
    socket = gnet.connect(PORT, '127.0.0.1')
    gnet.once(socket, 'connect')
    greet(socket)
    written.set()
    forked.wait()
    socket.end()
    gnet.once(socket, 'close')

thread = threading.Thread(target=lambda: gevent.spawn(job).join())
thread.start()
written.wait()
pid = os.fork()
if not pid:
    os._exit(0)
os.waitpid(pid, 0)
forked.set()
thread.join()
""",
    "end of a thread": """
def job():
    socket = gnet.connect(PORT, '127.0.0.1')
    gnet.once(socket, 'connect')
    greenlet.greenlet(greet).switch(socket)

thread = threading.Thread(target=job)
thread.start()
thread.join()
os._exit(0)
""",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_is_lost_or_doubled_at_the_end_of_a_program(program: str) -> None:
    """What was written was written, however it goes on."""
    imports = "import os, sys, threading, gevent, gnet, greenlet\nPORT = int(sys.argv[1])\n"
    text = f"{imports}PIECES = {PIECES!r}\n{GREET}\n{PROGRAMS[program]}"
    with listening() as server:
        address: Any = server.address()
        connection = expect_event(server, "connection")
        environment = {**os.environ, "PYTHONPATH": os.fspath(ROOT)}
        command = [sys.executable, "-c", text, str(address.port)]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            [socket] = connection.wait()
            socket.on("error", lambda _: None)
            with guarded("the pieces"):
                assert b"".join(socket) == WHOLE
            process.kill()
