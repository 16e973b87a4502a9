"""The execution model: order, lanes, killed workers, contexts, threads, and no code in the hub.

Everything is arranged with gates that the test opens itself. Only the last test measures time.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import statistics
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import gevent.socket
import pytest
from gevent.event import AsyncResult, Event
from support import (
    GUARD_S,
    ROOT,
    Expected,
    FakeClock,
    Pair,
    accept_on,
    accepted,
    expect_event,
    fill_until_blocked,
    guarded,
    in_thread,
    linked,
    listening,
    must_call,
    must_not_call,
    passed,
    raw_connect,
    receive_exactly,
    run_in_hub,
    settle,
    wait_event,
)

import gnet
from gnet import EventEmitter, GnetError, Server, Socket
from gnet.dispatcher import dispatcher, in_hub, run

Uncaught = list[tuple[Any, type[BaseException], BaseException]]


class Blocker:
    """A listener that stays in its first call until the test lets it go."""

    def __init__(self) -> None:
        self.entered = Event()
        self.gate = Event()
        self.worker: Any = None
        self.received: list[Any] = []

    def __call__(self, *args: Any) -> None:
        """Block, the first time."""
        self.received.append(args[0] if args else None)
        if self.worker is None:
            self.worker = gevent.getcurrent()
            self.entered.set()
            self.gate.wait()


@contextlib.contextmanager
def blocked_in_data(**options: Any) -> Iterator[tuple[Pair, Blocker]]:
    """A connection whose ``'data'`` listener is in the middle of its first byte."""
    with accepted(**options) as pair:
        blocker = Blocker()
        pair.socket.on("data", blocker)
        pair.peer.sendall(b"1")
        passed(blocker.entered)
        try:
            yield pair, blocker
        finally:
            blocker.gate.set()


# ---------------------------------------------------------------- 1: where listeners run


def test_listeners_of_one_emit_follow_each_other_although_one_blocks() -> None:
    """The second listener starts only when the first has returned, however long that takes."""
    emitter, gate, steps = EventEmitter(), Event(), []

    def first() -> None:
        steps.append("first starts")
        gate.wait()
        steps.append("first ends")

    def open_gate() -> None:
        steps.append("meanwhile")
        gate.set()

    emitter.on("x", first).on("x", lambda: steps.append("second"))
    emitting = gevent.spawn(emitter.emit, "x")
    gevent.spawn(open_gate)
    with guarded("the emit"):
        emitting.get()
    assert steps == ["first starts", "meanwhile", "first ends", "second"]


def test_listeners_run_in_the_greenlet_that_emits() -> None:
    """An emit outside the hub switches nowhere."""
    emitter, places = EventEmitter(), []
    emitter.on("x", lambda: places.append(gevent.getcurrent()))
    emitter.emit("x")
    assert places == [gevent.getcurrent()]


def test_an_emit_in_the_hub_is_handed_to_a_worker() -> None:
    """There the listeners run later, and may block."""
    emitter, gate, steps = EventEmitter(), Event(), list[object]()

    def listener() -> None:
        steps.append(("in hub", in_hub()))
        gate.wait()
        steps.append("returned")

    emitter.on("x", listener)

    def emit() -> bool:
        heard = emitter.emit("x")
        steps.append("emit returned")
        return heard

    assert run_in_hub(emit) is True
    settle()
    gate.set()
    settle()
    assert steps == ["emit returned", ("in hub", False), "returned"]


def test_an_emit_in_the_hub_without_listeners_says_so() -> None:
    """What emit returns is known although the listeners run later."""
    assert run_in_hub(EventEmitter().emit, "x") is False


def _io(note: Expected, _clock: FakeClock) -> None:
    with accepted() as pair:
        pair.socket.on("data", note)
        pair.peer.sendall(b"x")
        note.wait()


def _end(note: Expected, _clock: FakeClock) -> None:
    with accepted() as pair:
        pair.socket.on("end", note).resume()
        pair.peer.shutdown(1)
        note.wait()


def _drain(note: Expected, _clock: FakeClock) -> None:
    with accepted() as pair:
        pair.socket.on("drain", note)
        size = 0
        while True:
            size += 65536
            if not pair.socket.write(b"x" * 65536):
                break
        receive_exactly(pair.peer, size)
        note.wait()


def _write_callback(note: Expected, _clock: FakeClock) -> None:
    with accepted() as pair:
        pair.socket.write(b"x", note)
        note.wait()


def _late_write_callback(note: Expected, _clock: FakeClock) -> None:
    with accepted() as pair:
        size = 0
        while pair.socket.write(b"x" * 65536):
            size += 65536
        pair.socket.write(b"x", note)
        receive_exactly(pair.peer, size + 65537)
        note.wait()


def _end_callback(note: Expected, _clock: FakeClock) -> None:
    with accepted() as pair:
        pair.socket.end(note)
        note.wait()


def _finish(note: Expected, _clock: FakeClock) -> None:
    with accepted() as pair:
        pair.socket.on("finish", note).end()
        note.wait()


def _timeout(note: Expected, clock: FakeClock) -> None:
    with accepted() as pair:
        pair.socket.set_timeout(1000, note)
        clock.advance(1)
        note.wait()


def _socket_error(note: Expected, _clock: FakeClock) -> None:
    with accepted() as pair:
        pair.socket.on("error", note).destroy(ValueError("made up"))
        note.wait()


def _socket_close(note: Expected, _clock: FakeClock) -> None:
    with accepted() as pair:
        pair.socket.on("close", note).destroy()
        note.wait()


def _connect(note: Expected, _clock: FakeClock) -> None:
    with listening() as server:
        address: Any = server.address()
        client = gnet.connect(address.port, "127.0.0.1", note)
        note.wait()
        client.destroy()
        server.once("connection", Socket.destroy)


def _lookup(note: Expected, _clock: FakeClock) -> None:
    with listening() as server:
        address: Any = server.address()
        client = gnet.connect(address.port, "localhost").on("error", lambda _: None)
        client.once("lookup", note)
        note.wait()
        client.destroy()


def _listening(note: Expected, _clock: FakeClock) -> None:
    server = Server().listen(0, "127.0.0.1", note)
    note.wait()
    server.close()


def _listen_error(note: Expected, _clock: FakeClock) -> None:
    with listening() as server:
        address: Any = server.address()
        Server().on("error", note).listen(address.port, "127.0.0.1")
        note.wait()


def _connection(note: Expected, _clock: FakeClock) -> None:
    with listening() as server:
        server.once("connection", note)
        peer = raw_connect(server)
        note.wait()[0][0].destroy()
        peer.close()


def _drop(note: Expected, _clock: FakeClock) -> None:
    with listening() as server:
        server.max_connections = 0
        server.once("drop", note)
        peer = raw_connect(server)
        note.wait()
        peer.close()


def _server_close(note: Expected, _clock: FakeClock) -> None:
    with listening() as server:
        server.close(note)
        note.wait()


def _get_connections(note: Expected, _clock: FakeClock) -> None:
    Server().get_connections(note)
    note.wait()


def _abort_timeout(note: Expected, clock: FakeClock) -> None:
    signal = gnet.AbortSignal.timeout(1)
    signal.add_event_listener("abort", note)
    with listening():  # something that keeps the loop going: the signal does not
        clock.advance(0.001)
        note.wait()


@pytest.mark.parametrize(
    "cause",
    [
        _io,
        _end,
        _drain,
        _write_callback,
        _late_write_callback,
        _end_callback,
        _finish,
        _timeout,
        _socket_error,
        _socket_close,
        _connect,
        _lookup,
        _listening,
        _listen_error,
        _connection,
        _drop,
        _server_close,
        _get_connections,
        _abort_timeout,
    ],
)
def test_no_user_code_runs_in_the_hub(
    cause: Callable[[Expected, FakeClock], None], clock: FakeClock
) -> None:
    """Whatever calls a listener or a callback, it is a greenlet that may block."""
    places = []

    def listener(*_args: object) -> None:
        places.append(in_hub())
        gevent.sleep(0)  # in the hub this would raise

    cause(must_call(listener), clock)
    assert places == [False]


# ---------------------------------------------------------------- 2: the order of tasks


def test_tasks_start_in_the_order_in_which_they_were_queued() -> None:
    """Also when some of them block and others have to run on other workers."""
    gate, started = Event(), []

    def task(number: int) -> None:
        started.append(number)
        if number % 3 == 0:
            gate.wait()

    for number in range(50):
        dispatcher().defer(lambda _, number=number: task(number))  # type: ignore[misc]
    settle()
    gate.set()
    assert started == list(range(50))


def test_a_task_that_is_queued_by_a_task_starts_behind_those_that_wait() -> None:
    """There is one queue: nothing overtakes."""
    order: list[str] = []

    def first(_: object) -> None:
        order.append("first")
        dispatcher().defer(lambda _: order.append("queued by the first"))

    dispatcher().defer(first)
    dispatcher().defer(lambda _: order.append("second"))
    settle()
    assert order == ["first", "second", "queued by the first"]


def test_a_deferred_task_runs_after_the_caller() -> None:
    """``defer`` itself calls nothing."""
    ran = must_call()
    dispatcher().defer(ran)
    assert ran.calls == []
    settle()
    assert len(ran.calls) == 1


def test_a_closing_task_waits_for_what_ready_tasks_queue_in_turn() -> None:
    """That is why 'close' follows all other events of its turn, the last one closed first."""
    order: list[str] = []

    def first(_: object) -> None:
        order.append("first")
        dispatcher().defer(lambda _: order.append("queued by the first"))

    dispatcher().defer_closing(lambda _: order.append("closing"))
    dispatcher().defer_closing(lambda _: order.append("closing too"))
    dispatcher().defer(first)
    settle()
    assert order == ["first", "queued by the first", "closing too", "closing"]


def test_a_blocked_task_does_not_hold_up_a_closing_one() -> None:
    """What a closing task waits for is that the others have started, not that they are done."""
    gate, closed = Event(), must_call()
    dispatcher().defer(lambda _: gate.wait())
    dispatcher().defer_closing(closed)
    closed.wait()
    gate.set()


def test_a_task_queued_in_the_hub_without_a_flush_of_its_own_runs_in_the_same_turn() -> None:
    """Watchers only append: the check at the end of each turn of the loop has it run."""
    ran = must_call()
    timer = dispatcher().loop.timer(0.001)
    timer.start(dispatcher().post, (ran, EventEmitter()._task_owner()))
    ran.wait()
    timer.close()


# ---------------------------------------------------------------- 3: the read lane


def test_nothing_is_read_while_a_data_listener_blocks() -> None:
    """The kernel's buffers fill up and the peer feels it."""
    with blocked_in_data() as (pair, blocker):
        fill_until_blocked(pair.peer)
        assert pair.socket.bytes_read == 1
        assert pair.socket.readable_length == 0
        assert blocker.received == [b"1"]


def test_after_a_data_listener_that_blocked_all_data_comes_in_order() -> None:
    """Nothing is lost or reordered by the pause."""
    pattern = bytes(range(256)) * 256
    with blocked_in_data() as (pair, blocker):
        sent = fill_until_blocked(pair.peer, pattern)
        ended = expect_event(pair.socket, "end")
        blocker.gate.set()
        pair.peer.shutdown(1)
        ended.wait()
        expected = pattern * (sent // len(pattern) + 1)
        assert b"".join(blocker.received) == b"1" + expected[:sent]


def test_the_lane_holds_one_delivery_at_a_time() -> None:
    """However often a listener blocks, the next one starts only when it has returned."""
    with accepted() as pair:
        inside, most, received = 0, 0, 0

        def listener(chunk: bytes) -> None:
            nonlocal inside, most, received
            inside += 1
            most = max(most, inside)
            gevent.sleep(0)  # let any other delivery in that might be waiting
            inside -= 1
            received += len(chunk)

        pair.socket.on("data", listener)
        ended = expect_event(pair.socket, "end")
        for _ in range(20):
            pair.peer.sendall(b"x" * 1000)
            gevent.sleep(0)
        pair.peer.shutdown(1)
        ended.wait()
        assert (most, received) == (1, 20_000)


def test_end_waits_behind_a_data_listener_that_blocks() -> None:
    """'end' belongs to the read lane as well."""
    with blocked_in_data() as (pair, blocker):
        ended = expect_event(pair.socket, "end")
        pair.peer.shutdown(1)
        settle()
        assert not ended.arrived
        blocker.gate.set()
        ended.wait()


def test_resuming_from_elsewhere_does_not_enter_a_busy_lane() -> None:
    """``resume`` in another greenlet waits for the listener like anybody else."""
    with blocked_in_data() as (pair, blocker):
        pair.peer.sendall(b"2")
        pair.socket.pause()
        pair.socket.resume()
        settle()
        assert blocker.received == [b"1"]
        second = expect_event(pair.socket, "data")
        blocker.gate.set()
        assert second.wait() == [b"2"]


def test_other_sockets_are_read_while_a_data_listener_blocks() -> None:
    """What blocks delays nobody else."""
    with blocked_in_data(), accepted() as other:
        heard = must_call()
        other.socket.on("data", heard)
        other.peer.sendall(b"x")
        assert heard.wait() == [(b"x",)]


def test_a_data_listener_can_wait_for_drain() -> None:
    """Write, wait until it is out, go on: the usual way to push a lot in blocking style."""
    with accepted() as pair:
        full, total = Event(), 0

        def listener(_chunk: bytes) -> None:
            nonlocal total
            going_on = True
            while going_on:
                going_on = pair.socket.write(b"x" * 65536)
                total += 65536
            full.set()
            gnet.once(pair.socket, "drain")

        heard = must_call(listener)
        pair.socket.on("data", heard)
        pair.peer.sendall(b"go")
        passed(full)
        assert len(receive_exactly(pair.peer, total)) == total
        heard.wait()


def test_timeout_is_emitted_while_a_data_listener_blocks(clock: FakeClock) -> None:
    """The idle timer is not behind the read lane."""
    with blocked_in_data() as (pair, blocker):
        told = must_call()
        pair.socket.set_timeout(1000, told)
        clock.advance(1)
        told.wait()
        assert not blocker.gate.is_set()


def test_a_data_listener_can_wait_for_its_write_callback() -> None:
    """Write callbacks are not behind the read lane."""
    with accepted() as pair:
        written = Event()

        def listener(_chunk: bytes) -> None:
            pair.socket.write(b"answer", lambda _error: written.set())
            written.wait()

        heard = must_call(listener)
        pair.socket.on("data", heard)
        pair.peer.sendall(b"go")
        heard.wait()


def test_error_and_close_are_emitted_while_a_data_listener_blocks() -> None:
    """A socket that is destroyed from elsewhere is closed at once."""
    with blocked_in_data() as (pair, _blocker):
        error, closed = ValueError("made up"), expect_event(pair.socket, "close")
        failed = expect_event(pair.socket, "error")
        pair.socket.destroy(error)
        assert failed.wait() == [error]
        assert closed.wait() == [True]


def test_no_data_comes_after_a_socket_was_destroyed_in_a_blocked_listener() -> None:
    """What was in the kernel is dropped with the socket."""
    with blocked_in_data() as (pair, blocker):
        pair.peer.sendall(b"2")
        pair.socket.destroy()
        wait_event(pair.socket, "close")
        blocker.gate.set()
        settle()
        assert blocker.received == [b"1"]


# ---------------------------------------------------------------- 4: waits that cannot end


def _iterate(socket: Socket) -> None:
    for _ in socket:
        pass


def _on_data(socket: Socket) -> None:
    with gnet.on(socket, "data") as arriving:
        next(arriving)


_HOPELESS: dict[str, Callable[[Socket], object]] = {
    "once data": lambda socket: gnet.once(socket, "data"),
    "once end": lambda socket: gnet.once(socket, "end"),
    "on data": _on_data,
    "for": _iterate,
}


@pytest.mark.parametrize("wait", _HOPELESS.values(), ids=_HOPELESS.keys())
def test_waiting_in_a_data_listener_for_data_of_the_same_socket_raises(
    wait: Callable[[Socket], object],
) -> None:
    """Only the return of the listener could bring it: that is said at once."""
    with accepted() as pair:
        codes = []

        def listener(_chunk: bytes) -> None:
            with pytest.raises(GnetError) as caught:
                wait(pair.socket)
            codes.append(caught.value.code)

        heard = must_call(listener)
        pair.socket.on("data", heard)
        pair.peer.sendall(b"x")
        heard.wait()
        assert codes == ["ERR_READ_LANE_WAIT"]
        assert pair.socket.listeners("data") == [heard]


def test_waiting_in_an_end_listener_for_data_raises() -> None:
    """'end' is delivered in the lane, too."""
    with accepted() as pair:
        codes = []

        def listener() -> None:
            with pytest.raises(GnetError) as caught:
                gnet.once(pair.socket, "data")
            codes.append(caught.value.code)

        heard = must_call(listener)
        pair.socket.on("end", heard).resume()
        pair.peer.shutdown(1)
        heard.wait()
        assert codes == ["ERR_READ_LANE_WAIT"]


def test_a_data_listener_that_was_buffered_data_must_not_wait_for_more_either() -> None:
    """What comes out of the buffer after ``resume`` is delivered in the lane as well."""
    with accepted() as pair:
        pair.socket.pause()
        pair.peer.sendall(b"x")
        codes = []

        def listener(_chunk: bytes) -> None:
            with pytest.raises(GnetError) as caught:
                gnet.once(pair.socket, "data")
            codes.append(caught.value.code)

        heard = must_call(listener)
        pair.socket.on("data", heard)
        pair.socket.resume()
        heard.wait()
        assert codes == ["ERR_READ_LANE_WAIT"]


def test_the_refused_wait_names_the_event_and_a_way_out() -> None:
    """The reader of the message is to know what to do."""
    with accepted() as pair:
        messages = []

        def listener(_chunk: bytes) -> None:
            with pytest.raises(GnetError) as caught:
                gnet.once(pair.socket, "end")
            messages.append(caught.value.message)

        heard = must_call(listener)
        pair.socket.on("data", heard)
        pair.peer.sendall(b"x")
        heard.wait()
        assert "'end'" in messages[0]
        assert "another greenlet" in messages[0]


def test_a_data_listener_can_wait_for_data_of_another_socket() -> None:
    """A proxy does so."""
    with accepted() as pair, accepted() as other:
        answers = []
        heard = must_call(lambda _chunk: answers.append(gnet.once(other.socket, "data")))
        pair.socket.on("data", heard)
        pair.peer.sendall(b"question")
        other.peer.sendall(b"answer")
        heard.wait()
        assert answers == [[b"answer"]]


def test_another_greenlet_can_wait_for_data_while_a_listener_runs() -> None:
    """It gets what comes after the listener's return."""
    with blocked_in_data() as (pair, blocker):
        waiting = gevent.spawn(gnet.once, pair.socket, "data")
        settle()
        pair.peer.sendall(b"2")
        blocker.gate.set()
        with guarded("the second byte"):
            assert waiting.get() == [b"2"]


# ---------------------------------------------------------------- 5: workers that die


def _killed_by_another(socket: Socket, blocker: Blocker) -> None:
    gevent.kill(blocker.worker)


def _killed_by_method(socket: Socket, blocker: Blocker) -> None:
    blocker.worker.kill(block=False)


@pytest.mark.parametrize("kill", [_killed_by_another, _killed_by_method])
def test_killing_the_worker_of_a_data_listener_destroys_its_socket(
    kill: Callable[[Socket, Blocker], None],
) -> None:
    """Nobody would ever finish what the listener had begun."""
    with blocked_in_data() as (pair, blocker):
        closed = expect_event(pair.socket, "close")
        kill(pair.socket, blocker)
        assert closed.wait() == [False]
        assert pair.socket.destroyed


def _raise_exit() -> None:
    raise gevent.GreenletExit


def _kill_self() -> None:
    gevent.getcurrent().kill()  # type: ignore[attr-defined]  # it is one of gevent's


@pytest.mark.parametrize("die", [_raise_exit, _kill_self])
def test_a_listener_that_ends_its_own_greenlet_destroys_its_socket(
    die: Callable[[], None],
) -> None:
    """That is no error of the program's, so nothing is reported; and it harms nobody else."""
    with accepted() as pair, accepted() as other:
        closed = expect_event(pair.socket, "close")
        pair.socket.on("data", lambda _: die())
        heard = must_call()
        other.socket.on("data", heard)
        pair.peer.sendall(b"x")
        other.peer.sendall(b"y")
        assert closed.wait() == [False]
        assert heard.wait() == [(b"y",)]
        assert not other.socket.destroyed


@pytest.mark.parametrize("die", [_raise_exit, _kill_self])
def test_a_connection_listener_that_ends_its_greenlet_loses_only_that_connection(
    die: Callable[[], None],
) -> None:
    """The server goes on and counts right."""
    with listening() as server:
        server.once("connection", lambda _socket: die())
        with raw_connect(server) as first:
            assert receive_exactly(first, 1) == b""
        assert server.connections == 0
        pending = expect_event(server, "connection")
        with raw_connect(server):
            pending.wait()[0].destroy()


@pytest.mark.parametrize("die", [_raise_exit, _kill_self])
def test_the_queue_goes_on_behind_a_task_that_ends_its_worker(
    die: Callable[[], None], uncaught: Uncaught
) -> None:
    """The rest of the batch is for the next worker, in its order."""
    order: list[int] = []
    dispatcher().defer(lambda _: order.append(1))
    dispatcher().defer(lambda _: die())
    dispatcher().defer(lambda _: order.append(2))
    dispatcher().defer(lambda _: order.append(3))
    settle()
    assert order == [1, 2, 3]
    assert uncaught == []


def test_a_killed_parked_worker_is_replaced() -> None:
    """A worker that waits for work can be killed by whoever got hold of it."""
    workers: list[Any] = []
    dispatcher().defer(lambda _: workers.append(gevent.getcurrent()))
    settle()
    gevent.kill(workers[0])
    settle()
    assert workers[0].dead
    ran = must_call()
    dispatcher().defer(ran)
    settle()


def test_the_lane_is_free_after_its_worker_was_killed() -> None:
    """A killed delivery leaves nothing locked: the 'close' listener can wait for what it likes."""
    with blocked_in_data() as (pair, blocker), accepted() as other:
        heard = must_call(lambda _had_error: gnet.once(other.socket, "data"))
        pair.socket.on("close", heard)
        gevent.kill(blocker.worker)
        other.peer.sendall(b"x")
        heard.wait()


# ---------------------------------------------------------------- listeners that raise


def test_a_data_listener_that_raises_is_reported_once_and_destroys_its_socket(
    uncaught: Uncaught,
) -> None:
    """The error goes to the hub, as uncaught ones do, and to the socket's end."""
    error = ValueError("made up")

    def listener(_chunk: bytes) -> None:
        raise error

    with accepted() as pair:
        closed = expect_event(pair.socket, "close")
        pair.socket.on("data", listener)
        pair.peer.sendall(b"x")
        assert closed.wait() == [True]
        assert pair.socket.errored is error
        assert [(context, value) for context, _, value in uncaught] == [(pair.socket, error)]


def test_an_error_listener_hears_what_another_listener_raised(uncaught: Uncaught) -> None:
    """The socket dies of it as of any error."""
    error = ValueError("made up")

    def listener(_chunk: bytes) -> None:
        raise error

    with accepted() as pair:
        failed = expect_event(pair.socket, "error")
        pair.socket.on("data", listener)
        pair.peer.sendall(b"x")
        assert failed.wait() == [error]
        assert len(uncaught) == 1


def test_a_connection_listener_that_raises_loses_only_that_connection(uncaught: Uncaught) -> None:
    """The server goes on."""
    error = ValueError("made up")

    def listener(_socket: Socket) -> None:
        raise error

    with listening() as server:
        server.once("connection", listener)
        with raw_connect(server) as first:
            assert receive_exactly(first, 1) == b""
        assert [value for _, _, value in uncaught] == [error]
        pending = expect_event(server, "connection")
        with raw_connect(server):
            pending.wait()[0].destroy()


def test_others_are_served_beside_a_listener_that_raises(uncaught: Uncaught) -> None:
    """In the same batch as well."""

    def listener(_chunk: bytes) -> None:
        raise ValueError("made up")

    with accepted() as pair, accepted() as other:
        heard, closed = must_call(), expect_event(pair.socket, "close")
        pair.socket.on("data", listener)
        other.socket.on("data", heard)
        pair.peer.sendall(b"x")
        other.peer.sendall(b"y")
        heard.wait()
        closed.wait()
        assert not other.socket.destroyed
        assert len(uncaught) == 1


def test_a_timeout_that_escapes_a_listener_is_an_error_like_any_other(uncaught: Uncaught) -> None:
    """``gevent.Timeout`` is no ``Exception``, and yet nothing may get lost or stuck."""
    timeout = gevent.Timeout(1)

    def listener(_chunk: bytes) -> None:
        raise timeout

    with accepted() as pair:
        closed = expect_event(pair.socket, "close")
        pair.socket.on("data", listener)
        pair.peer.sendall(b"x")
        closed.wait()
        assert [value for _, _, value in uncaught] == [timeout]


def test_what_a_deferred_listener_of_a_plain_emitter_raises_is_reported(uncaught: Uncaught) -> None:
    """There is nothing to destroy, but somebody must hear."""
    emitter, error = EventEmitter(), ValueError("made up")

    def listener() -> None:
        raise error

    emitter.on("x", listener)
    run_in_hub(emitter.emit, "x")
    settle()
    assert [value for _, _, value in uncaught] == [error]


# ---------------------------------------------------------------- 6: contexts


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def test_what_a_connection_listener_sets_is_seen_by_that_connection_only() -> None:
    """Each connection has a context of its own, whichever worker runs its listeners."""
    names, seen = iter("AB"), {}

    def note(chunk: bytes) -> None:
        seen[chunk] = variable.get()

    heard = must_call(note, times=2)

    def serve(socket: Socket) -> None:
        variable.set(next(names))
        socket.on("data", heard)

    with listening(serve) as server, accept_on(server) as first, accept_on(server) as second:
        second.peer.sendall(b"second")
        first.peer.sendall(b"first")
        heard.wait()
    assert seen == {b"first": "A", b"second": "B"}


def test_what_a_connection_listener_sets_is_seen_nowhere_else() -> None:
    """Neither the test's own context nor the next task of the same batch has it."""
    seen = []

    def serve(_socket: Socket) -> None:
        variable.set("A")
        dispatcher().defer(lambda _: seen.append(variable.get()))

    with accepted(serve):
        settle()
        seen.append(variable.get())
    assert seen == ["unset", "unset"]


def test_a_connection_starts_with_what_was_set_when_its_server_was_made() -> None:
    """A request id or a tenant's name set around ``create_server`` reaches the listeners."""
    seen = []

    def make() -> None:
        variable.set("outer")
        with accepted(lambda _socket: seen.append(variable.get())):
            pass

    contextvars.Context().run(make)
    assert seen == ["outer"]


def test_a_client_keeps_the_context_in_which_it_was_made() -> None:
    """What its maker sets later does not change it."""
    seen = []

    def make() -> None:
        variable.set("made")
        with linked() as (_socket, client):
            variable.set("later")
            heard = must_call(lambda _chunk: seen.append(variable.get()))
            client.on("data", heard)
            _socket.write(b"x")
            heard.wait()

    contextvars.Context().run(make)
    assert seen == ["made"]


def test_two_listeners_of_one_connection_can_be_in_its_context_at_once(clock: FakeClock) -> None:
    """A 'timeout' that comes while a 'data' listener blocks sees what that has set."""
    entered, gate, seen = Event(), Event(), []

    def on_data(_chunk: bytes) -> None:
        variable.set("set by data")
        entered.set()
        gate.wait()
        seen.append(variable.get())

    def on_timeout() -> None:
        seen.append(variable.get())
        variable.set("set by timeout")

    with accepted() as pair:
        data, timeout = must_call(on_data), must_call(on_timeout)
        pair.socket.on("data", data).set_timeout(1000, timeout)
        pair.peer.sendall(b"x")
        passed(entered)
        clock.advance(1)
        timeout.wait()
        gate.set()
        data.wait()
    assert seen == ["set by data", "set by timeout"]


def test_a_blocked_listener_finds_its_context_again() -> None:
    """Other connections ran meanwhile, and none of them shows through."""
    entered, second_done, gate = Event(), Event(), Event()
    names, seen = iter("AB"), []

    def on_data(_chunk: bytes) -> None:
        if variable.get() == "A":
            entered.set()
            gate.wait()
        else:
            second_done.set()
        seen.append(variable.get())

    heard = must_call(on_data, times=2)

    def serve(socket: Socket) -> None:
        variable.set(next(names))
        socket.on("data", heard)

    with listening(serve) as server, accept_on(server) as first, accept_on(server) as second:
        first.peer.sendall(b"x")
        passed(entered)
        second.peer.sendall(b"x")
        passed(second_done)
        gate.set()
        heard.wait()
    assert seen == ["B", "A"]


# ---------------------------------------------------------------- 7: threads


def test_a_server_in_another_thread_serves_at_the_same_time() -> None:
    """Each thread has a hub, a dispatcher and servers of its own."""
    ports: AsyncResult[int] = AsyncResult()
    loop = gevent.get_hub().loop

    def serve() -> object:
        def echo(socket: Socket) -> None:
            socket.on("data", lambda chunk: socket.end(chunk.upper()))
            socket.on("close", lambda _had_error: server.close())

        def tell_port() -> None:
            address: Any = server.address()
            loop.run_callback_threadsafe(ports.set, address.port)

        server = gnet.create_server(echo).listen(0, "127.0.0.1", tell_port)
        run()
        return dispatcher()

    with accepted() as pair:
        pair.socket.on("data", lambda chunk: pair.socket.end(chunk.upper()))
        thread = gevent.spawn(in_thread, serve)
        with guarded("the thread's server"):
            port = ports.get()
        there = gevent.socket.create_connection(("127.0.0.1", port))
        there.sendall(b"there")
        pair.peer.sendall(b"here")
        assert receive_exactly(there, 5) == b"THERE"
        assert receive_exactly(pair.peer, 4) == b"HERE"
        there.close()
        assert thread.get() is not dispatcher()


_FOREIGN: dict[str, Callable[[Pair, Server, Socket], object]] = {
    "write": lambda pair, _server, _socket: pair.socket.write(b"x"),
    "write with callback": lambda pair, _server, _socket: pair.socket.write(b"x", must_not_call()),
    "end": lambda pair, _server, _socket: pair.socket.end(),
    "destroy": lambda pair, _server, _socket: pair.socket.destroy(),
    "resume": lambda pair, _server, _socket: pair.socket.resume(),
    "set_timeout": lambda pair, _server, _socket: pair.socket.set_timeout(1000),
    "reset": lambda pair, _server, _socket: pair.socket.reset_and_destroy(),
    "destroy_soon": lambda pair, _server, _socket: pair.socket.destroy_soon(),
    "ref": lambda pair, _server, _socket: pair.socket.ref(),
    "unref": lambda pair, _server, _socket: pair.socket.unref(),
    "no delay": lambda pair, _server, _socket: pair.socket.set_no_delay(),
    "keep-alive": lambda pair, _server, _socket: pair.socket.set_keep_alive(True),
    "type of service": lambda pair, _server, _socket: pair.socket.set_type_of_service(8),
    "once": lambda pair, _server, _socket: gnet.once(pair.socket, "close"),
    "close": lambda pair, _server, _socket: pair.server.close(),
    "listen": lambda _pair, server, _socket: server.listen(0, "127.0.0.1"),
    "connect": lambda _pair, _server, socket: socket.connect(1, "127.0.0.1"),
}


@pytest.mark.parametrize("use", _FOREIGN.values(), ids=_FOREIGN.keys())
def test_using_an_object_in_a_foreign_thread_raises(
    use: Callable[[Pair, Server, Socket], object],
) -> None:
    """Nothing is shared between threads; the error says so and names the object."""
    with accepted() as pair:
        server, socket = Server(), Socket()
        with pytest.raises(GnetError) as caught:
            in_thread(lambda: use(pair, server, socket))
        assert caught.value.code == "ERR_FOREIGN_THREAD"
        assert "thread" in caught.value.message
        # Nothing happened to it: both ends go on.
        assert pair.server.listening
        answered = expect_event(pair.socket, "data")
        pair.socket.write(b"y")
        assert receive_exactly(pair.peer, 1) == b"y"
        pair.peer.sendall(b"z")
        assert answered.wait() == [b"z"]
        assert pair.socket.listener_count("close") == 0


def test_run_in_a_foreign_thread_raises() -> None:
    """A dispatcher runs in its own thread."""
    mine = dispatcher()
    with pytest.raises(GnetError) as caught:
        in_thread(mine.run)
    assert caught.value.code == "ERR_FOREIGN_THREAD"


# ---------------------------------------------------------------- 8: monkey patching

_PROGRAM = """
    import json, sys
    if sys.argv[1] == 'patched':
        from gevent import monkey
        monkey.patch_all()
    import gevent, threading, time
    import gnet
    from gnet import GnetError

    told = {}
    blocked = []

    def serve(socket):
        def echo(chunk):
            if chunk == b'block':
                blocked.append(True)
                (time.sleep if sys.argv[1] == 'patched' else gevent.sleep)(0.01)
            socket.write(chunk)
        socket.on('data', echo)

    server = gnet.create_server(serve).listen(0, '127.0.0.1')

    def native(function):
        def attempt():
            try:
                function()
            except GnetError as error:
                return error.code
        return gevent.get_hub().threadpool.apply(attempt)

    def client():
        told['foreign'] = native(server.close)
        with gnet.connect(server.address().port, '127.0.0.1') as socket:
            socket.write('hello')
            told['echo'] = gnet.once(socket, 'data')[0].decode()
            socket.write('block')
            told['blocked'] = gnet.once(socket, 'data')[0].decode()
        # A patched thread is a greenlet of this thread: what it does is allowed.
        if sys.argv[1] == 'patched':
            closer = threading.Thread(target=server.close)
            closer.start()
            closer.join()
        else:
            server.close()

    server.once('listening', lambda: gevent.spawn(client))
    gnet.run()
    told['listening'] = server.listening
    print(json.dumps(told))
"""


@pytest.mark.parametrize("way", ["patched", "plain"])
def test_a_program_runs_the_same_with_and_without_monkey_patching(way: str) -> None:
    """Locust patches on import; most programs do not."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(_PROGRAM), way],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert json.loads(done.stdout) == {
        "foreign": "ERR_FOREIGN_THREAD",
        "echo": "hello",
        "blocked": "block",
        "listening": False,
    }


# ---------------------------------------------------------------- the pool


def test_the_pool_shrinks_to_its_reserve_after_a_burst() -> None:
    """A hundred listeners that block at once need a hundred workers, but not for ever."""
    gate, workers = Event(), []

    def task(_: object) -> None:
        workers.append(gevent.getcurrent())
        gate.wait()

    for _ in range(100):
        dispatcher().defer(task)
    settle()
    assert len(set(workers)) == 100
    gate.set()
    settle()
    alive = [worker for worker in workers if not worker.dead]
    assert 0 < len(alive) <= dispatcher().reserve


def test_workers_of_the_reserve_are_used_again() -> None:
    """The next burst finds them parked and makes no new ones."""

    def burst() -> set[Any]:
        gate, workers = Event(), set()

        def task(_: object) -> None:
            workers.add(gevent.getcurrent())
            gate.wait()

        for _ in range(dispatcher().reserve):
            dispatcher().defer(task)
        settle()
        gate.set()
        settle()
        return workers

    burst()
    # One of the reserve may have run what settle() waits for.
    assert len(burst() & burst()) >= dispatcher().reserve - 1


def test_tasks_that_do_not_block_share_a_worker() -> None:
    """One switch serves the whole batch."""
    workers = set()
    for _ in range(100):
        dispatcher().defer(lambda _: workers.add(gevent.getcurrent()))
    settle()
    assert len(workers) == 1


# ---------------------------------------------------------------- run, ref, unref


def test_run_returns_at_once_when_nothing_is_open() -> None:
    """As a Node process that has nothing to do ends."""
    with guarded("run()"):
        run()


def test_run_blocks_until_the_last_handle_is_gone() -> None:
    """A server that listens keeps it waiting, and so does its last connection."""
    happened = []
    with listening() as server:
        pending = expect_event(server, "connection")
        peer = raw_connect(server)
        socket = pending.wait()[0]

        def close_all() -> None:
            server.close()
            settle()
            happened.append("server closed")
            socket.once("close", lambda _had_error: happened.append("socket closed"))
            socket.destroy()

        gevent.spawn(close_all)
        with guarded("run()"):
            run()
        happened.append("returned")
        peer.close()
    assert happened == ["server closed", "socket closed", "returned"]


def test_run_starts_what_is_queued_before_it_returns() -> None:
    """A task that waits is something to do."""
    ran = must_call()
    dispatcher().defer(ran)
    run()
    assert len(ran.calls) == 1


def test_run_does_not_wait_for_what_was_unreferenced() -> None:
    """The server goes on listening all the same."""
    with listening() as server:
        server.unref()
        with guarded("run()"):
            run()
        assert server.listening


def test_run_waits_again_after_ref() -> None:
    """``ref`` takes ``unref`` back."""
    with listening() as server:
        server.unref().ref()
        happened = []

        def close() -> None:
            happened.append("closing")
            server.close()

        gevent.spawn(close)
        with guarded("run()"):
            run()
        assert happened == ["closing"]


def test_unref_twice_counts_once() -> None:
    """Otherwise the count would say that somebody else's handle is gone."""
    with listening() as other, listening() as server:
        server.unref().unref()
        happened = []

        def close() -> None:
            happened.append("closing")
            other.close()

        gevent.spawn(close)
        with guarded("run()"):
            run()
        assert happened == ["closing"]


def test_run_does_not_wait_for_an_unreferenced_socket() -> None:
    """For sockets it is the same as for servers."""
    with accepted() as pair:
        pair.socket.unref()
        pair.server.unref()
        with guarded("run()"):
            run()
        assert not pair.socket.destroyed


def test_run_does_not_wait_for_a_socket_that_was_paused_before_it_connected() -> None:
    """It reads nothing, so nothing can ever happen: a Node process ends, too."""
    with gevent.socket.create_server(("127.0.0.1", 0)) as listener:
        client = Socket().pause()
        connected = must_call()
        client.connect(listener.getsockname()[1], "127.0.0.1", connected)
        with guarded("run()"):
            run()
        assert len(connected.calls) == 1
        assert not client.destroyed
        client.destroy()


def test_run_does_not_wait_for_a_paused_socket_whose_buffer_is_full() -> None:
    """It reads no more either."""
    with accepted() as pair:
        pair.server.close()
        pair.socket.pause()
        pair.peer.sendall(b"x" * 200_000)
        with guarded("run()"):
            run()
        assert pair.socket.readable_length >= pair.socket.readable_high_water_mark
        assert not pair.socket.destroyed


def test_run_in_the_hub_raises() -> None:
    """There nothing may wait."""
    with pytest.raises(GnetError) as caught:
        run_in_hub(run)
    assert caught.value.code == "ERR_HUB_CANNOT_WAIT"


# ---------------------------------------------------------------- the whole of it


def test_a_thousand_blocked_listeners_delay_nobody() -> None:
    """All are answered after their own second, and the one who echoes beside them feels nothing."""

    def serve(socket: Socket) -> None:
        def answer(chunk: bytes) -> None:
            if chunk == b"sleep":
                gevent.sleep(1)
            socket.write(chunk)

        socket.on("data", answer)

    with listening(serve) as server, raw_connect(server) as pinger:
        sleepers = [raw_connect(server) for _ in range(1000)]
        start = time.perf_counter()
        for sleeper in sleepers:
            sleeper.sendall(b"sleep")
        readers = [gevent.spawn(receive_exactly, sleeper, 5) for sleeper in sleepers]
        trips = []
        while not all(reader.ready() for reader in readers):
            sent = time.perf_counter()
            pinger.sendall(b"ping")
            assert receive_exactly(pinger, 4) == b"ping"
            trips.append(time.perf_counter() - sent)
        assert time.perf_counter() - start < 2
        assert {reader.get() for reader in readers} == {b"sleep"}
        assert statistics.median(trips) < 0.05
        for sleeper in sleepers:
            sleeper.close()
