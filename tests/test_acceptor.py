"""The accept loop: which faults it ignores, which it waits out, which it reports."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket as stdlib_socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import gevent.socket
import pytest
from gevent.hub import get_hub
from support import (
    GUARD_S,
    ROOT,
    expect_event,
    guarded,
    listening,
    must_call,
    must_not_call,
    raw_connect,
    receive_exactly,
    settle,
)

from gnet import Server, kernel
from gnet.acceptor import Acceptor

#: errno -> why it is nobody's fault here.
IGNORED = [
    errno.ECONNABORTED,
    errno.EPROTO,
    errno.EPERM,
    errno.ENETDOWN,
    errno.ENOPROTOOPT,
    errno.EHOSTDOWN,
    errno.ENONET,
    errno.EHOSTUNREACH,
    errno.EOPNOTSUPP,
    errno.ENETUNREACH,
    errno.ETIMEDOUT,
    errno.EINTR,
]


class FaultyListener:
    """The acceptor's listening socket, whose ``accept`` fails as told before it works."""

    def __init__(self, listener: Any) -> None:
        self._listener = listener
        self.faults: deque[int] = deque()
        self.failed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)

    def _accept(self) -> Any:
        if self.faults:
            self.failed += 1
            number = self.faults.popleft()
            raise OSError(number, os.strerror(number))
        return self._listener._accept()


class Harness:
    """An `Acceptor` over a `FaultyListener`, and what it told."""

    def __init__(self) -> None:
        self.accepted: list[Any] = []
        self.overflows = 0
        self.errors: list[OSError] = []
        listener = kernel.listen_tcp("127.0.0.1", 4, 0, 16)
        self.acceptor = Acceptor(listener, self._accept, self._overflow, self.errors.append)
        self.acceptor.min_delay = self.acceptor._pause = 0.001
        self.acceptor.start()
        self.listener = FaultyListener(self.acceptor.socket)
        self.acceptor.socket = self.listener  # type: ignore[assignment]  # behaves like one

    def _accept(self, connection: Any, _peer: Any) -> None:
        descriptor = connection if isinstance(connection, int) else connection.detach()
        self.accepted.append(stdlib_socket.socket(fileno=descriptor))

    def _overflow(self, descriptor: int, peer: Any) -> None:
        assert kernel.peer_name(descriptor).port == peer[1], "it is open still"
        self.overflows += 1

    def connect(self) -> gevent.socket.socket:
        """A peer that is in the accept queue when this returns."""
        return gevent.socket.create_connection(self.listener.getsockname())

    def close(self) -> None:
        """Close all that is open."""
        self.acceptor.close()
        for connection in self.accepted:
            connection.close()


@pytest.fixture
def harness() -> Iterator[Harness]:
    """An accept loop that can be made to fail."""
    made = Harness()
    yield made
    made.close()


def until(condition: Callable[[], object], what: str) -> None:
    """Let the loop turn until the condition holds."""
    with guarded(what):
        while not condition():
            gevent.sleep(0.001)


# ---------------------------------------------------------------- ignored


@pytest.mark.parametrize("number", IGNORED, ids=lambda number: errno.errorcode[number])
def test_a_fault_of_the_peers_or_the_networks_is_ignored(number: int, harness: Harness) -> None:
    """The loop goes on with the next connection in the same batch, and tells nobody."""
    harness.listener.faults.extend([number, number])
    with contextlib.closing(harness.connect()):
        until(lambda: harness.accepted, "the connection")
    assert harness.listener.failed == 2
    assert harness.errors == []
    assert harness.overflows == 0


def test_a_batch_takes_all_that_waits(harness: Harness) -> None:
    """Connections do not cost a wake-up each."""
    harness.acceptor.stop_accepting()
    peers = [harness.connect() for _ in range(10)]
    harness.acceptor.start_accepting()
    until(lambda: len(harness.accepted) == 10, "all of them")
    for peer in peers:
        peer.close()


def test_accepted_connections_do_not_block(harness: Harness) -> None:
    """Nothing in the hub may."""
    with contextlib.closing(harness.connect()):
        until(lambda: harness.accepted, "the connection")
        assert not os.get_blocking(harness.accepted[0].fileno())


def test_accepted_connections_are_not_inherited(harness: Harness) -> None:
    """A child process must not keep a peer's connection open."""
    with contextlib.closing(harness.connect()):
        until(lambda: harness.accepted, "the connection")
        assert not os.get_inheritable(harness.accepted[0].fileno())


def test_a_connection_that_nobody_could_take_is_closed(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever kept it from being taken is reported, and the peer does not hang."""
    reported = must_call()
    monkeypatch.setattr(get_hub(), "handle_error", reported)
    error = RuntimeError("made up")

    def fail(_fd: int, _peer: Any) -> None:
        raise error

    harness.acceptor.on_accept = fail
    with contextlib.closing(harness.connect()) as peer:
        assert receive_exactly(peer, 1) == b""
    [(_, _, value, _)] = reported.calls
    assert value is error


# ---------------------------------------------------------------- descriptors


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE], ids=["EMFILE", "ENFILE"])
def test_without_descriptors_the_reserve_is_spent_on_the_peers(
    number: int, harness: Harness
) -> None:
    """Each sees a close at once instead of hanging in the queue, and each is told."""
    harness.acceptor.stop_accepting()
    peers = [harness.connect() for _ in range(3)]
    harness.listener.faults.append(number)
    harness.acceptor.start_accepting()
    for peer in peers:
        assert receive_exactly(peer, 1) == b""
        peer.close()
    assert harness.overflows == 3
    assert harness.accepted == []
    assert harness.errors == []


def test_accepting_goes_on_when_descriptors_are_back(harness: Harness) -> None:
    """At once: nothing has to be restarted."""
    harness.listener.faults.append(errno.EMFILE)
    with contextlib.closing(harness.connect()) as refused:
        assert receive_exactly(refused, 1) == b""
    with contextlib.closing(harness.connect()):
        until(lambda: harness.accepted, "the next connection")


def test_the_reserve_is_there_again_for_the_next_shortage(harness: Harness) -> None:
    """It is opened anew each time."""
    for _ in range(3):
        harness.listener.faults.append(errno.EMFILE)
        with contextlib.closing(harness.connect()) as refused:
            assert receive_exactly(refused, 1) == b""
    assert harness.overflows == 3


def test_without_a_reserve_the_loop_rests_and_gets_it_back(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody else holds every descriptor there is none to spend; later there is."""
    shut = [True]
    real_open = os.open

    def refuse(path: Any, *args: Any) -> int:
        if path == os.devnull and shut[0]:
            raise OSError(errno.EMFILE, "none left")
        return real_open(path, *args)

    monkeypatch.setattr("gnet.acceptor.os.open", refuse)
    harness.listener.faults.append(errno.EMFILE)
    with contextlib.closing(harness.connect()) as refused:
        assert receive_exactly(refused, 1) == b""  # spends the reserve, which does not come back
    harness.listener.faults.extend([errno.EMFILE] * 3)
    with contextlib.closing(harness.connect()):
        until(lambda: harness.accepted, "the connection after the rests")
    assert harness.listener.failed == 4
    shut[0] = False
    harness.listener.faults.append(errno.EMFILE)
    with contextlib.closing(harness.connect()):
        until(lambda: harness.overflows == 2 or len(harness.accepted) == 2, "the next one")
    harness.listener.faults.append(errno.EMFILE)
    with contextlib.closing(harness.connect()) as refused:
        until(lambda: harness.overflows >= 2 or len(harness.accepted) == 3, "one more")
        assert harness.overflows >= 2, "the reserve never came back"


def test_a_reserve_that_somebody_snatches_is_no_endless_loop(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The accept after spending it fails as well: the loop rests and tries again."""
    harness.listener.faults.extend([errno.EMFILE, errno.EMFILE])
    with contextlib.closing(harness.connect()):
        until(lambda: harness.accepted, "the connection")
    assert harness.listener.failed == 2


def test_an_overflow_is_told_as_drop_with_both_ends() -> None:
    """As a connection that the limit refuses."""
    server = Server()
    server.on("connection", must_not_call())
    server.on("error", must_not_call())
    drop = must_call()
    server.on("drop", drop)
    pending = expect_event(server, "listening")
    server.listen(0, "127.0.0.1")
    pending.wait()
    acceptor: Any = server._acceptor
    acceptor.do_read = lambda: acceptor._spend_reserve()
    with contextlib.closing(raw_connect(server)) as peer:
        assert receive_exactly(peer, 1) == b""
        [(info,)] = drop.wait()
        assert info.remote_port == peer.getsockname()[1]
        address: Any = server.address()
        assert (info.local_address, info.local_port) == ("127.0.0.1", address.port)
    server.close()


# What connects, in a process of its own so that only the server is short of descriptors. It
# reports how many peers were closed, closes the others when told to, and connects once more.
_CLIENTS = """
import select, socket, sys
port, count, refused = map(int, sys.argv[1:])
waiting = {}
for _ in range(count):
    peer = socket.create_connection(('127.0.0.1', port), timeout=5)
    waiting[peer.fileno()] = peer
closed = 0
while closed < refused:
    ready, _, _ = select.select(list(waiting), [], [], 5)
    if not ready:
        break
    for number in ready:
        assert waiting[number].recv(1) == b''
        waiting.pop(number).close()
        closed += 1
print(closed, flush=True)
sys.stdin.readline()
for peer in waiting.values():
    peer.close()
print('closed', flush=True)
sys.stdin.readline()
peer = socket.create_connection(('127.0.0.1', port), timeout=5)
peer.sendall(b'hello')
assert peer.recv(5) == b'hello'
peer.close()
print('served', flush=True)
"""

_SHORTAGE = """
import json, os, resource, subprocess, sys, time
import gevent
import gnet

seen = dict(connection=0, drop=0, drop_data=0, error=0)

def on_connection(socket):
    seen['connection'] += 1
    socket.on('data', socket.write)

def on_drop(*data):
    seen['drop'] += 1
    seen['drop_data'] += len(data)

server = gnet.create_server(on_connection).on('drop', on_drop)
server.on('error', lambda error: seen.update(error=1))
server.listen(0, '127.0.0.1')
gnet.once(server, 'listening')
client = subprocess.Popen(
    [sys.executable, '-c', sys.argv[1], str(server.address().port), '60', '30'],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

def answer():
    return gevent.get_hub().threadpool.apply(client.stdout.readline).strip()

def proceed():
    client.stdin.write('go on\\n')
    client.stdin.flush()

gevent.get_hub().threadpool.apply(int)
# One descriptor of the listing itself; the others stay open. Thirty connections fit.
limit = len(os.listdir('/proc/self/fd')) - 1 + 30
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
seen['closed'] = int(answer())
before = time.process_time()
gevent.sleep(0.2)
seen['busy'] = time.process_time() - before
seen['open'] = server.connections
seen['dropped'] = server.dropped.no_descriptor
proceed()
answer()
proceed()
seen['again'] = answer()
client.wait()
server.close()
print(json.dumps(seen))
"""


def test_a_real_shortage_of_descriptors_closes_some_peers_and_passes() -> None:
    """Thirty of sixty are served, thirty see a close; nothing is printed, nothing spins."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _SHORTAGE, _CLIENTS],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=GUARD_S * 1.5,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    seen = json.loads(done.stdout)
    assert seen.pop("busy") < 0.1
    assert seen == {
        "connection": 31,
        "drop": 30,
        "drop_data": 30,
        "dropped": 30,
        "error": 0,
        "closed": 30,
        "open": 30,
        "again": "served",
    }


# ---------------------------------------------------------------- backing off


@pytest.mark.parametrize("number", [errno.ENOMEM, errno.ENOBUFS], ids=["ENOMEM", "ENOBUFS"])
def test_a_shortage_of_memory_is_waited_out(number: int, harness: Harness) -> None:
    """The connection waits in the kernel's queue and is accepted later; nobody is told."""
    harness.listener.faults.extend([number] * 3)
    with contextlib.closing(harness.connect()):
        until(lambda: harness.accepted, "the connection")
    assert harness.listener.failed == 3
    assert harness.errors == []
    assert harness.overflows == 0


def test_each_rest_in_a_row_is_twice_as_long_up_to_a_limit(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shortage that lasts is not made worse by asking all the time."""
    harness.acceptor.max_delay = 0.004
    rests: list[float] = []
    loop = get_hub().loop
    real_timer = type(loop).timer

    class Loop:
        """The loop, but for the lengths of its timers being written down."""

        def __getattr__(self, name: str) -> Any:
            return getattr(loop, name)

        def timer(self, after: float, *args: Any, **kwargs: Any) -> Any:
            rests.append(after)
            return real_timer(loop, after, *args, **kwargs)

    monkeypatch.setattr(harness.acceptor, "loop", Loop())
    harness.listener.faults.extend([errno.ENOMEM] * 5)
    with contextlib.closing(harness.connect()):
        until(lambda: harness.accepted, "the connection")
    assert rests == [0.001, 0.002, 0.004, 0.004, 0.004]


def test_a_success_makes_the_next_rest_short_again(harness: Harness) -> None:
    """The doubling counts only failures in a row."""
    harness.listener.faults.extend([errno.ENOMEM] * 3)
    with contextlib.closing(harness.connect()):
        until(lambda: harness.accepted, "the connection")
    until(lambda: harness.acceptor._pause == harness.acceptor.min_delay, "the short rest")


def test_closing_while_it_rests_leaves_no_timer(harness: Harness) -> None:
    """The ledger would find it."""
    harness.acceptor.min_delay = harness.acceptor._pause = 60
    harness.listener.faults.append(errno.ENOMEM)
    with contextlib.closing(harness.connect()):
        until(lambda: harness.listener.failed, "the fault")
        harness.acceptor.close()
    assert harness.accepted == []


# ---------------------------------------------------------------- reported


@pytest.mark.parametrize(
    "number",
    [errno.EBADF, errno.EINVAL, errno.ENOTSOCK, errno.EFAULT],
    ids=lambda number: errno.errorcode[number],
)
def test_what_nothing_here_can_mend_is_reported_once(number: int, harness: Harness) -> None:
    """With the syscall, and accepting stops instead of failing for ever."""
    harness.listener.faults.extend([number, number])
    with contextlib.closing(harness.connect()):
        until(lambda: harness.errors, "the error")
        settle()
    [error] = harness.errors
    assert error.errno == number
    assert error.code == errno.errorcode[number]  # type: ignore[attr-defined]
    assert error.syscall == "accept"  # type: ignore[attr-defined]
    assert harness.listener.failed == 1


def test_a_fault_is_told_as_error_of_the_server() -> None:
    """In a task of the server, not in the hub."""
    with listening() as server:
        error = expect_event(server, "error")
        acceptor: Any = server._acceptor
        acceptor.do_read = lambda: acceptor._on_fault(OSError(errno.EINVAL, "made up"))
        with contextlib.closing(raw_connect(server)):
            [reason] = error.wait()
        assert (reason.code, reason.syscall) == ("EINVAL", "accept")


def test_closing_gives_the_reserve_back(harness: Harness) -> None:
    """Each server holds one descriptor more than its listening socket, and no longer."""
    before = len(os.listdir("/proc/self/fd"))
    harness.acceptor.close()
    assert len(os.listdir("/proc/self/fd")) == before - 2
    harness.acceptor.close()
    assert len(os.listdir("/proc/self/fd")) == before - 2
