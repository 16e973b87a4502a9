"""Each operation tells one event, whatever comes of it, and leaves nothing behind."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
import pytest
from gevent.event import Event
from loadtest_peers import Events, Link, echoing, host_at, host_of, linked_client, listener
from locust_unpatched import LocustError, RescheduleTask, StopUser
from support import Attempt, expect_event, listening, passed, receive_exactly, settle

from gnet import Server
from gnet.errors import GnetError, GnetTypeError
from gnet.loadtest.client import NetClient, Reply

#: The operations that wait for the peer, and what they take.
WAITING: dict[str, tuple[Any, ...]] = {
    "send": (b"x" * 2**25,),
    "request": (b"?", b"\n"),
    "receive": (b"\n",),
    "expect_close": (),
    "close": (),
}


@pytest.fixture(params=["tcp", "unix"])
def link(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Link]:
    """A connected client and its bare peer, over TCP and over a Unix socket."""
    with linked_client(tmp_path / "peer.sock" if request.param == "unix" else None) as made:
        yield made


@pytest.fixture
def echo() -> Iterator[Server]:
    """A gnet server that sends back what it gets."""
    with echoing() as server:
        yield server


@pytest.fixture
def client(echo: Server) -> Iterator[NetClient]:
    """A client of the echo server that has not connected yet; its events are in ``events``."""
    made = NetClient(host_at(echo), Events())
    yield made
    made.destroy()


def told(client: NetClient) -> dict[str, Any]:
    """The one event that the client has told since the last time."""
    events: Any = client._request_event
    taken: dict[str, Any] = events.take()
    return taken


def nothing_told(client: NetClient) -> bool:
    """Whether the client has told no event since the last time."""
    events: Any = client._request_event
    return not events.told


# ---------------------------------------------------------------- the event


def test_each_operation_tells_one_event(client: NetClient, echo: Server) -> None:
    """Under the method's name, with the length of what came, and no exception."""
    seen: list[tuple[str, str, int]] = []
    for reply in (
        client.connect(),
        client.request(b"one\n", b"\n"),
        client.send("two"),
        client.receive(3),
        client.close(),
    ):
        event = client._request_event.told[len(seen)]  # type: ignore[attr-defined]
        assert event["response"] is reply
        assert event["exception"] is None
        assert event["response_time"] == reply.response_time > 0
        assert event["start_time"] == reply.start_time > 0
        seen.append((event["request_type"], event["name"], event["response_length"]))
    assert seen == [
        ("TCP", "connect", 0),
        ("TCP", "request", 4),
        ("TCP", "send", 0),
        ("TCP", "receive", 3),
        ("TCP", "close", 0),
    ]
    assert len(client._request_event.told) == 5  # type: ignore[attr-defined]


def test_the_name_and_the_context_are_the_callers(client: NetClient) -> None:
    """Both go with the event."""
    client.connect(name="log in", context={"user": "ann"})
    event = told(client)
    assert (event["name"], event["context"]) == ("log in", {"user": "ann"})


def test_the_users_context_goes_with_each_event_and_yields_to_the_calls(echo: Server) -> None:
    """As in Locust's own clients."""

    class User:
        def context(self) -> dict[str, str]:
            return {"user": "ann", "region": "eu"}

    client = NetClient(host_at(echo), Events(), user=User())
    client.connect(context={"region": "us"})
    client.destroy()
    assert told(client)["context"] == {"user": "ann", "region": "us"}


def test_a_unix_socket_is_another_type_of_request(tmp_path: Path) -> None:
    """Locust shows it in a column of its own."""
    with listener(tmp_path / "a.sock") as sock:
        client = NetClient(host_of(sock), Events())
        assert client.connect()
        client.destroy()
    assert told(client)["request_type"] == "UNIX"


def test_a_greeting_is_the_data_of_the_connection() -> None:
    """It is waited for in the same operation."""
    with listening(lambda socket: socket.write("hello\n")) as server:
        client = NetClient(host_at(server), Events())
        assert client.connect(b"\n").text == "hello\n"
        assert client.close()
    assert [event["response_length"] for event in client._request_event.told] == [6, 0]  # type: ignore[attr-defined]


def test_a_reply_shows_what_it_is() -> None:
    """In a log, and when a test fails."""
    reply = Reply("TCP", "get", b"caf\xe9", None, 1.5, 0.0, {})
    assert repr(reply) == "<Reply TCP get: 4 bytes>"
    assert (bytes(reply), reply.text, reply.code) == (b"caf\xe9", "caf\ufffd", None)
    reply.error = ValueError("wrong")
    assert not reply
    assert repr(reply) == "<Reply TCP get: ValueError('wrong')>"


# ---------------------------------------------------------------- no connection


@pytest.mark.parametrize("host", [None, "127.0.0.1:4000", "http://127.0.0.1:4000"])
def test_a_wrong_host_fails_the_connection(host: str | None) -> None:
    """It is told, with what the host must be, and not raised."""
    client = NetClient(host, Events())
    reply = client.connect()
    assert reply.code == "ERR_INVALID_URL"
    event = told(client)
    assert event["exception"] is reply.error
    assert "tcp://host:port" in str(event["exception"])


def test_a_server_that_is_not_there_fails_the_connection() -> None:
    """Nobody listens at an address that is bound only."""
    with gevent.socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        client = NetClient(host_of(bound), Events())
        reply = client.connect()
    assert reply.code == "ECONNREFUSED"
    assert told(client)["exception"] is reply.error


def test_a_path_that_is_not_there_fails_the_connection(tmp_path: Path) -> None:
    """With the system's code."""
    client = NetClient(f"unix:{tmp_path}/none", Events())
    assert client.connect().code == "ENOENT"
    assert told(client)["request_type"] == "UNIX"


def test_a_path_that_is_a_number_is_no_port(
    echo: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though `gnet.connect` takes a number in a text for one, as Node does."""
    monkeypatch.chdir(tmp_path)
    address: Any = echo.address()
    assert NetClient(f"unix:{address.port}", Events()).connect().code == "ENOENT"


def test_a_full_accept_queue_costs_the_connection_its_timeout() -> None:
    """listen(2): the kernel lets a SYN go unanswered then, which comes again after a second."""
    with listener(backlog=0) as sock:
        host = host_of(sock)
        first = NetClient(host, Events())
        assert first.connect()
        client = NetClient(host, Events(), connection_timeout=0.05)
        reply = client.connect()
        first.destroy()
    assert reply.code == "ETIMEDOUT"
    assert "no answer in time" in str(reply.error)
    assert told(client)["exception"] is reply.error
    assert client.socket is None


def test_a_full_accept_queue_of_a_unix_socket_refuses_at_once(tmp_path: Path) -> None:
    """connect(2): EAGAIN, as a Unix socket has no connection that is under way."""
    with listener(tmp_path / "a.sock", backlog=0) as sock:
        first = NetClient(host_of(sock), Events())
        assert first.connect()
        client = NetClient(host_of(sock), Events())
        assert client.connect().code == "EAGAIN"
        first.destroy()


def test_a_server_at_its_limit_fails_the_greeting() -> None:
    """gnet, as Node, accepts and closes: there is a connection, and no word on it."""
    with listening(lambda socket: socket.write("hello\n")) as server:
        server.max_connections = 1
        first, second = NetClient(host_at(server), Events()), NetClient(host_at(server), Events())
        assert first.connect(b"\n")
        reply = second.connect(b"\n")
        assert first.close()
    assert (reply.code, reply.data) == ("ERR_CONNECTION_ENDED", b"")
    assert told(second)["exception"] is reply.error


def test_a_second_connection_fails_and_takes_the_first_one_along(client: NetClient) -> None:
    """A failed operation leaves no connection behind."""
    client.connect()
    told(client)
    assert client.connect().code == "ERR_ALREADY_CONNECTED"
    assert told(client)["exception"]
    assert not client.connected
    assert client.connect()


@pytest.mark.parametrize("operation", WAITING)
def test_an_operation_without_a_connection_fails(operation: str) -> None:
    """It says what to call first."""
    client = NetClient("tcp://127.0.0.1:1", Events())
    reply = getattr(client, operation)(*WAITING[operation])
    assert reply.code == "ERR_NOT_CONNECTED"
    assert "connect()" in str(reply.error)
    assert told(client)["name"] == operation


def test_a_connection_that_the_server_ended_is_replaced(link: Link) -> None:
    """``connected`` says that it is over, and ``connect`` makes another."""
    closed = expect_event(link.client.socket, "close")
    link.peer.close()
    closed.wait()
    assert not link.client.connected


def test_options_of_the_connection_are_those_of_gnet_connect(echo: Server) -> None:
    """Of the socket as well as of connecting."""
    pending = expect_event(echo, "connection")
    options = {"no_delay": True, "local_address": "127.0.0.2"}
    client = NetClient(host_at(echo), Events(), connect_options=options)
    assert client.connect()
    assert pending.wait()[0].remote_address == "127.0.0.2"
    client.destroy()


def test_an_unknown_option_fails_the_connection(echo: Server) -> None:
    """It is told, with its name."""
    client = NetClient(host_at(echo), Events(), connect_options={"nodelay": True})
    assert "'nodelay'" in str(client.connect().error)
    assert told(client)["exception"]


# ---------------------------------------------------------------- misuse is raised


@pytest.mark.parametrize("until", ["\n", 1.0, True, [b"\n"]])
def test_an_until_of_the_wrong_type_is_raised(link: Link, until: Any) -> None:
    """It is the test's fault, not the server's: nothing is told."""
    with pytest.raises(GnetTypeError) as caught:
        link.client.request(b"?", until)
    assert caught.value.code == "ERR_INVALID_ARG_TYPE"
    assert nothing_told(link.client)
    assert link.client.connected


@pytest.mark.parametrize("until", [b"", 0, -1])
def test_an_until_that_is_nothing_is_raised(link: Link, until: Any) -> None:
    """No reply ends there."""
    with pytest.raises(GnetTypeError) as caught:
        link.client.receive(until)
    assert caught.value.code == "ERR_INVALID_ARG_VALUE"
    assert nothing_told(link.client)


@pytest.mark.parametrize("data", [None, 1, ["x"]])
def test_data_of_the_wrong_type_is_raised(link: Link, data: Any) -> None:
    """It can't be sent."""
    with pytest.raises(GnetTypeError) as caught:
        link.client.send(data)
    assert caught.value.code == "ERR_INVALID_ARG_TYPE"
    assert nothing_told(link.client)


def test_a_second_greenlet_is_refused_while_one_waits(link: Link) -> None:
    """One of the two would wait for ever; so it is raised, and the first one goes on."""
    first = Attempt(link.client.request, b"?", b"\n")
    receive_exactly(link.peer, 1)
    with pytest.raises(GnetError) as caught:
        link.client.request(b"!", b"\n")
    assert caught.value.code == "ERR_CLIENT_BUSY"
    link.peer.sendall(b"reply\n")
    assert first.outcome().data == b"reply\n"
    assert link.events.take()["exception"] is None


def test_a_greenlet_that_waits_fails_when_another_destroys_the_connection(link: Link) -> None:
    """And the server is not blamed."""
    call = Attempt(link.client.request, b"?", b"\n")
    receive_exactly(link.peer, 1)
    link.client.destroy()
    assert call.outcome().code == "ERR_SOCKET_CLOSED"
    link.events.take()


# ---------------------------------------------------------------- stopped, interrupted


@pytest.mark.parametrize("operation", WAITING)
def test_a_user_that_is_stopped_tells_nothing_and_leaves_nothing(
    link: Link, operation: str
) -> None:
    """In the middle of whatever it does."""
    call = Attempt(getattr(link.client, operation), *WAITING[operation])
    settle()
    assert call.is_waiting
    assert isinstance(call.kill(), gevent.GreenletExit)
    assert nothing_told(link.client)
    assert link.client.socket is None


def test_a_user_that_is_stopped_while_connecting_tells_nothing() -> None:
    """Nor does it leave the connection that is under way."""
    with listener(backlog=0) as sock:
        first = NetClient(host_of(sock), Events())
        assert first.connect()
        client = NetClient(host_of(sock), Events())
        call = Attempt(client.connect)
        settle()
        assert call.is_waiting
        assert isinstance(call.kill(), gevent.GreenletExit)
        first.destroy()
    assert nothing_told(client)
    assert client.socket is None


def test_a_user_that_is_stopped_as_its_reply_comes_tells_nothing(link: Link) -> None:
    """The waking that is under way then finds nobody."""
    call = Attempt(link.client.request, b"?", b"\n")
    receive_exactly(link.peer, 1)
    socket = link.client.socket
    socket.prepend_listener("data", lambda _: call.greenlet.kill(block=False))
    link.peer.sendall(b"reply\n")
    assert isinstance(call.outcome(), gevent.GreenletExit)
    assert nothing_told(link.client)
    assert link.client.socket is None


@pytest.mark.parametrize("operation", WAITING)
def test_a_timeout_of_the_callers_is_told_and_goes_on(link: Link, operation: str) -> None:
    """As a failure with a text that is the same each time, by which Locust counts errors."""
    with pytest.raises(gevent.Timeout) as caught, gevent.Timeout(0.02):
        getattr(link.client, operation)(*WAITING[operation])
    error = link.events.take()["exception"]
    assert (error.code, error.errno) == ("ETIMEDOUT", errno.ETIMEDOUT)
    assert error.__cause__ is caught.value
    assert "0x" not in repr(error)
    assert link.client.socket is None


def test_an_exception_that_a_timeout_of_the_callers_raises_goes_on(link: Link) -> None:
    """It is meant for the caller, though it is no `gevent.Timeout`."""
    with pytest.raises(KeyError, match="mine"), gevent.Timeout(0.02, KeyError("mine")):
        link.client.request(b"?", b"\n")
    assert isinstance(link.events.take()["exception"], KeyError)


# ---------------------------------------------------------------- catch_response


def test_a_caught_response_is_told_at_the_end_of_its_block(client: NetClient) -> None:
    """Once, as it went."""
    with client.connect(catch_response=True) as reply:
        assert nothing_told(client)
        assert reply
    assert told(client)["exception"] is None


def test_an_expected_refusal_is_a_success_of_its_own_name() -> None:
    """What the server does at its limit may be what the test is about."""
    with gevent.socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        client = NetClient(host_of(bound), Events())
        with client.connect(catch_response=True) as reply:
            assert reply.code == "ECONNREFUSED"
            reply.name = "connect [refused]"
            reply.context["refused"] = True
            reply.success()
    event = told(client)
    assert (event["name"], event["exception"]) == ("connect [refused]", None)
    assert event["context"] == {"refused": True}


def test_a_wrong_reply_is_made_a_failure(link: Link) -> None:
    """With a text, which Locust wraps as it does its own; the connection stays."""
    link.peer.sendall(b"no\n")
    with link.client.receive(b"\n", catch_response=True) as reply:
        reply.failure(f"not yes: {reply.text!r}")
    assert str(link.events.take()["exception"]) == "not yes: 'no\\n'"
    assert link.client.connected


def test_a_failure_keeps_the_exception_that_it_was_given(client: NetClient) -> None:
    """It is not wrapped."""
    error = ValueError("wrong")
    with client.connect(catch_response=True) as reply:
        reply.failure(error)
    assert told(client)["exception"] is error


def test_a_block_that_raises_is_a_failure_and_raises(client: NetClient) -> None:
    """The event comes first."""
    with pytest.raises(ValueError, match="wrong"), client.connect(catch_response=True):
        raise ValueError("wrong")
    assert isinstance(told(client)["exception"], ValueError)


def test_a_block_whose_time_is_over_is_a_failure_and_raises(client: NetClient) -> None:
    """With the text that a call has whose time is over."""
    with pytest.raises(gevent.Timeout), client.connect(catch_response=True):
        raise gevent.Timeout(1)
    assert told(client)["exception"].code == "ETIMEDOUT"


def test_a_block_that_raises_does_not_hide_what_went_wrong_before(client: NetClient) -> None:
    """The operation's own error is the cause of all that follows."""
    client.host = "wrong"
    with (
        pytest.raises(ValueError, match="no data"),
        client.connect(catch_response=True) as reply,
    ):
        raise ValueError("no data")
    assert told(client)["exception"] is reply.error
    assert reply.code == "ERR_INVALID_URL"


@pytest.mark.parametrize("way_on", [RescheduleTask, StopUser])
def test_a_block_may_be_left_for_the_next_task(client: NetClient, way_on: Any) -> None:
    """That is no error: it is told as it went."""
    with pytest.raises(way_on), client.connect(catch_response=True):
        raise way_on
    assert told(client)["exception"] is None


def test_a_judgement_stands_though_the_block_raises(client: NetClient) -> None:
    """As in Locust's own clients."""

    def use() -> None:
        with client.connect(catch_response=True) as reply:
            reply.success()
            raise ValueError("later")

    with pytest.raises(ValueError, match="later"):
        use()
    assert told(client)["exception"] is None


def test_a_user_that_is_stopped_in_the_block_tells_nothing(client: NetClient) -> None:
    """Its operation is over, and its judgement never comes."""
    inside = Event()

    def use() -> None:
        with client.connect(catch_response=True):
            inside.set()
            Event().wait()

    call = Attempt(use)
    passed(inside)
    call.kill()
    assert nothing_told(client)


@pytest.mark.parametrize("verdict", [Reply.success, lambda reply: reply.failure("wrong")])
def test_a_reply_can_be_judged_in_its_block_only(client: NetClient, verdict: Any) -> None:
    """It was told already, or is told at once."""
    with pytest.raises(LocustError, match="catch_response=True"):
        verdict(client.connect())
    client.destroy()
    with client.connect(catch_response=True) as reply:
        pass
    with pytest.raises(LocustError, match="with block"):
        verdict(reply)


def test_a_reply_that_was_told_has_no_block(client: NetClient) -> None:
    """Whoever forgot ``catch_response=True`` is told so."""
    with pytest.raises(LocustError, match="catch_response=True"), client.connect():
        pytest.fail("the block began")


def test_what_a_listener_raises_to_stop_the_user_goes_through(echo: Server) -> None:
    """Locust lets such exceptions out of its events, and so does the client."""

    class Stopping(Events):
        def fire(self, **meta: Any) -> None:
            super().fire(**meta)
            raise StopUser

    client = NetClient(host_at(echo), Stopping())
    with pytest.raises(StopUser):
        client.connect()
    assert told(client)["exception"] is None
    client.destroy()


@pytest.mark.parametrize("timeout", ["5", float("nan"), [1]])
def test_a_timeout_that_is_no_number_is_a_mistake(timeout: Any) -> None:
    """Of the locustfile's, and no failure of the server's; one that is none would never be over."""
    events = Events()
    client = NetClient("tcp://127.0.0.1:1", events)
    with pytest.raises(GnetError) as caught:
        client.connect(timeout=timeout)
    assert caught.value.code in ("ERR_INVALID_ARG_TYPE", "ERR_OUT_OF_RANGE")
    assert events.told == []


def test_a_users_context_that_raises_costs_no_request() -> None:
    """It is asked before anything is done: what has been done is always told."""

    class User:
        def context(self) -> dict[str, Any]:
            raise KeyError("nobody")

    events = Events()
    with pytest.raises(KeyError):
        NetClient("tcp://127.0.0.1:1", events, user=User()).connect()
    assert events.told == []


def test_the_type_is_known_before_there_is_a_connection() -> None:
    """From the host."""
    events = Events()
    NetClient("unix:/nowhere", events).request(b"a", 1)
    assert [event["request_type"] for event in events.told] == ["UNIX"]
