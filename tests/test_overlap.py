"""What overlaps only because a listener may block: no order, call or waiter gets lost by it."""

from __future__ import annotations

import gc
import weakref
from contextvars import ContextVar
from typing import Any

import gevent
import pytest
from gevent.event import Event
from support import (
    FakeClock,
    accepted,
    guarded,
    linked,
    listening,
    must_call,
    passed,
    settle,
    wait_event,
)

import gnet
from gnet import EventEmitter, events
from gnet.dispatcher import dispatcher

Uncaught = list[tuple[Any, type[BaseException], BaseException]]


def test_run_waits_for_a_listener_that_still_runs() -> None:
    """It may be about to listen again, as after an address in use."""
    gate, done = Event(), Event()

    def listener(_: object) -> None:
        passed(gate)
        done.set()

    dispatcher().defer(listener)
    gevent.spawn(gate.set)
    with guarded("run to return"):
        gnet.run()
    assert done.is_set()


def test_two_greenlets_may_iterate_over_one_socket() -> None:
    """Each chunk goes to one of them, and both learn of the end."""
    with linked() as (client, socket):
        readers = [gevent.spawn(list, socket) for _ in range(2)]
        settle()
        client.end("hello")
        with guarded("both readers"):
            chunks = [reader.get() for reader in readers]
        assert sorted(chunks) == [[], [b"hello"]]


def test_an_end_listener_may_wait_for_the_close() -> None:
    """The socket's own end does not wait for that listener to return."""
    with accepted() as pair:
        seen = Event()

        def on_end() -> None:
            gnet.once(pair.socket, "close")
            seen.set()

        pair.socket.on("end", on_end)
        pair.socket.resume()
        pair.peer.shutdown(1)
        passed(seen, "'close' in the 'end' listener")


def test_a_blocked_drain_listener_does_not_hold_back_the_write_callback() -> None:
    """Callbacks come in the order of the writes, whoever sleeps."""
    with accepted() as pair:
        gate, done = Event(), Event()
        order: list[str] = []

        def on_drain() -> None:
            order.append("drain")
            pair.socket.write(b"b", on_second)
            passed(gate)

        def on_second(_: object) -> None:
            order.append("b")
            done.set()

        pair.socket.on("drain", on_drain)
        pair.socket.write(b"a" * 2**24, lambda _: order.append("a"))
        gevent.spawn(read_all, pair.peer)
        passed(done, "both callbacks")
        assert order == ["drain", "a", "b"]
        gate.set()
        settle()


def test_a_raising_drain_listener_does_not_cost_a_callback(uncaught: Uncaught) -> None:
    """The bytes are out, and the callback says so."""
    with accepted() as pair:
        told: list[object] = []
        pair.socket.on("drain", lambda: 1 / 0)
        pair.socket.on("error", lambda _: None)
        pair.socket.write(b"a" * 2**24, told.append)
        gevent.spawn(read_all, pair.peer)
        wait_event(pair.socket, "close")
        assert told == [None]
        assert [kind for _, kind, _ in uncaught] == [ZeroDivisionError]


def read_all(peer: Any) -> None:
    """Read until the end, whatever it is."""
    try:
        while peer.recv(2**20):
            pass
    except OSError:
        pass  # a reset ends it as well


def test_capturing_goes_on_after_two_failures_were_told_at_once() -> None:
    """The first 'error' listener still runs when the second failure comes."""
    emitter = EventEmitter(capture_rejections=True)
    gate = Event()
    told: list[str] = []

    def on_error(error: Exception) -> None:
        told.append(str(error))
        passed(gate)

    @gnet.spawned
    def fail(text: str) -> None:
        raise ValueError(text)

    emitter.on("error", on_error).on("x", fail)
    emitter.emit("x", "one")
    emitter.emit("x", "two")
    settle()
    gate.set()
    settle()
    emitter.emit("x", "three")
    settle()
    assert told == ["one", "two", "three"]


def test_a_connect_that_raises_leaves_a_closed_socket() -> None:
    """A path is attempted at once, so what its listener raises reaches the caller."""
    socket = gnet.Socket()
    socket.on("connectionAttempt", lambda *_: 1 / 0).on("error", lambda _: None)
    with pytest.raises(ZeroDivisionError):
        socket.connect("/nowhere")
    assert socket.destroyed
    wait_event(socket, "close")


def test_a_path_that_is_no_file_name_is_an_error_event() -> None:
    """Python cannot encode it; the kernel's word for that is EINVAL."""
    socket = gnet.Socket()
    [error] = wait_event(socket.connect("/tmp/\udc00\ud800"), "error")
    assert error.code == "EINVAL"
    server = gnet.create_server()
    [error] = wait_event(server.listen("/tmp/\udc00\ud800"), "error")
    assert error.code == "EINVAL"


def test_a_one_time_listener_is_called_once_however_its_removal_blocks() -> None:
    """Another greenlet may emit while a 'removeListener' listener sleeps."""
    emitter = EventEmitter()
    gate = Event()
    called: list[int] = []
    emitter.once("x", called.append)
    emitter.on("removeListener", lambda *_: passed(gate))
    first = gevent.spawn(emitter.emit, "x", 1)
    settle()
    emitter.emit("x", 2)
    gate.set()
    first.join()
    assert called == [1]


def test_an_error_that_comes_as_its_reader_is_killed_is_for_the_next_step() -> None:
    """It was handed over, but never arrived."""
    emitter = EventEmitter()
    iterator = events.on(emitter, "x")
    reader = gevent.spawn(next, iterator)
    settle()
    reader.kill(block=False)
    emitter.emit("error", ValueError("lost?"))
    reader.join()
    with pytest.raises(ValueError, match="lost"):
        next(iterator)


def test_what_a_listener_of_the_server_sets_is_not_for_connections() -> None:
    """Each connection starts from the context in which the server was made."""
    var: ContextVar[str] = ContextVar("var", default="as it was")
    seen: list[str] = []
    with listening(lambda _: seen.append(var.get())) as server:
        server.on("drop", lambda _: var.set("by a drop listener"))
        server.max_connections = 0
        with gnet.connect(where(server), "127.0.0.1") as refused:
            wait_event(refused, "close")
        server.max_connections = None
        with gnet.connect(where(server), "127.0.0.1") as socket:
            wait_event(server, "connection")
            socket.destroy()
    assert seen == ["as it was"]


def where(server: gnet.Server) -> int:
    """The server's port."""
    address = server.address()
    assert isinstance(address, gnet.AddressInfo)
    return address.port


def test_an_idle_timer_that_has_told_keeps_no_socket_alive(clock: FakeClock) -> None:
    """It sleeps until there is traffic, and nobody holds it."""
    socket = gnet.Socket()
    socket.set_timeout(1000, must_call())
    clock.advance(1)
    settle()
    reference = weakref.ref(socket)
    del socket
    settle()
    gc.collect()
    assert reference() is None
