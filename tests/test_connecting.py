"""Connecting: several addresses, their order, slow attempts, giving up, and what is left open."""

from __future__ import annotations

import _socket
import contextlib
import errno
import os
import socket as stdlib_socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import gevent.socket
import pytest
from gevent.event import Event
from support import (
    GUARD_S,
    FakeClock,
    expect_event,
    guarded,
    listening,
    must_call,
    must_not_call,
    passed,
    receive_exactly,
    settle,
    wait_event,
)

import gnet
from gnet import AggregateError, Server, Socket, kernel

#: An address of the loopback network that no test listens on.
NOBODY = "127.0.0.250"


def entry(address: str) -> tuple[Any, ...]:
    """A line of what ``getaddrinfo`` gives."""
    if ":" in address:
        return (stdlib_socket.AF_INET6, stdlib_socket.SOCK_STREAM, 6, "", (address, 0, 0, 0))
    return (stdlib_socket.AF_INET, stdlib_socket.SOCK_STREAM, 6, "", (address, 0))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have every name resolve to these addresses."""

    def resolve_to(*addresses: str) -> None:
        monkeypatch.setattr(
            gevent.socket, "getaddrinfo", lambda *_: [entry(address) for address in addresses]
        )

    return resolve_to


@contextlib.contextmanager
def hanging(port: int = 0, address: str = "127.0.0.1") -> Iterator[int]:
    """A port whose accept queue is full, so that connecting to it takes long."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(stdlib_socket.socket())
        listener.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(stdlib_socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


class Attempts:
    """The attempt events of a socket, in short."""

    def __init__(self, socket: Socket) -> None:
        self.seen: list[tuple[str, str]] = []
        for event in ("", "Failed", "Timeout"):
            name = f"connectionAttempt{event}"

            def note(address: str, *_: object, what: str = event or "Started") -> None:
                self.seen.append((what.lower(), address))

            socket.on(name, note)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Make attempts at chosen addresses take as long as the test likes.

    ``slow[address] = None`` has the next attempt there wait: its socket is one of a pair whose
    buffer is full, so that it does not become writable. ``slow[address]()`` lets it be decided.
    """
    waiting: dict[str, Any] = {}
    held: list[stdlib_socket.socket] = []
    real = kernel.start_connect

    def start_connect(family: int, address: str, port: int = 0) -> tuple[Any, int]:
        if address not in waiting:
            return real(family, address, port)
        ours, theirs = stdlib_socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                ours.send(bytes(65536))
        held.append(theirs)

        def decide() -> None:
            with contextlib.suppress(BlockingIOError):
                while theirs.recv(65536):
                    pass

        waiting[address] = decide
        return _socket.socket(fileno=ours.detach()), errno.EINPROGRESS

    monkeypatch.setattr("gnet.kernel.start_connect", start_connect)
    yield waiting
    for one in held:
        one.close()


def port_of(server: Server) -> int:
    """Where it listens."""
    address: Any = server.address()
    return int(address.port)


def descriptors() -> int:
    """How many are open."""
    return len(os.listdir("/proc/self/fd"))


# ---------------------------------------------------------------- order


def test_families_alternate_beginning_with_the_first(names: Callable[..., None]) -> None:
    """However the resolver has sorted them."""
    names("::1", "::ffff:127.0.0.253", NOBODY, "127.0.0.251", "::ffff:127.0.0.254")
    client = gnet.connect(1, "somewhere")
    attempts = Attempts(client)
    client.on("error", must_call())
    wait_event(client, "close")
    started = [address for what, address in attempts.seen if what == "started"]
    assert started == [
        "::1",
        NOBODY,
        "::ffff:127.0.0.253",
        "127.0.0.251",
        "::ffff:127.0.0.254",
    ]


def test_an_address_that_comes_twice_is_tried_once(names: Callable[..., None]) -> None:
    """As some resolvers' answers have it."""
    names(NOBODY, NOBODY, "127.0.0.251")
    client = gnet.connect(1, "somewhere")
    attempts = Attempts(client)
    client.on("error", must_call())
    wait_event(client, "close")
    assert [address for what, address in attempts.seen if what == "started"] == [
        NOBODY,
        "127.0.0.251",
    ]


def test_the_next_address_is_tried_as_soon_as_one_has_failed(
    names: Callable[..., None], clock: FakeClock
) -> None:
    """No timer has to run out for that: the clock stands still here."""
    with listening(lambda socket: socket.end("hello")) as server:
        names(NOBODY, "127.0.0.251", "127.0.0.1")
        client = gnet.connect(port_of(server), "somewhere")
        attempts = Attempts(client)
        with guarded("the data"):
            assert b"".join(client) == b"hello"
        assert attempts.seen == [
            ("started", NOBODY),
            ("failed", NOBODY),
            ("started", "127.0.0.251"),
            ("failed", "127.0.0.251"),
            ("started", "127.0.0.1"),
        ]
        assert clock.timers == []


def test_the_addresses_that_were_tried_are_known_afterwards(names: Callable[..., None]) -> None:
    """Those behind the one that worked are not among them."""
    with listening() as server:
        names(NOBODY, "127.0.0.1", "127.0.0.251")
        port = port_of(server)
        client = gnet.connect(port, "somewhere")
        wait_event(client, "connect")
        assert client.auto_select_family_attempted_addresses == [
            f"{NOBODY}:{port}",
            f"127.0.0.1:{port}",
        ]
        client.destroy()


# ---------------------------------------------------------------- slow attempts


def test_an_attempt_that_takes_long_brings_the_next_one_in(
    names: Callable[..., None], slow: dict[str, Any], clock: FakeClock
) -> None:
    """At the exact instant, and it is told."""
    slow["127.0.0.9"] = None
    with listening() as server:
        names("127.0.0.9", "127.0.0.1")
        client = gnet.connect(port_of(server), "somewhere")
        attempts = Attempts(client)
        connected = expect_event(client, "connect")
        wait_event(client, "connectionAttempt")
        settle()
        clock.advance(0.249)
        assert attempts.seen == [("started", "127.0.0.9")]
        clock.advance(0.001)
        connected.wait()
        assert attempts.seen == [
            ("started", "127.0.0.9"),
            ("timeout", "127.0.0.9"),
            ("started", "127.0.0.1"),
        ]
        assert client.remote_address == "127.0.0.1"
        client.destroy()


def test_an_attempt_that_takes_long_can_still_win(
    names: Callable[..., None], slow: dict[str, Any], clock: FakeClock
) -> None:
    """It goes on racing beside the later ones."""
    slow["127.0.0.9"] = slow["127.0.0.10"] = None
    names("127.0.0.9", "127.0.0.10")
    client = gnet.connect(1, "somewhere")
    attempts = Attempts(client)
    wait_event(client, "connectionAttempt")
    settle()
    clock.advance(0.25)
    assert attempts.seen[-1] == ("started", "127.0.0.10")
    connected = expect_event(client, "connect")
    slow["127.0.0.9"]()
    connected.wait()
    assert not client.connecting
    assert clock.timers == []
    client.destroy()


def test_a_later_failure_leaves_the_slow_attempt_its_chance(
    names: Callable[..., None], slow: dict[str, Any], clock: FakeClock
) -> None:
    """There is no error as long as one may win."""
    slow["127.0.0.9"] = None
    names("127.0.0.9", NOBODY)
    client = gnet.connect(1, "somewhere")
    client.on("error", must_not_call())
    failed = expect_event(client, "connectionAttemptFailed")
    wait_event(client, "connectionAttempt")
    settle()
    clock.advance(0.25)
    assert failed.wait()[0] == NOBODY
    settle()
    assert client.connecting
    connected = expect_event(client, "connect")
    slow["127.0.0.9"]()
    connected.wait()
    client.destroy()


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the first attempt that is decided end in a refusal."""
    real = kernel.connect_error
    results = [errno.ECONNREFUSED]
    monkeypatch.setattr(
        "gnet.kernel.connect_error", lambda sock: results.pop() if results else real(sock)
    )


@pytest.mark.usefixtures("refused")
def test_a_failure_while_the_next_attempt_is_announced_does_not_give_up(
    names: Callable[..., None], slow: dict[str, Any], clock: FakeClock
) -> None:
    """A listener that blocks keeps that one from being made, not from counting."""
    slow["127.0.0.9"] = None
    gate = Event()
    with listening() as server:
        names("127.0.0.9", "127.0.0.1")
        client = gnet.connect(port_of(server), "somewhere")
        client.on("error", must_not_call())
        connected = expect_event(client, "connect")
        failed = expect_event(client, "connectionAttemptFailed")
        wait_event(client, "connectionAttempt")
        settle()
        client.once("connectionAttempt", lambda *_: passed(gate))
        clock.advance(0.25)
        slow["127.0.0.9"]()
        failed.wait()
        settle()
        gate.set()
        connected.wait()
        client.destroy()


@pytest.mark.usefixtures("refused")
def test_a_failure_while_a_timeout_is_told_brings_only_one_attempt_in(
    names: Callable[..., None], slow: dict[str, Any], clock: FakeClock
) -> None:
    """The one after that gets its time."""
    addresses = ["127.0.0.9", "127.0.0.10", "127.0.0.11"]
    slow.update(dict.fromkeys(addresses))
    gate = Event()
    names(*addresses)
    client = gnet.connect(1, "somewhere")
    attempts = Attempts(client)
    failed = expect_event(client, "connectionAttemptFailed")
    wait_event(client, "connectionAttempt")
    settle()
    client.once("connectionAttemptTimeout", lambda *_: passed(gate))
    clock.advance(0.25)
    slow["127.0.0.9"]()
    failed.wait()
    settle()
    gate.set()
    settle(2)
    assert [address for what, address in attempts.seen if what == "started"] == addresses[:2]
    clock.advance(0.25)
    assert attempts.seen[-1] == ("started", addresses[2])
    client.destroy()


def test_the_last_address_has_no_timer(
    names: Callable[..., None], slow: dict[str, Any], clock: FakeClock
) -> None:
    """There is nothing to go on with; the kernel decides when it has taken too long."""
    slow["127.0.0.9"] = slow["127.0.0.10"] = None
    names("127.0.0.9", "127.0.0.10")
    client = gnet.connect(1, "somewhere")
    client.on("connectionAttemptTimeout", must_call())
    wait_event(client, "connectionAttempt")
    settle()
    clock.advance(0.25)
    assert clock.timers == []
    clock.advance(60)
    assert client.connecting
    client.destroy()


def test_a_single_address_has_no_timer(
    names: Callable[..., None], slow: dict[str, Any], clock: FakeClock
) -> None:
    """Neither from a name nor as it is."""
    slow["127.0.0.9"] = None
    names("127.0.0.9")
    client = gnet.connect(1, "somewhere")
    wait_event(client, "connectionAttempt")
    settle()
    assert clock.timers == []
    client.destroy()


@pytest.mark.parametrize("moment", [0, 1, 2, 3])
def test_destroy_while_racing_closes_every_attempt(
    moment: int, names: Callable[..., None], slow: dict[str, Any], clock: FakeClock
) -> None:
    """However many are under way."""
    addresses = ["127.0.0.9", "127.0.0.10", "127.0.0.11"]
    slow.update(dict.fromkeys(addresses))
    names(*addresses)
    before = descriptors()
    client = gnet.connect(1, "somewhere")
    client.on("connect", must_not_call())
    if moment:
        wait_event(client, "connectionAttempt")
        settle()
        clock.advance(0.25 * (moment - 1))
    assert descriptors() == before + 2 * moment  # each has its held peer beside it
    closed = expect_event(client, "close")
    client.destroy()
    assert descriptors() == before + moment
    assert clock.timers == []
    closed.wait()


def test_the_winner_closes_the_others(
    names: Callable[..., None], slow: dict[str, Any], clock: FakeClock
) -> None:
    """One connection is left, not three."""
    addresses = ["127.0.0.9", "127.0.0.10", "127.0.0.11"]
    slow.update(dict.fromkeys(addresses))
    names(*addresses)
    before = descriptors()
    client = gnet.connect(1, "somewhere")
    wait_event(client, "connectionAttempt")
    settle()
    clock.advance(0.5)
    assert descriptors() == before + 6
    connected = expect_event(client, "connect")
    slow["127.0.0.10"]()
    connected.wait()
    assert descriptors() == before + 3 + 1
    client.destroy()


def test_two_attempts_decided_in_one_turn_connect_once(
    names: Callable[..., None], slow: dict[str, Any], clock: FakeClock
) -> None:
    """The second of them is closed unseen."""
    slow["127.0.0.9"] = slow["127.0.0.10"] = None
    names("127.0.0.9", "127.0.0.10")
    before = descriptors()
    client = gnet.connect(1, "somewhere")
    connected = must_call()
    client.on("connect", connected)
    wait_event(client, "connectionAttempt")
    settle()
    clock.advance(0.25)
    slow["127.0.0.9"]()
    slow["127.0.0.10"]()
    connected.wait()
    settle()
    assert descriptors() == before + 2 + 1
    client.destroy()


def test_a_full_accept_queue_makes_an_attempt_wait_in_the_kernel(
    names: Callable[..., None], clock: FakeClock
) -> None:
    """The real thing once: the second address answers while the first is still silent."""
    with listening(lambda socket: socket.end("hello")) as server:
        names("127.0.0.2", "127.0.0.1")
        with hanging(port_of(server), "127.0.0.2"):
            client = gnet.connect(port_of(server), "somewhere")
            attempts = Attempts(client)
            wait_event(client, "connectionAttempt")
            settle()
            clock.advance(0.25)
            with guarded("the data"):
                assert b"".join(client) == b"hello"
            assert ("timeout", "127.0.0.2") in attempts.seen


def test_an_idle_timeout_can_end_an_attempt_that_hangs(clock: FakeClock) -> None:
    """The usual way to a limit on connecting."""
    with hanging() as port:
        client = gnet.connect(port, "127.0.0.1", timeout=1000)
        client.on("timeout", must_call(lambda: client.destroy()))
        closed = expect_event(client, "close")
        settle()
        clock.advance(1)
        closed.wait()


# ---------------------------------------------------------------- giving up


def test_when_all_fail_every_error_is_told(names: Callable[..., None]) -> None:
    """In an `AggregateError`, in the order of the attempts."""
    names(NOBODY, "::1", "127.0.0.251")
    client = gnet.connect(1, "somewhere")
    [error] = wait_event(client, "error")
    assert isinstance(error, AggregateError)
    assert [(e.code, e.address) for e in error.errors] == [  # type: ignore[attr-defined]
        ("ECONNREFUSED", NOBODY),
        ("ECONNREFUSED", "::1"),
        ("ECONNREFUSED", "127.0.0.251"),
    ]
    assert error.code == "ECONNREFUSED"
    assert all(isinstance(e, ConnectionRefusedError) for e in error.errors)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups are new in 3.11")
def test_all_errors_together_are_an_exception_group(names: Callable[..., None]) -> None:
    """So that ``except*`` takes them apart."""
    names(NOBODY, "127.0.0.251")
    with (
        pytest.raises(ExceptionGroup) as caught,  # noqa: F821  # new in 3.11
        gnet.connect(1, "somewhere"),
    ):
        pass
    refused, rest = caught.value.split(ConnectionRefusedError)
    assert rest is None
    assert refused is not None
    assert len(refused.exceptions) == 2


def test_a_single_failure_is_told_as_it_is(names: Callable[..., None]) -> None:
    """Without a wrapping."""
    names(NOBODY)
    client = gnet.connect(1, "somewhere")
    [error] = wait_event(client, "error")
    assert isinstance(error, ConnectionRefusedError)


def test_a_lack_of_descriptors_is_told_as_the_attempts_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No socket can be made at all."""

    def none_left(*_: object) -> Any:
        raise OSError(errno.EMFILE, "none left")

    monkeypatch.setattr("gnet.kernel.start_connect", none_left)
    client = gnet.connect(1, "127.0.0.1")
    client.on("connectionAttemptFailed", must_not_call())
    [error] = wait_event(client, "error")
    assert (error.code, error.syscall) == ("EMFILE", "connect")
    assert str(error).endswith("connect EMFILE 127.0.0.1:1 - Local (undefined:undefined)")


def test_many_refused_attempts_leave_no_descriptor(names: Callable[..., None]) -> None:
    """Each closes its socket."""
    names(NOBODY, "127.0.0.251", "127.0.0.252")
    before = descriptors()
    for _ in range(20):
        client = gnet.connect(1, "somewhere")
        wait_event(client, "error")
    settle()
    assert descriptors() == before


# ---------------------------------------------------------------- listeners on the way


@pytest.mark.parametrize(
    "event", ["lookup", "connectionAttempt", "connectionAttemptFailed", "connectionAttemptTimeout"]
)
def test_destroy_in_a_listener_on_the_way_stops_everything(
    event: str, names: Callable[..., None], slow: dict[str, Any], clock: FakeClock
) -> None:
    """No further attempt, no descriptor, one clean 'close'."""
    slow["127.0.0.9"] = None
    names(NOBODY, "127.0.0.9", "127.0.0.251")
    before = descriptors()
    client = gnet.connect(1, "somewhere")
    attempts = Attempts(client)
    client.once(event, must_call(lambda *_: client.destroy()))
    client.on("error", must_not_call())
    closed = expect_event(client, "close")
    if event == "connectionAttemptTimeout":
        while len(attempts.seen) < 3:
            gevent.sleep(0)
        settle()
        clock.advance(0.25)
    closed.wait()
    count = len(attempts.seen)
    clock.advance(5)
    settle()
    assert len(attempts.seen) == count
    slow_ones = [seen for seen in attempts.seen if seen == ("started", "127.0.0.9")]
    assert descriptors() == before + len(slow_ones)  # the held peer of the fake


def test_a_listener_that_blocks_holds_up_no_other_socket(names: Callable[..., None]) -> None:
    """'connectionAttempt' may wait for whatever it likes."""
    gate = Event()
    with listening(lambda socket: socket.end("hello")) as server:
        names("127.0.0.1")
        held = gnet.connect(port_of(server), "somewhere")
        held.on("connectionAttempt", lambda *_: gate.wait() and None)
        other = gnet.connect(port_of(server), "somewhere")
        with guarded("the other's data"):
            assert b"".join(other) == b"hello"
        assert held.connecting
        gate.set()
        with guarded("its data"):
            assert b"".join(held) == b"hello"


def test_what_was_written_while_racing_goes_to_the_winner(
    names: Callable[..., None],
) -> None:
    """Once, and whole."""
    with listening(lambda socket: socket.on("data", socket.write)) as server:
        names(NOBODY, "127.0.0.1")
        client = gnet.connect(port_of(server), "somewhere")
        done = must_call(times=2)
        client.write("one ", done)
        client.write(b"two", None, done)
        client.end()
        with guarded("the echo"):
            assert b"".join(client) == b"one two"


def test_ipv6_loopback_is_connected_to() -> None:
    """With the family and the port of both ends."""
    server = gnet.create_server(lambda socket: socket.end("hello"))
    server.listen(0, "::1")
    wait_event(server, "listening")
    with gnet.connect(port_of(server), "::1") as client:
        wait_event(client, "connect")
        assert (client.remote_family, client.remote_address) == ("IPv6", "::1")
        assert b"".join(client) == b"hello"
    server.close()


def test_a_connection_to_any_address_over_ipv4_shows_a_mapped_one() -> None:
    """The server listens on both families at once."""
    server = gnet.create_server().listen(0)
    connection = expect_event(server, "connection")
    with contextlib.closing(
        gevent.socket.create_connection(("127.0.0.1", port_of(server)))
    ) as peer:
        [socket] = connection.wait()
        assert socket.remote_address == "::ffff:127.0.0.1"
        socket.end("bye")
        assert receive_exactly(peer, 3) == b"bye"
        socket.destroy()
    server.close()


# ---------------------------------------------------------------- resolvers, local ends, lists


def test_a_resolver_may_block(names: Callable[..., None]) -> None:
    """It runs as a task of the socket; connect() has returned, and others go on."""
    gate = Event()

    def lookup(_host: str, _options: Any, answer: Callable[..., object]) -> None:
        with guarded("the gate"):
            gate.wait()
        answer(None, [{"address": "127.0.0.1", "family": 4}])

    with listening(lambda socket: socket.end(b"hello")) as server:
        client = gnet.connect(port_of(server), "somewhere", lookup=lookup)
        assert client.connecting
        with guarded("another client"):
            assert b"".join(gnet.connect(port_of(server), "127.0.0.1")) == b"hello"
        gate.set()
        with guarded("the first client"):
            assert b"".join(client) == b"hello"


def test_what_a_resolver_raises_is_the_sockets_error() -> None:
    """As if it had answered with it."""

    def lookup(*_: Any) -> None:
        raise KeyError("somewhere")

    client = gnet.connect(1, "somewhere", lookup=lookup)
    heard = must_call()
    client.on("lookup", heard)
    [error] = wait_event(client, "error")
    assert isinstance(error, KeyError)
    assert heard.calls == [(error, None, None, "somewhere")]


def test_only_the_first_answer_of_a_resolver_counts() -> None:
    """Whatever it says later."""

    def lookup(_host: str, _options: Any, answer: Callable[..., object]) -> None:
        answer(None, "127.0.0.1", 4)
        answer(OSError("changed its mind"))
        answer(None, "127.0.0.1", 4)

    with listening(lambda socket: socket.end(b"hello")) as server:
        server.on("connection", must_call())
        client = gnet.connect(port_of(server), "somewhere", lookup=lookup, family=4)
        client.on("lookup", must_call())
        with guarded("its data"):
            assert b"".join(client) == b"hello"


def test_an_answer_from_the_hub_runs_no_listener_there() -> None:
    """A resolver may be driven by the loop itself."""
    greenlets: list[Any] = []

    def lookup(_host: str, _options: Any, answer: Callable[..., object]) -> None:
        gevent.get_hub().loop.run_callback(answer, None, "127.0.0.1", 4)

    with listening() as server:
        client = gnet.connect(port_of(server), "somewhere", lookup=lookup, family=4)
        client.on("lookup", lambda *_: greenlets.append(gevent.getcurrent()))
        wait_event(client, "connect")
        assert greenlets[0] is not gevent.get_hub()
        client.destroy()


def test_an_answer_from_another_thread_is_heard_in_the_sockets_own() -> None:
    """Even if the loop is waiting for nothing but that."""
    threads: list[Any] = []
    idle = threading.Event()
    loop = gevent.get_hub().loop
    about_to_wait, one_more_turn = loop.prepare(), loop.timer(0)

    def lookup(_host: str, _options: Any, answer: Callable[..., object]) -> None:
        def resolve() -> None:
            idle.wait(GUARD_S)
            answer(None, "127.0.0.1", 4)

        threading.Thread(target=resolve, daemon=True).start()
        about_to_wait.start(idle.set)
        one_more_turn.start(lambda: None)  # this one is past that already

    with (
        listening() as server,
        contextlib.closing(about_to_wait),
        contextlib.closing(one_more_turn),
    ):
        client = gnet.connect(port_of(server), "somewhere", lookup=lookup, family=4)
        client.on("lookup", lambda *_: threads.append(threading.get_ident()))
        wait_event(client, "connect")
        assert threads == [threading.get_ident()]
        client.destroy()


def test_what_a_resolver_raises_after_its_answer_is_reported_and_ends_the_socket(
    uncaught: list[Any],
) -> None:
    """It answered already; like any other listener that raises."""

    def lookup(_host: str, _options: Any, answer: Callable[..., object]) -> None:
        answer(None, "127.0.0.1", 4)
        raise KeyError("too late")

    client = gnet.connect(1, "somewhere", lookup=lookup, family=4)
    client.on("lookup", must_not_call())
    [error] = wait_event(client, "error")
    assert isinstance(error, KeyError)
    assert [caught for _, _, caught in uncaught] == [error]
    uncaught.clear()


def test_an_answer_after_the_end_is_not_heard() -> None:
    """The socket was destroyed while the resolver was thinking."""
    answers: list[Callable[..., object]] = []
    asked = must_call(lambda _host, _options, answer: answers.append(answer))
    client = gnet.connect(1, "somewhere", lookup=asked)
    client.on("lookup", must_not_call())
    asked.wait()
    client.destroy()
    answers[0](None, [{"address": "127.0.0.1", "family": 4}])
    settle()


@pytest.mark.parametrize("found", [[], "127.0.0.1", None, [None], [{"family": 4}], ["127.0.0.1"]])
def test_an_answer_without_an_address_is_an_error(found: Any) -> None:
    """Of the socket, whatever form it has."""
    client = gnet.connect(1, "x", lookup=lambda _host, _options, answer: answer(None, found))
    [error] = wait_event(client, "error")
    assert error.code == "ERR_INVALID_IP_ADDRESS"


def test_the_process_says_whether_all_addresses_are_tried(names: Callable[..., None]) -> None:
    """Unless the call does."""
    names(NOBODY, "127.0.0.1")
    gnet.set_default_auto_select_family(False)
    try:
        with listening() as server:
            client = gnet.connect(port_of(server), "somewhere")
            [error] = wait_event(client, "error")
            assert error.address == NOBODY
            client = gnet.connect(port_of(server), "somewhere", auto_select_family=True)
            wait_event(client, "connect")
            client.destroy()
    finally:
        gnet.set_default_auto_select_family(True)


@pytest.mark.parametrize(("given", "msecs"), [(None, 250), (400, 400), (3, 10)])
def test_the_next_attempt_starts_after_the_attempt_timeout(
    names: Callable[..., None],
    slow: dict[str, Any],
    clock: FakeClock,
    given: int | None,
    msecs: int,
) -> None:
    """The process's, or the call's, which is never under ten milliseconds."""
    names("127.0.0.1", NOBODY)
    slow["127.0.0.1"] = slow[NOBODY] = None
    client = gnet.connect(1, "somewhere", auto_select_family_attempt_timeout=given)
    wait_event(client, "connectionAttempt")
    settle()
    assert [round(rest * 1000) for rest in clock.pending] == [msecs]
    client.destroy()


def test_a_refused_local_end_leaves_nothing_open() -> None:
    """Neither in use nor foreign."""
    before = descriptors()
    with listening() as server:
        inside = descriptors()
        for local in ({"local_port": port_of(server)}, {"local_address": "203.0.113.5"}):
            client = gnet.connect({"port": 1, "host": "127.0.0.1", **local})
            [error] = wait_event(client, "error")
            assert error.syscall == "bind"
        assert descriptors() == inside
    settle()
    assert descriptors() == before


def test_a_listener_that_raises_on_the_way_leaves_nothing_open(uncaught: list[Any]) -> None:
    """Although a socket was bound already."""

    def fail(*_: Any) -> None:
        raise KeyError("mine")

    before = descriptors()
    client = gnet.connect(port=1, host="127.0.0.1", local_address="127.0.0.1")
    client.on("connectionAttempt", fail)
    wait_event(client, "error")
    settle()
    assert descriptors() == before
    assert len(uncaught) == 1
    uncaught.clear()


def test_a_blocked_address_is_not_connected_to() -> None:
    """Not even for a moment."""
    blocked = gnet.BlockList()
    blocked.add_address("127.0.0.1")
    with listening() as server:
        server.on("connection", must_not_call())
        before = descriptors()
        client = gnet.connect(port_of(server), "127.0.0.1", block_list=blocked)
        [error] = wait_event(client, "error")
        assert (error.code, str(error)) == (
            "ERR_IP_BLOCKED",
            "IP(127.0.0.1) is blocked by net.BlockList",
        )
        assert descriptors() == before


def test_a_bound_socket_is_used_once_or_closed() -> None:
    """Whatever becomes of the socket that adopts it."""
    before = descriptors()
    unused = Socket(handle=gnet.BoundSocket(host="127.0.0.1"))
    unused.destroy()
    blocked = gnet.BlockList()
    blocked.add_address("127.0.0.1")
    client = Socket(handle=gnet.BoundSocket(host="127.0.0.1"), block_list=blocked)
    client.connect(1, "127.0.0.1")
    wait_event(client, "error")
    controller = gnet.AbortController()
    controller.abort()
    aborted = Socket(handle=gnet.BoundSocket(host="127.0.0.1"), signal=controller.signal)
    aborted.on("error", must_call())
    wait_event(aborted, "close")
    settle()
    assert descriptors() == before


def test_a_bound_path_is_removed_with_its_socket(tmp_path: Any) -> None:
    """Nobody else will."""
    server = gnet.create_server().listen(str(tmp_path / "server"))
    wait_event(server, "listening")
    connection = expect_event(server, "connection")
    bound = gnet.BoundSocket(path=str(tmp_path / "client"))
    client = gnet.connect(str(tmp_path / "server"), handle=bound)
    wait_event(client, "connect")
    [socket] = connection.wait()
    assert (tmp_path / "client").exists()
    client.destroy()
    assert not (tmp_path / "client").exists()
    socket.destroy()
    server.close()
