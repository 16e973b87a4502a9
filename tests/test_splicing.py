"""Piping inside the kernel: nothing can be told from reading and writing but what it costs."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import socket as stdlib_socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

import gevent.socket
import pytest
from gevent.event import Event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import (
    FakeClock,
    accepted,
    expect_event,
    guarded,
    in_thread,
    listeners_of,
    must_call,
    passed,
    receive_exactly,
    settle,
    wait_event,
)

import gnet
from gnet import GnetError, Socket, splicing
from gnet.dispatcher import dispatcher
from gnet.stream.pipe import Pipe
from gnet.transport import READ_SIZE, Transport

pytestmark = pytest.mark.skipif(not hasattr(os, "splice"), reason="the system has no splice(2)")

Uncaught = list[tuple[Any, type[BaseException], BaseException]]
Raw = gevent.socket.socket

#: No two bytes of it that are a chunk apart are the same: a lost or doubled chunk shows.
PATTERN = b"".join(struct.pack("!I", number) for number in range(2**18))


def pattern(start: int, size: int) -> bytes:
    """So many bytes of the pattern, which repeats itself."""
    start %= len(PATTERN)
    return (PATTERN * (1 + (start + size) // len(PATTERN)))[start : start + size]


class Way:
    """How bytes get through, and how many of them did so by splice(2)."""

    def __init__(self, name: str) -> None:
        self.is_spliced = name == "spliced"
        #: Bytes that went from a socket into the kernel's pipe.
        self.spliced = 0
        #: How many the last time.
        self.chunk = 0
        #: The most that a destination takes at once.
        self.most = READ_SIZE
        #: What the next calls raise, if anything.
        self.failures: list[BaseException | None] = []
        self._real: Any = os.splice

    def splice(
        self, source: int, destination: int, count: int, _from: None, _to: None, flags: int
    ) -> int:
        """Do as os.splice, or fail."""
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        if destination not in _inlets():
            taken: int = self._real(source, destination, min(count, self.most), flags=flags)
            return taken
        self.chunk = self._real(source, destination, count, flags=flags)
        self.spliced += self.chunk
        return self.chunk

    def check(self, is_used: bool = True) -> None:
        """Fail unless bytes were spliced if they can be, and ``is_used`` says so."""
        assert bool(self.spliced) == (self.is_spliced and is_used)


def _inlets() -> set[int]:
    return {kernel_pipe._inlet for kernel_pipe in splicing._kernel_pipes.values()}


def use(way: Way, monkeypatch: pytest.MonkeyPatch) -> Way:
    """Have sockets go that way."""
    monkeypatch.setattr(splicing, "_splice", way.splice if way.is_spliced else None)
    return way


@pytest.fixture(params=["spliced", "read"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Way:
    """Both ways in turn: whatever a test claims holds for both."""
    return use(Way(request.param), monkeypatch)


@pytest.fixture
def spliced(monkeypatch: pytest.MonkeyPatch) -> Way:
    """The way through the kernel only."""
    return use(Way("spliced"), monkeypatch)


@pytest.fixture(params=["unix", "tcp"])
def kind(request: pytest.FixtureRequest) -> str:
    """Kinds of sockets, each in turn."""
    name: str = request.param
    return name


def raw_pair(kind: str) -> tuple[Raw, Raw]:
    """Two connected bare sockets."""
    if kind == "unix":
        return gevent.socket.socketpair()
    with gevent.socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        one = gevent.socket.create_connection(listener.getsockname())
        other, _ = listener.accept()
    return one, other


@contextlib.contextmanager
def end(kind: str = "unix", make: Any = Socket, **options: Any) -> Iterator[tuple[Any, Raw]]:
    """A socket over one end of a connection, and the other end; both closed in the end."""
    ours, theirs = raw_pair(kind)
    socket = make(fd=ours.detach(), **options)
    try:
        yield socket, theirs
    finally:
        socket.destroy()
        theirs.close()


@contextlib.contextmanager
def ends(kind: str = "unix", **options: Any) -> Iterator[tuple[Raw, Socket, Socket, Raw]]:
    """What is piped, between who sends and who receives. ``options`` are the destination's."""
    with (
        end(kind, allow_half_open=True) as (source, sender),
        end(kind, allow_half_open=True, **options) as (destination, receiver),
    ):
        yield sender, source, destination, receiver


def pass_on(sender: Raw, receiver: Raw, size: int = 3 * READ_SIZE, start: int = 0) -> int:
    """Send so many bytes of the pattern, and see that they arrive; return where it goes on."""
    data = pattern(start, size)
    with guarded("sending"):
        sending = gevent.spawn(sender.sendall, data)
        assert receive_exactly(receiver, size) == data
        sending.join()
    return start + size


def events_of(**streams: Socket) -> list[str]:
    """What they emit from now on: ``source pause`` and so on."""
    seen: list[str] = []
    names = ("pause", "resume", "drain", "end", "finish", "pipe", "unpipe", "error", "close")
    for name, stream in streams.items():
        for event in names:
            stream.on(event, lambda *_, told=f"{name} {event}": seen.append(told))
    return seen


def open_pipes() -> set[str]:
    """The kernel's pipes that this process has open."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            found.add(os.readlink(f"/proc/self/fd/{name}"))
    return {name for name in found if name.startswith("pipe:")}


# ---------------------------------------------------------------- what goes through


def test_bulk_arrives_whole_and_is_counted(way: Way, kind: str) -> None:
    """In order, by both counters; and splice(2) is used where it can be."""
    with ends(kind) as (sender, source, destination, receiver):
        source.pipe(destination)
        pass_on(sender, receiver, 5_000_003)
        assert source.bytes_read == destination.bytes_written == 5_000_003
        assert source.readable_did_read
        assert source.readable_flowing
        assert not destination.writable_need_drain
        way.check()


@pytest.mark.parametrize("kinds", [("unix", "tcp"), ("tcp", "unix")])
def test_bulk_goes_between_the_kinds(way: Way, kinds: tuple[str, str]) -> None:
    """From a Unix socket to TCP, and back."""
    with end(kinds[0]) as (source, sender), end(kinds[1]) as (destination, receiver):
        source.pipe(destination)
        pass_on(sender, receiver, 2_000_003)
        way.check()


def test_small_messages_are_read(way: Way, kind: str) -> None:
    """Two splices would cost more."""
    with ends(kind) as (sender, source, destination, receiver):
        source.pipe(destination)
        place = 0
        for _ in range(20):
            place = pass_on(sender, receiver, 1000, place)
        assert source.bytes_read == destination.bytes_written == place
        way.check(is_used=False)


def test_a_last_small_chunk_ends_splicing(spliced: Way) -> None:
    """What follows it is read; until there is much of it again."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        place = pass_on(sender, receiver, 100, place)
        before = spliced.spliced
        place = pass_on(sender, receiver, 100, place)
        assert spliced.spliced == before
        pass_on(sender, receiver, start=place)
        assert spliced.spliced > before


def test_both_directions_of_a_proxy_are_spliced(way: Way, kind: str) -> None:
    """Through one pipe of the kernel's, and without a word of each other's."""
    with ends(kind) as (client, front, back, upstream):
        front.pipe(back).pipe(front)
        there = gevent.spawn(pass_on, client, upstream, 2_000_003)
        here = gevent.spawn(pass_on, upstream, client, 2_000_003, 4)
        with guarded("both directions"):
            gevent.joinall([there, here], raise_error=True)
        assert len(splicing._kernel_pipes) == (1 if way.is_spliced else 0)
        way.check()


def test_a_socket_piped_into_itself_echoes(way: Way, kind: str) -> None:
    """Its own destination is as good as another."""
    with end(kind) as (socket, peer):
        socket.pipe(socket)
        pass_on(peer, peer, 2_000_003)
        assert socket.bytes_read == socket.bytes_written == 2_000_003
        way.check()


def test_accepted_and_connected_sockets_are_spliced(way: Way) -> None:
    """Not only such as were made from a descriptor."""
    with accepted() as front, accepted() as back:
        front.socket.pipe(back.socket)
        pass_on(front.peer, back.peer, 1_000_003)
        way.check()


def test_a_pipeline_is_spliced(way: Way) -> None:
    """It pipes, too; and it ends with the source."""
    with ends() as (sender, source, destination, receiver):
        ended = gevent.spawn(gnet.pipeline, source, destination)
        pass_on(sender, receiver)
        sender.shutdown(stdlib_socket.SHUT_WR)
        assert receive_exactly(receiver, 1) == b""
        receiver.close()
        with guarded("the pipeline"):
            ended.get()
        way.check()


def test_the_ends_of_pipes_are_sockets_as_well(way: Way) -> None:
    """Given by their descriptors: what the kernel splices between is its own affair."""
    from_us, theirs = os.pipe()
    back, to_us = os.pipe()
    source, destination = Socket(fd=from_us), Socket(fd=to_us, readable=False)
    data = PATTERN[:200_000]
    pool = gevent.get_hub().threadpool

    def fill() -> None:
        for start in range(0, len(data), 4096):
            os.write(theirs, data[start : start + 4096])
        os.close(theirs)

    def read_all() -> bytes:
        with open(back, "rb") as file:
            return file.read()

    filling, reading = pool.spawn(fill), pool.spawn(read_all)
    source.pipe(destination)
    with guarded("200 kB"):
        filling.get()
        assert reading.get() == data
    source.destroy()
    destination.destroy()


# ---------------------------------------------------------------- pushing back


def test_a_full_destination_pauses_the_source_and_drains(way: Way, kind: str) -> None:
    """With the same events and the same view of both streams."""
    with ends(kind) as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        seen = events_of(source=source, destination=destination)
        paused = expect_event(source, "pause")
        rest = gevent.spawn(sender.sendall, pattern(place, 7_000_000))
        paused.wait()
        assert source.is_paused()
        assert source.readable_flowing is False
        assert destination.writable_need_drain
        assert READ_SIZE <= destination.writable_length < 2 * READ_SIZE
        assert not destination.writable_finished
        arrived = receive_exactly(receiver, 7_000_000)
        assert arrived == pattern(place, 7_000_000)
        rest.join()
        settle(3)
        assert source.readable_flowing
        assert destination.writable_length == 0
        assert source.bytes_read == destination.bytes_written == place + 7_000_000
        times = seen.count("source pause")
        assert seen == ["source pause", "destination drain", "source resume"] * times
        way.check()


def test_a_slow_reader_bounds_what_is_held(way: Way, kind: str) -> None:
    """Less than its mark and a chunk on either side."""
    with ends(kind) as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        size = 20 * 2**20
        most = 0
        sending = gevent.spawn(sender.sendall, pattern(place, size))
        left = size
        while left:
            wait_for(lambda: source.is_paused() or sending.dead)
            most = max(most, destination.writable_length + source.readable_length)
            part = receive_exactly(receiver, min(left, 100_000))
            assert part == pattern(place + size - left, len(part))
            left -= len(part)
        sending.join()
        assert READ_SIZE <= most < 4 * READ_SIZE
        way.check()


def test_a_high_mark_takes_more_before_it_pauses(way: Way) -> None:
    """A chunk that waits is no reason to stall as long as it is below the mark."""
    with ends(writable_high_water_mark=200_000) as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        paused = expect_event(source, "pause")
        rest = gevent.spawn(sender.sendall, pattern(place, 2_000_000))
        paused.wait()
        assert 200_000 <= destination.writable_length < 200_000 + READ_SIZE
        assert receive_exactly(receiver, 2_000_000) == pattern(place, 2_000_000)
        rest.join()
        way.check()


def test_a_chunk_of_which_some_is_out_counts_as_a_whole(spliced: Way) -> None:
    """As a write does until all of it is out."""
    with ends(writable_high_water_mark=1) as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        spliced.most = 1000
        lengths: list[int] = []
        source.once("pause", lambda: lengths.append(destination.writable_length))
        sender.sendall(pattern(place, 30_000))
        assert receive_exactly(receiver, 30_000) == pattern(place, 30_000)
        assert lengths == [30_000]


def test_a_resume_listener_that_blocks_keeps_the_source_waiting(way: Way) -> None:
    """It runs in the read lane, too."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        gate, entered = Event(), Event()

        def block() -> None:
            entered.set()
            gate.wait()

        source.once("resume", block)
        source.pause()
        source.resume()
        passed(entered)
        sender.sendall(pattern(place, 100_000))
        poll(receiver)
        assert source.bytes_read == place
        gate.set()
        assert receive_exactly(receiver, 100_000) == pattern(place, 100_000)
        way.check()


def test_what_was_put_back_goes_first(way: Way) -> None:
    """Though there is data before the source flows again."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        source.pause()
        source.unshift(b"in front")
        sender.sendall(pattern(place, 100_000))
        source.resume()
        source._read_task(source)  # as the watcher has it called if it comes before the resume
        assert receive_exactly(receiver, 100_008) == b"in front" + pattern(place, 100_000)
        way.check()


def test_a_destination_that_others_have_filled_gets_it_in_order(way: Way) -> None:
    """What was written by hand comes first."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        destination.write(b"in front")
        destination.cork()
        destination.write(b", corked")
        sender.sendall(pattern(place, 30_000))
        wait_for(lambda: source.bytes_read == place + 30_000)
        assert destination.writable_length == 30_008
        destination.uncork()
        expected = b"in front, corked" + pattern(place, 30_000)
        assert receive_exactly(receiver, len(expected)) == expected
        pass_on(sender, receiver, start=place + 30_000)
        way.check()


def test_a_destination_that_is_still_connecting_gets_it_all(way: Way) -> None:
    """From the first byte on."""
    with end() as (source, sender), accepted() as pair:
        address: Any = pair.server.address()
        connection = expect_event(pair.server, "connection")
        upstream = gnet.connect(address.port, address.address)
        source.pipe(upstream)
        sending = gevent.spawn(sender.sendall, PATTERN)
        [received] = connection.wait()
        texts: list[bytes] = []
        received.on("data", texts.append)
        with guarded("all of it"):
            sending.join()
        wait_for(lambda: sum(map(len, texts)) == len(PATTERN))
        assert b"".join(texts) == PATTERN
        received.destroy()
        upstream.destroy()
        way.check()


def poll(peer: Raw) -> None:
    """Have the loop ask the kernel twice what is ready; what was has been dealt with then."""
    for _ in range(2):
        with guarded("a socket that can be written to"):
            gevent.socket.wait_write(peer.fileno())


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something holds that tells of itself by no event."""
    with guarded("a condition"):
        while not condition():
            gevent.sleep(0.001)


def test_the_user_can_pause_and_resume(way: Way) -> None:
    """As ever: what is read meanwhile waits in the source."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        source.pause()
        sending = gevent.spawn(sender.sendall, pattern(place, 300_000))
        wait_for(lambda: source.readable_length >= READ_SIZE)
        settle(3)
        assert destination.bytes_written == place
        assert source.readable_length == READ_SIZE
        source.resume()
        assert receive_exactly(receiver, 300_000) == pattern(place, 300_000)
        sending.join()
        way.check()


def test_a_pause_listener_runs_in_the_read_lane(way: Way) -> None:
    """Where it cannot wait for data of the same stream."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        codes: list[Any] = []

        def wait_there() -> None:
            with pytest.raises(GnetError) as caught:
                gnet.once(source, "data")
            codes.append(caught.value.code)

        paused = must_call(wait_there)
        source.once("pause", paused)
        sending = gevent.spawn(sender.sendall, pattern(place, 800_000))
        paused.wait()
        assert codes == ["ERR_READ_LANE_WAIT"]
        assert receive_exactly(receiver, 800_000) == pattern(place, 800_000)
        sending.join()
        way.check()


def test_a_pause_listener_that_blocks_keeps_the_source_waiting(way: Way) -> None:
    """And the data in order; what it raises ends the source."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        gate, entered = Event(), Event()

        def block() -> None:
            entered.set()
            gate.wait()

        source.once("pause", block)
        sending = gevent.spawn(sender.sendall, pattern(place, 900_000))
        passed(entered)
        read = source.bytes_read
        first = receive_exactly(receiver, 100_000)
        poll(receiver)
        assert source.bytes_read == read
        gate.set()
        rest = receive_exactly(receiver, 800_000)
        assert first + rest == pattern(place, 900_000)
        sending.join()
        way.check()


# ---------------------------------------------------------------- who else sees the bytes


def test_a_data_listener_sees_all_from_its_adding_to_its_removal(way: Way) -> None:
    """And neither before nor behind."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        seen: list[bytes] = []
        source.on("data", seen.append)
        after = pass_on(sender, receiver, start=place)
        assert b"".join(seen) == pattern(place, after - place)
        assert max(map(len, seen)) <= READ_SIZE
        source.off("data", seen.append)
        before = way.spliced
        pass_on(sender, receiver, start=after)
        assert b"".join(seen) == pattern(place, after - place)
        assert (way.spliced > before) == way.is_spliced


def test_a_data_listener_added_by_pausing_sees_the_next_chunk(way: Way) -> None:
    """From within the very task that has found the destination full."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        seen: list[bytes] = []
        paused = must_call(lambda: source.on("data", seen.append))
        source.once("pause", paused)
        sending = gevent.spawn(sender.sendall, pattern(place, 800_000))
        paused.wait()
        assert receive_exactly(receiver, 800_000) == pattern(place, 800_000)
        sending.join()
        text = b"".join(seen)
        assert text == pattern(place + 800_000 - len(text), len(text))
        assert len(text) > READ_SIZE
        way.check()


@pytest.mark.parametrize("chunks", [1, 3])
def test_without_its_listener_a_pipe_passes_nothing_on(way: Way, chunks: int) -> None:
    """Data that flows and has no listener is dropped, whether any was spliced before or not."""
    size = chunks * 30_000
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        for _ in range(chunks):
            pass_on(sender, receiver, 30_000)
        source.remove_all_listeners("data")
        sender.sendall(pattern(0, 30_000))
        wait_for(lambda: source.bytes_read == size + 30_000)
        assert destination.bytes_written == size


def test_an_encoding_can_be_set_at_any_time(way: Way) -> None:
    """Then text is written, and nothing is spliced any more."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        pass_on(sender, receiver)
        source.set_encoding("hex")
        before = way.spliced
        sender.sendall(b"\x01\xab" * 40_000)
        assert receive_exactly(receiver, 160_000) == b"01ab" * 40_000
        assert way.spliced == before
        way.check()


def test_two_destinations_get_all_of_it(way: Way) -> None:
    """Splicing begins when only one of them is left."""
    with ends() as (sender, source, one, first), end() as (two, second):
        source.pipe(one)
        source.pipe(two)
        data = PATTERN[:150_000]
        sender.sendall(data)
        assert receive_exactly(first, len(data)) == receive_exactly(second, len(data)) == data
        way.check(is_used=False)
        source.unpipe(two)
        source.resume()
        pass_on(sender, first)
        way.check()


def test_unpiping_keeps_the_rest_for_another_destination(way: Way) -> None:
    """No byte is lost on the way, or told twice."""
    with ends() as (sender, source, one, first), end() as (two, second):
        before = listeners_of(source), listeners_of(one)
        source.pipe(one)
        place = pass_on(sender, first)
        source.unpipe(one)
        assert (listeners_of(source), listeners_of(one)) == before
        assert source.is_paused()
        sending = gevent.spawn(sender.sendall, pattern(place, 500_000))
        settle(3)
        source.pipe(two)
        assert receive_exactly(second, 500_000) == pattern(place, 500_000)
        sending.join()
        assert one.bytes_written == place
        way.check()


class Loud(Socket):
    """A socket whose write, push and emit are the user's."""

    def __init__(self, **options: Any) -> None:
        self.written: list[int] = []
        self.emitted: list[object] = []
        super().__init__(**options)

    def write(self, chunk: Any, *rest: Any) -> bool:
        """Note it."""
        self.written.append(len(chunk))
        return super().write(chunk, *rest)

    def push(self, chunk: Any, encoding: str | None = None) -> bool:
        """Note it."""
        self.emitted.append("push")
        return super().push(chunk, encoding)

    def emit(self, event: Any, *args: Any) -> bool:
        """Note it."""
        self.emitted.append(event)
        return super().emit(event, *args)


def test_an_overridden_write_is_called(way: Way) -> None:
    """Chunk by chunk, as the user expects it."""
    with end() as (source, sender), end(make=Loud) as (destination, receiver):
        source.pipe(destination)
        pass_on(sender, receiver)
        assert sum(destination.written) == 3 * READ_SIZE
        assert max(destination.written) <= READ_SIZE
        way.check(is_used=False)


def test_a_write_that_is_replaced_on_the_instance_is_called(way: Way) -> None:
    """At any time."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        written: list[int] = []

        def write(chunk: bytes) -> bool:
            written.append(len(chunk))
            return Socket.write(destination, chunk)

        destination.write = write  # type: ignore[method-assign,assignment]
        pass_on(sender, receiver, start=place)
        assert sum(written) == 3 * READ_SIZE
        way.check()


def test_a_write_that_is_replaced_on_the_class_is_called(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As instrumentation does it."""
    real, written = Transport.write, []

    def write(self: Any, chunk: Any, *rest: Any) -> bool:
        written.append(len(chunk))
        return real(self, chunk, *rest)

    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        monkeypatch.setattr(Transport, "write", write)
        pass_on(sender, receiver, start=place)
        assert sum(written) == 3 * READ_SIZE
        way.check()


def test_a_source_with_an_emit_of_its_own_hears_all(way: Way) -> None:
    """As in Node; so it is read, not spliced."""
    with end(make=Loud) as (source, sender), end() as (destination, receiver):
        source.pipe(destination)
        pass_on(sender, receiver)
        assert "data" in source.emitted
        way.check(is_used=False)


def test_reading_into_a_buffer_stays_what_it_is(way: Way) -> None:
    """There is no data to pipe."""
    received = bytearray()

    def callback(count: int, buffer: bytearray) -> None:
        received.extend(buffer[:count])

    on_read = {"buffer": bytearray(50_000), "callback": callback}
    with end(on_read=on_read) as (source, sender), end() as (destination, _):
        source.pipe(destination)
        sender.sendall(PATTERN[:150_000])
        wait_for(lambda: len(received) == 150_000)
        assert received == PATTERN[:150_000]
        assert destination.bytes_written == 0
        way.check(is_used=False)


def test_traffic_keeps_both_ends_from_their_idle_timeout(way: Way, clock: FakeClock) -> None:
    """Spliced or not."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        source.set_timeout(1000, source_idle := must_call())
        destination.set_timeout(1000, destination_idle := must_call())
        clock.advance(0.9)
        pass_on(sender, receiver, start=place)
        clock.advance(0.9)
        assert source_idle.calls == destination_idle.calls == []
        clock.advance(0.2)
        source_idle.wait()
        destination_idle.wait()
        way.check()


def fill(socket: Socket) -> int:
    """Write past the socket until the kernel takes nothing more; return how much it took."""
    assert socket._fd is not None
    count = 0
    for piece in (65536, 1):
        with contextlib.suppress(BlockingIOError):
            while True:
                count += os.write(socket._fd, bytes(piece))
    return count


def test_a_write_of_which_nothing_goes_out_is_activity_as_well(way: Way, clock: FakeClock) -> None:
    """As in Node, whose every write starts the idle time again, once it has run out, too."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        pass_on(sender, receiver)
        destination.set_timeout(1000)
        destination.on("timeout", idle := must_call(times=2))
        clock.advance(1)
        assert len(idle.calls) == 1
        filled = fill(destination)
        sender.sendall(pattern(0, READ_SIZE))
        wait_for(lambda: destination.writable_need_drain)
        clock.advance(3)
        assert len(idle.calls) == 2
        assert receive_exactly(receiver, filled + READ_SIZE)[filled:] == pattern(0, READ_SIZE)
        way.check()


# ---------------------------------------------------------------- ends and errors


def test_the_end_of_the_source_ends_the_destination(way: Way, kind: str) -> None:
    """After the last byte, and with the same events."""
    with ends(kind) as (sender, source, destination, receiver):
        seen = events_of(source=source, destination=destination)
        source.pipe(destination)
        place = pass_on(sender, receiver)
        sender.sendall(pattern(place, 100_000))
        sender.shutdown(stdlib_socket.SHUT_WR)
        assert receive_exactly(receiver, 100_001) == pattern(place, 100_000)
        settle(3)
        assert seen == [
            "destination pipe",
            "source resume",
            "source end",
            "destination finish",
            "source pause",
            "destination unpipe",
        ]
        way.check()


def test_an_end_can_be_kept_from_the_destination(way: Way) -> None:
    """It goes on with another source then."""
    with ends() as (sender, source, destination, receiver), end() as (other, second):
        source.pipe(destination, end=False)
        place = pass_on(sender, receiver)
        sender.close()
        wait_event(source, "end")
        other.pipe(destination)
        pass_on(second, receiver, start=place)
        assert destination.writable
        way.check()


def test_a_reset_of_the_source_is_its_error(way: Way, kind: str) -> None:
    """With the code and the operation that reading has; the destination lives on."""
    with ends(kind) as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        source.write(b"unread")  # which makes a reset of a Unix socket's end
        error = expect_event(source, "error")
        seen = events_of(source=source, destination=destination)
        reset(sender)
        [failure] = error.wait()
        wait_event(source, "close") if "source close" not in seen else None
        assert (failure.code, failure.syscall) == ("ECONNRESET", "read")
        assert seen == ["source error", "source close"]
        assert source.bytes_read == destination.bytes_written == place
        assert destination.writable
        way.check()


@pytest.mark.parametrize(("kind", "code"), [("unix", "EPIPE"), ("tcp", "ECONNRESET")])
def test_a_reset_of_the_destination_is_its_error(way: Way, kind: str, code: str) -> None:
    """With the code and the operation that writing has; the source is paused and lives on."""
    with ends(kind, readable=False) as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        reset(receiver)
        error = expect_event(destination, "error")
        seen = events_of(source=source, destination=destination)
        sender.sendall(pattern(place, READ_SIZE))
        [failure] = error.wait()
        settle(3)
        assert (failure.code, failure.syscall) == (code, "write")
        assert seen == [
            "source pause",
            "destination unpipe",
            "destination error",
            "destination close",
        ]
        assert source.bytes_read == place + READ_SIZE
        assert destination.bytes_written == place
        assert destination.writable_length == 0
        assert not source.destroyed
        way.check()


@pytest.mark.parametrize("which", ["source", "destination"])
def test_either_side_can_be_destroyed_in_the_middle(way: Way, which: str) -> None:
    """By a listener, while there is more to come."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        pass_on(sender, receiver)
        victim = source if which == "source" else destination
        source.once("pause", must_call(lambda: victim.destroy()))
        closed = expect_event(victim, "close")
        sending = gevent.spawn(send_until_reset, sender)
        closed.wait()
        settle(3)
        other = destination if which == "source" else source
        assert not other.destroyed
        assert source.destroyed or source.is_paused()
        source.destroy()
        sending.join()
        way.check()


def send_until_reset(sender: Raw) -> None:
    """Send without an end."""
    with contextlib.suppress(OSError):
        while True:
            sender.sendall(PATTERN)


def reset(peer: Raw) -> None:
    """Close with an RST instead of a FIN."""
    peer.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def test_urgent_data_is_passed_over(way: Way) -> None:
    """As reading does; splice(2) alone would stop in front of it for ever."""
    with ends("tcp") as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        sender.sendall(pattern(place, 100_000))
        sender.send(b"!", stdlib_socket.MSG_OOB)
        sender.sendall(pattern(place + 100_000, 200_000))
        assert receive_exactly(receiver, 300_000) == pattern(place, 300_000)
        way.check()


def test_a_socket_that_is_connected_again_is_spliced_again(way: Way) -> None:
    """Its pipe is still there, as all its listeners are."""
    with accepted() as pair, end(allow_half_open=True) as (destination, receiver):
        address: Any = pair.server.address()
        connection = expect_event(pair.server, "connection")
        source = gnet.connect(address.port, address.address)
        source.pipe(destination, end=False)
        [first] = connection.wait()
        first.write(PATTERN)
        assert receive_exactly(receiver, len(PATTERN)) == PATTERN
        way.check()
        source.destroy()
        wait_event(source, "close")
        connection = expect_event(pair.server, "connection")
        before = way.spliced
        source.connect(address.port, address.address)
        [second] = connection.wait()
        second.write(PATTERN)
        assert receive_exactly(receiver, len(PATTERN)) == PATTERN
        assert (way.spliced > before) == way.is_spliced
        for socket in (source, first, second):
            socket.destroy()


# ---------------------------------------------------------------- the kernel's pipe


def test_one_kernel_pipe_serves_all_and_goes_with_the_last() -> None:
    """Two descriptors in all, made at the first splice."""
    before = open_pipes()
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        assert open_pipes() == before
        pass_on(sender, receiver)
        with ends() as (other_sender, other, sink, other_receiver):
            other.pipe(sink)
            pass_on(other_sender, other_receiver)
            assert len(open_pipes() - before) == 1
        pass_on(sender, receiver)
        assert len(open_pipes() - before) == 1
        source.unpipe()
        assert open_pipes() == before
        source.pipe(destination)
        pass_on(sender, receiver)
        assert len(open_pipes() - before) == 1
    assert open_pipes() == before


def test_each_thread_has_a_kernel_pipe_of_its_own() -> None:
    """Two that splice at once must not mix their bytes."""

    def proxy() -> set[str]:
        with ends() as (sender, source, destination, receiver):
            source.pipe(destination)
            pass_on(sender, receiver)
            mine = splicing._kernel_pipes[dispatcher()]
            return {os.readlink(f"/proc/self/fd/{mine._inlet}")}

    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        pass_on(sender, receiver)
        mine = splicing._kernel_pipes[dispatcher()]
        ours = {os.readlink(f"/proc/self/fd/{mine._inlet}")}
        assert in_thread(proxy).isdisjoint(ours)


def test_a_destination_of_another_thread_gets_nothing(way: Way) -> None:
    """Its write says so, which ends the source."""
    with end() as (foreign, _):

        def proxy() -> bool:
            with ends() as (sender, source, destination, receiver):
                source.pipe(destination)
                pass_on(sender, receiver)
                source.unpipe(destination)
                source.pipe(foreign)
                closed = expect_event(source, "close")
                sender.sendall(pattern(0, READ_SIZE))
                closed.wait()
                return source.destroyed

        assert in_thread(proxy)
        assert foreign.bytes_written == 0
        foreign.remove_all_listeners()
        way.check()


def test_a_forked_process_makes_a_kernel_pipe_of_its_own() -> None:
    """What it splices never gets into its parent's."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        shared = splicing._kernel_pipes[dispatcher()]
        theirs = os.fstat(shared._inlet).st_ino
        one, other = stdlib_socket.socketpair()
        child = os.fork()
        if not child:
            outcome = 1
            try:
                other.sendall(b"the child's")
                is_ready = shared.is_ready()
                is_own = os.fstat(shared._inlet).st_ino != theirs
                outcome = int(not (is_ready and is_own and shared.fill(one.fileno()) == 11))
            finally:
                os._exit(outcome)
        with guarded("the child"):
            _, status = gevent.os.waitpid(child, 0)
        one.close()
        other.close()
        assert os.waitstatus_to_exitcode(status) == 0
        assert os.fstat(shared._inlet).st_ino == theirs
        pass_on(sender, receiver, start=place)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_without_descriptors_for_a_kernel_pipe_it_is_read(
    spliced: Way, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody hears of it."""

    def pipe2(flags: int) -> tuple[int, int]:
        raise OSError(number, "no descriptors")

    monkeypatch.setattr(os, "pipe2", pipe2)
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        pass_on(sender, receiver, 1_000_003)
        assert source.bytes_read == destination.bytes_written == 1_000_003
        spliced.check(is_used=False)
        assert source._read_task is Transport._read_task


def test_a_child_without_descriptors_closes_those_of_its_parent_once(
    spliced: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second time they could be somebody else's."""
    closed: list[int] = []

    def close(fd: int) -> None:
        closed.append(fd)
        os.close(fd)

    def pipe2(flags: int) -> tuple[int, int]:
        raise OSError(errno.ENFILE, "no descriptors")

    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        place = pass_on(sender, receiver)
        shared = splicing._kernel_pipes[dispatcher()]
        splicing._disown()  # as in a child
        monkeypatch.setattr(os, "pipe2", pipe2)
        monkeypatch.setattr("gnet.kernel.close", close)
        pass_on(sender, receiver, start=place)
        assert sorted(closed) == sorted([shared._inlet, shared._outlet])


def test_a_small_kernel_pipe_is_as_good(spliced: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user may have as many large ones as the system allows."""
    monkeypatch.setattr(splicing, "_PIPE_SIZE", 2**40)  # which the kernel refuses
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        pass_on(sender, receiver, 1_000_003)
        spliced.check()


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.EPERM])
@pytest.mark.parametrize("step", ["in", "out"])
def test_what_cannot_be_spliced_is_read_from_then_on(spliced: Way, number: int, step: str) -> None:
    """The bytes that were on their way are written."""
    before = open_pipes()
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        failure = OSError(number, "not between these")
        spliced.failures = [failure] if step == "in" else [None, failure]
        pass_on(sender, receiver, 1_000_003)
        assert source.bytes_read == destination.bytes_written == 1_000_003
        assert spliced.spliced <= READ_SIZE
        assert source._read_task is Transport._read_task
        assert open_pipes() == before


def test_bytes_of_an_interrupted_task_reach_nobody_else(spliced: Way, uncaught: Uncaught) -> None:
    """A signal's handler may raise at any time; the kernel's pipe is not used after that."""
    with (
        ends() as (sender, source, destination, receiver),
        ends() as (other_sender, other, sink, other_receiver),
    ):
        source.pipe(destination)
        other.pipe(sink)
        place = pass_on(sender, receiver)
        assert pass_on(other_sender, other_receiver) == place
        before = spliced.spliced
        spliced.failures = [None, RuntimeError("raised by a signal's handler")]
        sender.sendall(bytes(READ_SIZE))
        wait_event(source, "close")
        assert [str(error) for *_, error in uncaught] == ["raised by a signal's handler"]
        pass_on(other_sender, other_receiver, start=place)
        assert spliced.spliced == before + READ_SIZE


def test_unpiping_goes_back_to_the_ordinary_task(spliced: Way) -> None:
    """What is not piped costs what it always did."""
    with ends() as (sender, source, destination, receiver):
        source.pipe(destination)
        pass_on(sender, receiver)
        source.unpipe(destination)
        assert source._read_task is Transport._read_task
        source.on("data", received := must_call())
        source.resume()
        sender.sendall(b"x")
        assert received.wait() == [(b"x",)]


def test_a_destination_that_was_piped_to_is_not_kept(way: Way) -> None:
    """A source may outlive many of them."""
    with end(allow_half_open=True) as (source, sender):
        with end() as (destination, receiver):
            source.pipe(destination)
            pass_on(sender, receiver)
            source.unpipe(destination)
        wait_event(destination, "close")
        gc.collect()
        pipes = [one for one in gc.get_objects() if isinstance(one, Pipe)]
        assert not any(pipe.destination is destination for pipe in pipes)
        way.check()


# ---------------------------------------------------------------- whatever happens

MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 150_000)),
        st.tuples(st.just("receive"), st.integers(1, 300_000)),
        st.tuples(
            st.sampled_from(
                ["pause", "resume", "unpipe", "listen", "unlisten", "cork", "uncork", "settle"]
            ),
            st.just(0),
        ),
    ),
    max_size=40,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES, mark=st.sampled_from([1, 20_000, READ_SIZE, 200_000]), closes=st.booleans())
def test_every_byte_arrives_once_and_in_order(
    spliced: Way, moves: list[tuple[str, int]], mark: int, closes: bool
) -> None:
    """Whatever the chunks, pauses, corks, listeners and pipes; up to the end of either side."""
    with ends(writable_high_water_mark=mark) as (sender, source, destination, receiver):
        parts: list[bytes] = []
        told: list[bytes] = []
        sent = 0
        sender.setblocking(False)
        receiver.setblocking(False)
        source.pipe(destination)
        for move, size in moves:
            if move == "send":
                with contextlib.suppress(BlockingIOError):
                    sent += sender.send(pattern(sent, size))
            elif move == "receive":
                with contextlib.suppress(BlockingIOError):
                    parts.append(receiver.recv(size))
            elif move == "pause":
                source.pause()
            elif move == "resume":
                source.resume()
            elif move == "unpipe":
                source.unpipe(destination)
                source.pipe(destination)
            elif move == "listen":
                source.on("data", told.append)
            elif move == "unlisten":
                source.off("data", told.append)
            elif move == "cork":
                destination.cork()
            elif move == "uncork":
                destination.uncork()
            else:
                settle(2)
        if closes:
            source.destroy()
            destination.end()
        else:
            sender.shutdown(stdlib_socket.SHUT_WR)
            source.resume()
        while destination.writable_corked:
            destination.uncork()
        receiver.setblocking(True)
        with guarded("the end"):
            while part := receiver.recv(2**20):
                parts.append(part)
        arrived = b"".join(parts)
        assert arrived == pattern(0, len(arrived))
        assert len(arrived) == (destination.bytes_written if closes else sent)
        assert all(text in PATTERN * 3 for text in told)
