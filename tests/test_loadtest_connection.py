"""Replies that have an end, however they are cut; deadlines; what the other side may do wrong."""

from __future__ import annotations

import contextlib
import errno
import socket as stdlib_socket
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import gevent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loadtest_peers import Events, Link, host_of, linked_client, listener, reset
from support import (
    GUARD_S,
    Attempt,
    expect_event,
    guarded,
    receive_exactly,
    settle,
    wait_event,
)

from gnet.loadtest.client import MOST_REPLY_BYTES, NetClient
from gnet.loadtest.connection import Until

#: Seconds of a deadline that shall pass; what waits for it must not be kept waiting much longer.
SHORT_S = 0.05


@pytest.fixture(params=["tcp", "unix"])
def link(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Link]:
    """A connected client and its bare peer, over TCP and over a Unix socket."""
    with linked_client(tmp_path / "peer.sock" if request.param == "unix" else None) as made:
        yield made


@pytest.fixture
def tcp() -> Iterator[Link]:
    """A connected client and its bare peer over TCP, for what only TCP has."""
    with linked_client() as made:
        yield made


def until_ended(link: Link) -> None:
    """Wait until the client has noticed that its peer has gone."""
    if not link.client.socket.closed:
        with contextlib.suppress(OSError):
            wait_event(link.client.socket, "close")


# ---------------------------------------------------------------- replies


def counted(data: bytes) -> int:
    """A protocol whose first byte says how many follow."""
    return 1 + data[0]


#: Where a reply may end, by kind, with a reply that ends there and nowhere before.
REPLIES: dict[str, Callable[[bytes], tuple[Until, bytes]]] = {
    "delimiter": lambda body: (b"\r\n", body.replace(b"\r\n", b"") + b"\r\n"),
    "long delimiter": lambda body: (b"aab", body.replace(b"b", b"a") + b"aab"),
    "length": lambda body: (len(body) + 1, body + b"!"),
    "function": lambda body: (counted, bytes([len(body)]) + body),
}


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The data in pieces; places outside count for nothing."""
    inside = sorted({place for place in places if 0 < place < len(data)})
    return [data[a:b] for a, b in zip([0, *inside], [*inside, len(data)], strict=True)]


@pytest.mark.parametrize("kind", REPLIES)
@settings(max_examples=50)
@given(
    body=st.binary(max_size=40) | st.text("ab\r\n", max_size=40).map(str.encode),
    surplus=st.binary(max_size=10),
    places=st.lists(st.integers(1, 60), max_size=6),
)
def test_a_reply_is_the_same_however_it_is_cut(
    kind: str, body: bytes, surplus: bytes, places: list[int]
) -> None:
    """And whatever comes behind its end is told, at once or before the next request."""
    until, expected = REPLIES[kind](body)
    if isinstance(until, bytes):  # the delimiter may end sooner where body and delimiter meet
        expected = expected[: expected.index(until) + len(until)]
    with linked_client() as link:
        call = Attempt(link.client.request, b"?", until)
        receive_exactly(link.peer, 1)
        for piece in cut(expected + surplus, places):
            link.peer.sendall(piece)
            gevent.sleep(0)
        reply = call.outcome()
        if not surplus:
            assert (reply.data, reply.error) == (expected, None)
        elif reply:  # the surplus came too late for this one
            assert reply.data == expected
            link.peer.close()
            until_ended(link)
            late = link.client.expect_close()
            assert (late.data, late.code) == (surplus, "ERR_REPLY_SURPLUS")
        else:
            assert reply.code == "ERR_REPLY_SURPLUS"
            assert reply.data.startswith(expected)
            assert (expected + surplus).startswith(reply.data)


def test_a_reply_may_be_all_that_comes_before_the_end(link: Link) -> None:
    """As in HTTP/1.0: ``until=None``."""
    call = Attempt(link.client.request, b"?", None)
    receive_exactly(link.peer, 1)
    link.peer.sendall(b"all of it")
    link.peer.close()
    reply = call.outcome()
    assert (reply.data, reply.error) == (b"all of it", None)
    assert not link.client.connected


def test_a_reply_that_came_with_the_end_is_still_there_to_be_received(link: Link) -> None:
    """The end of the connection throws nothing away that had come before."""
    link.peer.sendall(b"one\ntwo\nrest")
    link.peer.close()
    until_ended(link)
    assert link.client.receive(b"\n").data == b"one\n"
    assert link.client.receive(b"\n").data == b"two\n"
    assert link.client.receive(None).data == b"rest"


def test_messages_that_came_together_are_received_one_by_one(link: Link) -> None:
    """What is behind the end of one is left for the next."""
    link.peer.sendall(b"one\ntwo\nthree")
    assert link.client.receive(b"\n").data == b"one\n"
    assert link.client.receive(4).data == b"two\n"
    assert link.client.receive(lambda data: len(data) == 5).data == b"three"


def test_a_function_may_say_that_the_reply_is_all_that_has_come(link: Link) -> None:
    """It returns True, and need not count."""
    call = Attempt(link.client.request, b"?", lambda data: data.endswith(b"."))
    receive_exactly(link.peer, 1)
    link.peer.sendall(b"a. b")
    settle()
    link.peer.sendall(b".")
    assert call.outcome().data == b"a. b."


@pytest.mark.parametrize("said", [-1, 0, 2.0, "3", None, []])
def test_a_length_that_cannot_be_is_told_of(link: Link, said: Any) -> None:
    """It is the function's fault, and named so."""
    call = Attempt(link.client.request, b"?", lambda _: said)
    receive_exactly(link.peer, 1)
    link.peer.sendall(b"abc")
    reply = call.outcome()
    assert reply.code == "ERR_INVALID_RETURN_VALUE"
    assert link.events.take()["exception"] is reply.error


def test_what_the_function_raises_is_the_replys_error(link: Link) -> None:
    """The user lives on."""

    def broken(data: bytes) -> bool:
        raise ValueError(f"no reply: {data!r}")

    call = Attempt(link.client.request, b"?", broken)
    receive_exactly(link.peer, 1)
    link.peer.sendall(b"abc")
    reply = call.outcome()
    assert str(reply.error) == "no reply: b'abc'"
    assert reply.data == b"abc"
    assert link.events.take()["exception"] is reply.error
    assert not link.client.connected


def test_a_surplus_reply_is_kept_whole(link: Link) -> None:
    """Who reads the error wants to see the reply and what came behind it."""
    call = Attempt(link.client.request, b"?", b"\n")
    receive_exactly(link.peer, 1)
    link.peer.sendall(b"reply\nsurplus")
    reply = call.outcome()
    assert reply.code == "ERR_REPLY_SURPLUS"
    assert reply.data == b"reply\nsurplus"
    assert link.events.take()["response_length"] == 13


def test_what_came_before_a_request_is_not_its_reply(link: Link) -> None:
    """It is told, and the request not sent."""
    link.peer.sendall(b"unasked\n")
    wait_event(link.client.socket, "data")
    reply = link.client.request(b"?", b"\n")
    assert reply.code == "ERR_REPLY_SURPLUS"
    assert reply.data == b"unasked\n"
    with guarded("the end"):
        assert link.peer.recv(10) == b""


# ---------------------------------------------------------------- the other side's faults


def test_an_end_in_the_middle_of_a_reply_is_told(link: Link) -> None:
    """With what had come by then."""
    call = Attempt(link.client.request, b"?", b"\n")
    receive_exactly(link.peer, 1)
    link.peer.sendall(b"part")
    link.peer.close()
    reply = call.outcome()
    assert (reply.code, reply.data) == ("ERR_CONNECTION_ENDED", b"part")
    assert link.events.take()["exception"] is reply.error


def test_a_reset_in_the_middle_of_a_reply_is_told(tcp: Link) -> None:
    """With what had come by then."""
    call = Attempt(tcp.client.request, b"?", b"\n")
    receive_exactly(tcp.peer, 1)
    tcp.peer.sendall(b"part")
    wait_event(tcp.client.socket, "data")
    reset(tcp.peer)
    reply = call.outcome()
    assert (reply.code, reply.data) == ("ECONNRESET", b"part")
    assert tcp.events.take()["exception"] is reply.error


@pytest.mark.parametrize("operation", ["send", "request", "receive"])
def test_an_end_between_two_operations_is_told_by_the_next(link: Link, operation: str) -> None:
    """Each operation needs a connection, and there is none any more."""
    link.peer.close()
    until_ended(link)
    assert not link.client.connected
    arguments = {"send": (b"?",), "request": (b"?", b"\n"), "receive": (b"\n",)}[operation]
    reply = getattr(link.client, operation)(*arguments)
    assert reply.code == "ERR_CONNECTION_ENDED"
    assert link.events.take()["exception"] is reply.error


@pytest.mark.parametrize("operation", ["send", "request", "receive", "expect_close", "close"])
def test_a_reset_between_two_operations_is_told_by_the_next(tcp: Link, operation: str) -> None:
    """Also by one that only waits for the end: it was no end in good order."""
    reset(tcp.peer)
    until_ended(tcp)
    arguments = {"send": (b"?",), "request": (b"?", b"\n"), "receive": (b"\n",)}
    reply = getattr(tcp.client, operation)(*arguments.get(operation, ()))
    assert reply.code == "ECONNRESET"
    assert tcp.events.take()["exception"] is reply.error


def test_a_reset_that_only_the_write_meets_fails_the_send(tcp: Link) -> None:
    """The kernel refuses at once, before any event says so."""
    reset(tcp.peer)
    reply = tcp.client.send(b"?")
    assert reply.code in ("ECONNRESET", "EPIPE")
    assert tcp.events.take()["exception"] is reply.error


def test_a_flood_that_nobody_asked_for_ends_the_connection(link: Link) -> None:
    """More than the longest reply is not kept; the next request says why there is no connection."""
    flood = Attempt(link.peer.sendall, b"x" * (MOST_REPLY_BYTES + 1))
    until_ended(link)
    flood.outcome()
    assert not link.client.connected
    assert link.client.request(b"?", b"\n").code == "ERR_REPLY_SURPLUS"


def test_a_reply_without_an_end_ends_the_connection(link: Link) -> None:
    """What is looked for must come within the longest reply."""
    call = Attempt(link.client.request, b"?", b"\n")
    receive_exactly(link.peer, 1)
    flood = Attempt(link.peer.sendall, b"x" * (MOST_REPLY_BYTES + 65536))
    reply = call.outcome()
    flood.kill()
    assert reply.code == "ERR_REPLY_TOO_LONG"
    assert len(reply.data) > MOST_REPLY_BYTES
    assert not link.client.connected


def test_a_length_that_was_asked_for_may_be_longer(link: Link) -> None:
    """The limit is for ends that are looked for."""
    size = MOST_REPLY_BYTES + 2**20
    call = Attempt(link.client.request, b"?", size)
    receive_exactly(link.peer, 1)
    with guarded("the reply"):
        link.peer.sendall(b"x" * size)
    assert len(call.outcome().data) == size


# ---------------------------------------------------------------- ends


def test_a_server_that_closes_as_expected_is_no_failure(link: Link) -> None:
    """It is what was waited for."""
    call = Attempt(link.client.expect_close)
    settle()
    link.peer.close()
    assert call.outcome()
    assert not link.client.connected


@pytest.mark.parametrize("operation", ["expect_close", "close"])
def test_a_server_that_has_closed_already_is_no_failure(link: Link, operation: str) -> None:
    """It need not be waited for."""
    link.peer.close()
    until_ended(link)
    assert getattr(link.client, operation)()
    assert link.events.take()["exception"] is None
    assert link.client.socket is None


def test_a_word_before_the_end_is_surplus(link: Link) -> None:
    """Also if it came before the end was waited for."""
    link.peer.sendall(b"wait")
    link.peer.close()
    until_ended(link)
    reply = link.client.expect_close()
    assert (reply.code, reply.data) == ("ERR_REPLY_SURPLUS", b"wait")


def test_no_reply_is_waited_for_once_the_server_has_said_its_last(link: Link) -> None:
    """Though this side has not ended yet, having more to send than is read."""
    ended = expect_event(link.client.socket, "end")
    link.client.socket.write(b"x" * 2**25)
    link.peer.shutdown(stdlib_socket.SHUT_WR)
    ended.wait()
    reply = link.client.receive(1)
    assert reply.code == "ERR_CONNECTION_ENDED"
    assert "before the reply was complete" in str(reply.error)


def test_a_word_in_place_of_the_end_is_surplus(link: Link) -> None:
    """The server was to close without one."""
    call = Attempt(link.client.expect_close)
    settle()
    link.peer.sendall(b"wait")
    reply = call.outcome()
    assert (reply.code, reply.data) == ("ERR_REPLY_SURPLUS", b"wait")


def test_closing_waits_for_the_other_side(link: Link) -> None:
    """And throws away what it still sends."""
    call = Attempt(link.client.close)
    with guarded("the client's end"):
        assert link.peer.recv(10) == b""
    link.peer.sendall(b"goodbye")
    settle()
    assert call.is_waiting
    link.peer.close()
    reply = call.outcome()
    assert (reply.data, reply.error) == (b"", None)
    assert link.client.socket is None


def test_a_reset_in_answer_to_the_close_is_told(tcp: Link) -> None:
    """The other side has thrown something away."""
    call = Attempt(tcp.client.close)
    with guarded("the client's end"):
        assert tcp.peer.recv(10) == b""
    reset(tcp.peer)
    assert call.outcome().code == "ECONNRESET"


# ---------------------------------------------------------------- deadlines


def is_timeout(reply: Any, started: float) -> bool:
    """Whether it failed for its time alone, which had passed by then, and not long ago."""
    assert reply.code == "ETIMEDOUT", reply
    assert reply.error.errno == errno.ETIMEDOUT
    assert isinstance(reply.error, TimeoutError)
    took_s = perf_counter() - started
    return SHORT_S - 0.001 <= took_s < GUARD_S / 2 and reply.response_time <= took_s * 1000


@pytest.mark.parametrize("operation", ["request", "receive", "expect_close", "close"])
def test_a_server_that_never_answers_costs_the_timeout(link: Link, operation: str) -> None:
    """Whatever is waited for."""
    started = perf_counter()
    arguments: dict[str, tuple[Any, ...]] = {"request": (b"?", b"\n"), "receive": (1,)}
    reply = getattr(link.client, operation)(*arguments.get(operation, ()), timeout=SHORT_S)
    assert is_timeout(reply, started)
    assert link.events.take()["exception"] is reply.error
    assert not link.client.connected


def test_a_server_that_drips_does_not_prolong_the_timeout(link: Link) -> None:
    """It is the time of the whole operation."""
    dripping = Attempt(drip, link.peer)
    started = perf_counter()
    reply = link.client.request(b"?", b"\n", timeout=SHORT_S)
    assert is_timeout(reply, started)
    assert set(reply.data) == {ord(".")}
    assert isinstance(dripping.outcome(), OSError)


def drip(peer: gevent.socket.socket) -> None:
    """Send a byte at each turn of the loop, for as long as it can be sent."""
    while True:
        peer.sendall(b".")
        gevent.sleep(0.001)


def test_a_peer_that_never_reads_costs_a_send_the_timeout(link: Link) -> None:
    """The kernel takes some of it, and no more."""
    started = perf_counter()
    reply = link.client.send(b"x" * 2**25, timeout=SHORT_S)
    assert is_timeout(reply, started)
    assert "write" in str(reply.error)


def test_a_send_waits_until_the_kernel_has_taken_all(link: Link) -> None:
    """Which needs a peer that reads."""
    call = Attempt(link.client.send, b"x" * 2**24)
    settle()
    assert call.is_waiting
    assert len(receive_exactly(link.peer, 2**24)) == 2**24
    assert call.outcome()


def test_a_greeting_and_its_connection_have_one_timeout() -> None:
    """The kernel connects, nobody accepts, and nobody greets."""
    started = perf_counter()
    with listener() as sock:
        events = Events()
        client = NetClient(host_of(sock), events)
        reply = client.connect(b"\n", timeout=SHORT_S)
    assert is_timeout(reply, started)
    assert events.take()["exception"] is reply.error
    assert client.socket is None


@pytest.mark.parametrize("seconds", [0, -1])
def test_no_time_at_all_is_a_timeout(link: Link, seconds: float) -> None:
    """And no error of another kind."""
    assert link.client.request(b"?", b"\n", timeout=seconds).code == "ETIMEDOUT"


def test_a_later_operation_may_have_an_earlier_deadline(link: Link) -> None:
    """The connection's one timer is set anew for it."""
    link.peer.sendall(b"1")
    assert link.client.receive(1, timeout=GUARD_S * 100)
    started = perf_counter()
    assert is_timeout(link.client.receive(1, timeout=SHORT_S), started)


def test_an_old_deadline_does_not_end_a_later_operation(link: Link) -> None:
    """When its timer expires, the operation of that moment has time left."""
    link.peer.sendall(b"1")
    assert link.client.receive(1, timeout=SHORT_S)
    call = Attempt(link.client.receive, 1, timeout=GUARD_S)
    with linked_client() as other:  # whose later deadline passes: so the first one has, too
        assert other.client.receive(1, timeout=SHORT_S * 2).code == "ETIMEDOUT"
    assert call.is_waiting
    link.peer.sendall(b"2")
    assert call.outcome().data == b"2"
