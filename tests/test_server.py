"""`Server`: limits under a storm, pausing, closing, waiting for its end, paths, counts."""

from __future__ import annotations

import contextlib
import contextvars
import os
import socket as stdlib_socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
import pytest
from gevent.event import AsyncResult, Event
from support import (
    FakeClock,
    Pair,
    accept_on,
    accepted,
    expect_event,
    guarded,
    in_thread,
    listening,
    must_call,
    must_not_call,
    raw_connect,
    receive_exactly,
    run_in_hub,
    settle,
    wait_event,
)

import gnet
from gnet import GnetError, Server, Socket, create_server
from gnet.dispatcher import dispatcher

Uncaught = list[tuple[Any, type[BaseException], BaseException]]


def reset(peer: gevent.socket.socket) -> None:
    """Close with an RST instead of a FIN."""
    peer.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def until(condition: Callable[[], object], what: str) -> None:
    """Let the loop turn until the condition holds."""
    with guarded(what):
        while not condition():
            gevent.sleep(0)


@contextlib.contextmanager
def taken_port() -> Iterator[int]:
    """A port on which somebody else listens."""
    with stdlib_socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


# ---------------------------------------------------------------- the limit


def test_a_storm_over_the_limit_is_counted_exactly() -> None:
    """Two hundred at once for twenty places: each is accepted or dropped, never more held."""
    clients, limit = 200, 20
    held: list[int] = []
    tally = {"accepted": 0, "dropped": 0}

    def on_connection(socket: Socket) -> None:
        held.append(server.connections)
        socket.resume()

    with listening(on_connection) as server:
        server.max_connections = limit
        server.on("drop", must_call(times=clients - limit))
        done = Event()
        answered = [0]

        def client() -> None:
            with contextlib.closing(raw_connect(server)) as peer:
                refused = gevent.spawn(peer.recv, 1)
                objects: list[Any] = [refused, done]
                gevent.wait(objects, count=1)
                tally["dropped" if refused.ready() else "accepted"] += 1
                answered[0] += 1
                refused.kill()

        greenlets = [gevent.spawn(client) for _ in range(clients)]
        until(lambda: answered[0] == clients - limit, "the refused ones")
        settle()
        assert server.connections == limit
        done.set()
        with guarded("the clients"):
            gevent.joinall(greenlets, raise_error=True)
        assert tally == {"accepted": limit, "dropped": clients - limit}
        assert max(held) <= limit
        until(lambda: not server.connections, "the places to be free")


def test_a_place_is_free_as_soon_as_a_connection_is_destroyed() -> None:
    """Not a turn later: the next in line is not refused for nothing."""
    with listening() as server:
        server.max_connections = 1
        server.on("drop", must_not_call())
        for _ in range(5):
            with accept_on(server) as pair:
                pair.socket.destroy()
                assert server.connections == 0


def test_places_refill_under_constant_pressure() -> None:
    """Every client comes to its turn in the end, and never more than the limit are served."""
    limit, clients = 5, 60
    now, most = [0], [0]

    def serve(socket: Socket) -> None:
        now[0] += 1
        most[0] = max(most[0], now[0])
        socket.on("close", lambda _: now.__setitem__(0, now[0] - 1))
        socket.on("data", socket.write)

    def client() -> int:
        attempts = 0
        while True:
            attempts += 1
            with contextlib.closing(raw_connect(server)) as peer:
                try:
                    peer.sendall(b"x")
                    if peer.recv(1) == b"x":
                        return attempts
                except ConnectionError:
                    pass  # it was refused before its byte was there
            gevent.sleep(0)

    with listening(serve) as server:
        server.max_connections = limit
        drops: list[object] = []
        server.on("drop", drops.append)
        greenlets = [gevent.spawn(client) for _ in range(clients)]
        with guarded("every client"):
            gevent.joinall(greenlets, raise_error=True)
        assert most[0] <= limit
        until(lambda: len(drops) == sum(g.get() for g in greenlets) - clients, "every 'drop'")


@pytest.mark.parametrize("limit", [0, -1, 0.5, float("inf"), None])
def test_odd_limits_mean_what_their_comparison_says(limit: float | None) -> None:
    """0 or less refuses all, no number and infinity refuse none."""
    with listening() as server:
        server.max_connections = limit
        if limit is None or limit > 0:
            with accept_on(server):
                assert server.connections == 1
        else:
            dropped = expect_event(server, "drop")
            with contextlib.closing(raw_connect(server)) as peer:
                dropped.wait()
                assert receive_exactly(peer, 1) == b""
            assert server.connections == 0


@pytest.mark.parametrize("limit", ["1", object()], ids=["text", "object"])
def test_a_limit_that_is_no_number_never_breaks_the_accept_loop(limit: Any) -> None:
    """It is refused when it is set, or taken as JavaScript's comparison would."""
    with listening() as server:
        with contextlib.suppress(TypeError):
            server.max_connections = limit
        with contextlib.closing(raw_connect(server)):
            until(lambda: server.connections, "the connection")
        until(lambda: not server.connections, "its end")


def test_a_drop_listener_that_raises_is_reported_and_the_server_goes_on(
    uncaught: Uncaught,
) -> None:
    """The refused one is closed all the same."""
    error = RuntimeError("raised in drop")

    def fail(_info: object) -> None:
        raise error

    with listening() as server:
        server.max_connections = 0
        server.on("drop", must_call(fail))
        with contextlib.closing(raw_connect(server)) as peer:
            assert receive_exactly(peer, 1) == b""
        until(lambda: uncaught, "the report")
        server.max_connections = None
        server.remove_all_listeners("drop")
        with accept_on(server):
            assert server.connections == 1
    assert [value for _, _, value in uncaught] == [error]


# ---------------------------------------------------------------- counts


def _end(pair: Pair) -> None:
    pair.socket.resume()
    pair.socket.end()
    pair.peer.close()


def _peer_ends(pair: Pair) -> None:
    pair.socket.resume()
    pair.peer.close()


def _peer_ends_unseen(pair: Pair) -> None:
    pair.peer.close()


def _peer_resets(pair: Pair) -> None:
    pair.socket.on("error", lambda _: None).resume()
    reset(pair.peer)


def _destroyed(pair: Pair) -> None:
    pair.socket.destroy()


def _destroyed_with_error(pair: Pair) -> None:
    pair.socket.on("error", lambda _: None)
    pair.socket.destroy(RuntimeError("enough"))


def _loop_left(pair: Pair) -> None:
    pair.peer.sendall(b"x")
    for _ in pair.socket:
        break


def _with_left(pair: Pair) -> None:
    with pair.socket:
        pass


@pytest.mark.parametrize(
    "finish",
    [
        _end,
        _peer_ends,
        _peer_ends_unseen,
        _peer_resets,
        _destroyed,
        _destroyed_with_error,
        _loop_left,
        _with_left,
    ],
)
def test_every_kind_of_end_is_counted_once(finish: Callable[[Pair], None]) -> None:
    """And the server's 'close' follows the last of them."""
    with listening() as server, accept_on(server) as other:
        with accept_on(server) as pair:
            assert server.connections == 2
            finish(pair)
            until(lambda: server.connections == 1, "the count")
        closed = expect_event(server, "close")
        server.close()
        settle()
        assert not closed.arrived
        other.socket.destroy()
        closed.wait()
        assert server.connections == 0


def test_the_count_is_right_inside_close_of_the_connection() -> None:
    """The place is free when 'close' says so."""
    with listening() as server:
        with accept_on(server) as pair:
            seen: list[int] = []
            pair.socket.on("close", must_call(lambda _: seen.append(server.connections)))
            closed = expect_event(pair.socket, "close")
            pair.socket.destroy()
            closed.wait()
        assert seen == [0]


def test_get_connections_tells_the_count_of_the_call() -> None:
    """Later, and as it was then."""
    with listening() as server, accept_on(server) as pair:
        told = must_call()
        server.get_connections(told)
        assert told.calls == []
        pair.socket.destroy()
        assert told.wait() == [(None, 1)]


# ---------------------------------------------------------------- pausing


def test_a_paused_server_serves_what_waits_after_its_time(clock: FakeClock) -> None:
    """Clients connect into the kernel's queue meanwhile and feel nothing but the delay."""
    with listening(lambda socket: socket.end("hello")) as server:
        server.pause(1000)
        peers = [raw_connect(server) for _ in range(3)]
        clock.advance(0.999)
        assert server.connections == 0
        clock.advance(0.001)
        for peer in peers:
            assert receive_exactly(peer, 5) == b"hello"
            peer.close()


def test_pausing_again_starts_the_time_anew(clock: FakeClock) -> None:
    """The last call counts, be it longer or shorter."""
    with listening() as server:
        server.pause(1000)
        clock.advance(0.5)
        server.pause(2000)
        assert clock.pending == [pytest.approx(2)]
        server.pause(100)
        assert clock.pending == [pytest.approx(0.1)]
        clock.advance(0.1)
        with accept_on(server):
            assert server.connections == 1


def test_a_pause_lasts_a_second_unless_told(clock: FakeClock) -> None:
    """As in the Node that had it."""
    with listening() as server:
        server.pause()
        assert clock.pending == [pytest.approx(1)]


def test_connections_go_on_while_the_server_is_paused(clock: FakeClock) -> None:
    """Only accepting stops."""
    with accepted(lambda socket: socket.on("data", socket.write)) as pair:
        pair.server.pause(1000)
        pair.peer.sendall(b"x")
        assert receive_exactly(pair.peer, 1) == b"x"


def test_closing_a_paused_server_leaves_no_timer(clock: FakeClock) -> None:
    """And what waited in the queue is reset by the kernel."""
    with listening() as server:
        server.pause(1000)
        closed = expect_event(server, "close")
        server.close()
        closed.wait()
        assert clock.timers == []


def test_pausing_a_server_that_does_not_listen_does_nothing(clock: FakeClock) -> None:
    """Neither before nor after."""
    server = create_server()
    server.pause(1000)
    assert clock.timers == []


@pytest.mark.parametrize(
    ("msecs", "kind"),
    [("1", TypeError), (True, TypeError), (-1, ValueError), (float("nan"), ValueError)],
)
def test_an_odd_pause_is_refused_and_changes_nothing(
    msecs: Any, kind: type[Exception], clock: FakeClock
) -> None:
    """The server goes on accepting."""
    with listening() as server:
        with pytest.raises(kind):
            server.pause(msecs)
        with accept_on(server):
            assert clock.timers == []


# ---------------------------------------------------------------- closing


def test_closing_in_a_connection_storm_ends_cleanly() -> None:
    """Those who got in are served; the others are reset; 'close' comes once, after the last."""
    served = [0]

    def serve(socket: Socket) -> None:
        served[0] += 1
        if served[0] == 10:
            server.close()
        socket.end("hello")
        socket.resume()

    outcomes: list[bytes | None] = []

    def client() -> None:
        try:
            with contextlib.closing(gevent.socket.create_connection(where)) as peer:
                outcomes.append(receive_exactly(peer, 5))
        except ConnectionError:
            outcomes.append(None)

    with listening(serve) as server:
        address: Any = server.address()
        where = (address.address, address.port)
        server.on("close", must_call())
        closed = expect_event(server, "close")
        greenlets = [gevent.spawn(client) for _ in range(100)]
        closed.wait()
        with guarded("the clients"):
            gevent.joinall(greenlets, raise_error=True)
        assert outcomes.count(b"hello") == served[0] >= 10
        assert len(outcomes) == 100
        assert server.connections == 0


def test_a_closed_server_can_listen_again() -> None:
    """Once it is over, on the same port."""
    with listening() as server:
        address: Any = server.address()
        closed = expect_event(server, "close")
        server.close()
        closed.wait()
        up = expect_event(server, "listening")
        server.listen(address.port, "127.0.0.1")
        up.wait()
        with accept_on(server):
            assert server.connections == 1


def test_close_while_the_host_is_looked_up_keeps_it_from_listening() -> None:
    """The answer comes too late."""
    server = create_server()
    server.on("listening", must_not_call())
    closed = expect_event(server, "close")
    server.listen(0, "localhost")
    server.close()
    closed.wait()
    settle()
    assert not server.listening


# ---------------------------------------------------------------- serve_forever


def test_serve_forever_returns_when_the_server_has_closed() -> None:
    """After its last connection, too."""
    with listening() as server, accept_on(server) as pair:
        serving = gevent.spawn(server.serve_forever)
        settle()
        server.close()
        settle()
        assert not serving.ready()
        pair.socket.destroy()
        with guarded("the end of serving"):
            serving.get()


def test_serve_forever_raises_what_keeps_it_from_listening() -> None:
    """The address in use is raised, with nobody else to hear it."""
    with taken_port() as port:
        server = create_server().listen(port, "127.0.0.1")
        with pytest.raises(OSError, match="EADDRINUSE") as caught, guarded("the error"):
            server.serve_forever()
        assert caught.value.code == "EADDRINUSE"  # type: ignore[attr-defined]
        assert server.listener_count("error") == 0
        assert server.listener_count("close") == 0


def test_serve_forever_raises_an_error_that_came_before_it_was_called() -> None:
    """Without a host ``listen`` has failed when it returns; the error is not told twice."""
    other = create_server().listen(0)
    address: Any = other.address()
    server = create_server().listen(address.port)
    with pytest.raises(OSError, match="EADDRINUSE"), guarded("the error"):
        server.serve_forever()
    settle()
    other.close()


def test_the_retry_recipe_works_under_serve_forever() -> None:
    """An 'error' listener that closes and listens again keeps it serving."""
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(taken_port())
        server = create_server()
        retries: list[str] = []

        def retry(error: Any) -> None:
            retries.append(error.code)
            if len(retries) == 3:
                stack.close()  # the other one gives the port up
            server.close()
            server.listen(port, "127.0.0.1")

        server.on("error", retry)
        up = expect_event(server, "listening")
        server.listen(port, "127.0.0.1")
        serving = gevent.spawn(server.serve_forever)
        up.wait()
        assert retries == ["EADDRINUSE"] * 3
        assert not serving.ready()
        server.close()
        with guarded("the end of serving"):
            serving.get()


def test_serve_forever_of_a_server_that_never_listened_raises() -> None:
    """It would wait for ever."""
    with pytest.raises(GnetError) as caught:
        create_server().serve_forever()
    assert caught.value.code == "ERR_SERVER_NOT_RUNNING"


def test_serve_forever_in_the_hub_raises() -> None:
    """There nothing may wait."""
    with listening() as server, pytest.raises(GnetError) as caught:
        run_in_hub(server.serve_forever)
    assert caught.value.code == "ERR_HUB_CANNOT_WAIT"


def test_serve_forever_can_be_given_up() -> None:
    """A timeout leaves the server listening, and no listener behind."""
    with listening() as server:
        with pytest.raises(gevent.Timeout), gevent.Timeout(0.01):
            server.serve_forever()
        assert server.listening
        assert server.event_names() == []


# ---------------------------------------------------------------- with


def test_with_closes_and_waits_for_the_last_connection() -> None:
    """Nothing of the server is left after the block."""
    with listening() as server, accept_on(server) as pair:

        def end_later() -> None:
            settle()
            pair.socket.destroy()

        gevent.spawn(end_later)
        with guarded("the end of the block"), server:
            pass
        assert not server.listening
        assert server.connections == 0


def test_with_does_not_wait_after_an_error() -> None:
    """The error is more urgent than the connections."""
    with listening() as server, accept_on(server) as pair:
        with pytest.raises(ZeroDivisionError), server:
            _ = 1 / 0
        assert not server.listening
        assert server.connections == 1
        pair.socket.destroy()


def test_with_of_a_server_that_is_about_to_listen_closes_it() -> None:
    """A block that ends while the host is still looked up leaves no listening server behind."""
    server = create_server()
    try:
        with server.listen(0, "127.0.0.1"):
            pass
        settle()
        assert not server.listening
    finally:
        if server.listening:
            server.close()


# ---------------------------------------------------------------- Unix paths


def test_the_file_goes_with_the_server(tmp_path: Path) -> None:
    """So that the next one can listen there."""
    path = tmp_path / "s"
    for _ in range(2):
        server = create_server().listen(os.fspath(path))
        wait_event(server, "listening")
        assert path.is_socket()
        server.close()
        assert not path.exists()


def test_a_server_removes_the_file_at_its_path_even_if_another_has_replaced_it(
    tmp_path: Path,
) -> None:
    """It knows the name only, as Node's; whoever replaces a socket file takes that risk."""
    path = tmp_path / "s"
    first, second = create_server(), create_server()
    wait_event(first.listen(os.fspath(path)), "listening")
    path.unlink()
    wait_event(second.listen(os.fspath(path)), "listening")
    first.close()
    assert not path.exists()
    second.close()


def test_an_abstract_name_needs_no_file(tmp_path: Path) -> None:
    """It lives as long as its server, and leaves the directory alone."""
    name = f"\0gnet-test-{os.getpid()}"
    server = create_server(lambda socket: socket.end("hello")).listen(name)
    wait_event(server, "listening")
    assert server.address() == name
    with gnet.connect(name) as client:
        assert b"".join(client) == b"hello"
    server.close()
    assert list(tmp_path.iterdir()) == []


def test_a_path_in_use_is_refused_and_its_file_stays(tmp_path: Path) -> None:
    """The one who was there goes on."""
    path = os.fspath(tmp_path / "s")
    first = create_server(lambda socket: socket.end("first")).listen(path)
    wait_event(first, "listening")
    second = create_server()
    error = expect_event(second, "error")
    second.listen(path)
    assert error.wait()[0].code == "EADDRINUSE"
    with gnet.connect(path) as client:
        assert b"".join(client) == b"first"
    first.close()


def test_closing_a_server_that_never_listened_leaves_a_file_alone(tmp_path: Path) -> None:
    """It is somebody else's."""
    path = os.fspath(tmp_path / "s")
    first = create_server().listen(path)
    wait_event(first, "listening")
    second = create_server()
    error = expect_event(second, "error")
    second.listen(path)
    error.wait()
    closed = expect_event(second, "close")
    second.close()
    closed.wait()
    assert os.path.exists(path)
    first.close()


def test_a_path_that_is_too_long_is_told_as_an_error(tmp_path: Path) -> None:
    """Not raised, although Python itself finds it out."""
    server = create_server()
    error = expect_event(server, "error")
    server.listen(os.fspath(tmp_path / ("x" * 200)))
    assert error.wait()[0].code == "EINVAL"


def test_a_server_over_a_path_refuses_above_its_limit(tmp_path: Path) -> None:
    """Unix connections count like others."""
    path = os.fspath(tmp_path / "s")
    server = create_server().listen(path)
    server.max_connections = 0
    server.on("drop", must_call())
    with gnet.connect(path) as client:
        assert list(client) == []
    server.close()


# ---------------------------------------------------------------- listeners


def test_a_connection_listener_that_blocks_delays_no_accept() -> None:
    """Thirty are in their listeners at the same time."""
    gate = Event()
    entered = must_call(lambda socket: gate.wait() and None, times=30)
    with listening(entered) as server:
        peers = [raw_connect(server) for _ in range(30)]
        until(lambda: len(entered.calls) == 30, "all to be in their listeners")
        gate.set()
        entered.wait()
        for peer in peers:
            peer.close()
        until(lambda: not server.connections, "the end of all")


def test_a_listening_listener_that_raises_is_reported_and_the_server_serves(
    uncaught: Uncaught,
) -> None:
    """Nothing is the matter with the socket."""
    error = RuntimeError("raised in listening")

    def fail() -> None:
        raise error

    server = create_server()
    server.listen(0, "127.0.0.1", fail)
    until(lambda: uncaught, "the report")
    with accept_on(server):
        assert server.connections == 1
    server.close()
    assert [value for _, _, value in uncaught] == [error]


def test_a_close_listener_that_raises_is_reported_and_run_returns(uncaught: Uncaught) -> None:
    """The server is over whatever its listeners do."""
    error = RuntimeError("raised in close")

    def fail() -> None:
        raise error

    with listening() as server:
        server.on("close", must_call(fail))
        server.close()
        with guarded("gnet.run()"):
            gnet.run()
    assert [value for _, _, value in uncaught] == [error]


def test_an_error_nobody_listens_for_is_reported_once_without_a_traceback(
    uncaught: Uncaught,
) -> None:
    """``listen`` itself raises nothing."""
    with taken_port() as port:
        server = create_server().listen(port, "127.0.0.1")
        until(lambda: uncaught, "the report")
        settle()
    [(context, _, value)] = uncaught
    assert context is server
    assert value.code == "EADDRINUSE"  # type: ignore[attr-defined]
    assert value.__traceback__ is None


def test_an_accepted_socket_knows_its_server() -> None:
    """As Node's ``socket.server``."""
    with accepted() as pair:
        assert pair.socket.server is pair.server


def test_a_connection_listener_as_decorator_stays_a_function() -> None:
    """It can be called and tested by itself."""
    server = create_server()

    @server.on("connection")
    def greet(socket: Socket) -> str:
        return "hello"

    assert greet(Socket()) == "hello"
    assert server.listeners("connection") == [greet]


def test_create_server_as_decorator_makes_the_server() -> None:
    """The shortest echo server there is."""

    @gnet.create_server
    def server(socket: Socket) -> None:
        socket.end("hello")

    assert isinstance(server, Server)
    assert server.listener_count("connection") == 1


# ---------------------------------------------------------------- contexts


VALUE: contextvars.ContextVar[str] = contextvars.ContextVar("VALUE", default="none")


def test_what_data_listeners_set_stays_with_the_connection() -> None:
    """The next chunk finds it."""
    seen: list[str] = []
    with accepted() as pair:

        def on_data(chunk: bytes) -> None:
            seen.append(VALUE.get())
            VALUE.set(chunk.decode())

        pair.socket.on("data", on_data)
        for chunk in (b"1", b"2", b"3"):
            data = expect_event(pair.socket, "data")
            pair.peer.sendall(chunk)
            data.wait()
    assert seen == ["none", "1", "2"]
    assert VALUE.get() == "none"


# ---------------------------------------------------------------- references


def test_run_waits_for_a_server_that_looks_up_its_host() -> None:
    """It is going to listen."""
    server = create_server()
    server.on("listening", must_call(lambda: server.close()))
    server.listen(0, "127.0.0.1")
    with guarded("gnet.run()"):
        gnet.run()
    assert not server.listening


def test_run_returns_after_a_failed_listen(uncaught: Uncaught) -> None:
    """There is nothing more to come."""
    with taken_port() as port:
        server = create_server()
        server.on("error", must_call())
        server.listen(port, "127.0.0.1")
        with guarded("gnet.run()"):
            gnet.run()
    assert uncaught == []


def test_an_unreferenced_server_listens_again_unreferenced() -> None:
    """``unref`` is about the object."""
    server = create_server().unref()
    server.listen(0, "127.0.0.1")
    wait_event(server, "listening")
    with guarded("gnet.run()"):
        gnet.run()
    server.ref()
    assert dispatcher()._references == 1
    server.close()


# ---------------------------------------------------------------- shown


def test_a_server_shows_where_it_listens_and_how_many_it_has(tmp_path: Path) -> None:
    """In all its states."""
    server = create_server()
    assert repr(server) == "<Server not listening connections=0>"
    server.listen(0, "127.0.0.1")
    assert repr(server) == "<Server resolving connections=0>"
    wait_event(server, "listening")
    address: Any = server.address()
    shown = f"127.0.0.1:{address.port}"
    assert repr(server) == f"<Server listening on {shown} connections=0>"
    with accept_on(server):
        assert repr(server) == f"<Server listening on {shown} connections=1>"
        server.pause(60_000)
        assert repr(server) == f"<Server not accepting on {shown} connections=1>"
        server.close()
        assert repr(server) == "<Server not listening connections=1>"
    path = os.fspath(tmp_path / "s")
    server.listen(path)
    assert repr(server) == f"<Server listening on {path} connections=0>"
    server.close()


def test_a_server_of_another_thread_is_left_alone() -> None:
    """Whatever is done to it from there is refused and does nothing."""
    with listening() as server:

        def meddle() -> str:
            with pytest.raises(GnetError) as caught:
                server.pause(1)
            return caught.value.code

        assert in_thread(meddle) == "ERR_FOREIGN_THREAD"
        with accept_on(server):
            assert server.listening


# ---------------------------------------------------------------- closing within a time


def close_within(server: Server, msecs: float, *args: Any) -> gevent.Greenlet[[], int]:
    """Have another greenlet wait for the end; return once it waits."""
    closing: Any = gevent.spawn(lambda: server.close(*args, timeout=msecs))
    settle()
    return closing  # type: ignore[no-any-return]  # a greenlet's result is Any


def test_close_with_a_timeout_ends_idle_connections_at_once(clock: FakeClock) -> None:
    """Behind what they have written; nobody waits for the time to pass."""
    with listening(lambda socket: socket.resume().write("bye")) as server:
        peers = [raw_connect(server) for _ in range(3)]
        until(lambda: server.connections == 3, "the connections")
        settle()
        closing = close_within(server, 1000, must_call())
        assert not server.listening
        for peer in peers:
            assert receive_exactly(peer, 4) == b"bye"
            peer.close()
        with guarded("the end of close()"):
            assert closing.get() == 0
        assert clock.timers == []
        assert server.event_names() == ["connection"]


def test_close_with_a_timeout_resets_what_is_left_and_says_how_many(clock: FakeClock) -> None:
    """Those that still work, and those whose peers do not answer the end."""
    with (
        listening(allow_half_open=True) as server,
        accept_on(server) as working,
        accept_on(server) as unanswered,
        accept_on(server) as leaving,
    ):
        unanswered.socket.resume()
        settle()
        closing = close_within(server, 1000)
        assert receive_exactly(unanswered.peer, 1) == b""
        leaving.socket.destroy()
        clock.advance(0.9)
        assert not closing.ready()
        clock.advance(0.1)
        with guarded("the end of close()"):
            assert closing.get() == 2
        assert server.connections == 0
        assert working.socket.destroyed
        with pytest.raises(ConnectionResetError):
            working.peer.recv(1)


def test_close_with_a_timeout_ends_a_connection_that_becomes_idle(clock: FakeClock) -> None:
    """What it was about comes to its end first."""
    gate, entered = Event(), Event()

    def work(data: bytes) -> None:
        entered.set()
        gate.wait()
        pair.socket.write(data)

    with accepted() as pair:
        pair.socket.on("data", must_call(work))
        pair.peer.sendall(b"x")
        entered.wait()
        closing = close_within(pair.server, 10_000)
        clock.advance(1)
        assert not pair.socket.writable_ended
        gate.set()
        assert receive_exactly(pair.peer, 1) == b"x"
        clock.advance(0.1)
        assert receive_exactly(pair.peer, 1) == b""
        pair.peer.close()
        with guarded("the end of close()"):
            assert closing.get() == 0


def test_close_with_no_time_resets_at_once() -> None:
    """Zero is a period, too."""
    with accepted() as pair:
        assert pair.server.close(timeout=0) == 1
        with pytest.raises(ConnectionResetError):
            pair.peer.recv(1)


def test_close_with_a_timeout_of_a_server_that_is_not_open_returns_at_once() -> None:
    """Its callback gets the error, as without a timeout."""
    told = must_call()
    assert create_server().close(told, timeout=1000) == 0
    [(error,)] = told.wait()
    assert error.code == "ERR_SERVER_NOT_RUNNING"


def test_close_with_a_timeout_leaves_the_connections_of_the_next_listen_alone(
    clock: FakeClock,
) -> None:
    """They came after the call."""
    with accepted() as old:
        server = old.server
        closing = close_within(server, 1000)
        server.listen(0, "127.0.0.1")
        wait_event(server, "listening")
        with accept_on(server) as new:
            clock.advance(1)
            with guarded("the end of close()"):
                assert closing.get() == 1
            assert old.socket.destroyed
            assert not new.socket.destroyed


def test_closing_within_a_time_can_be_given_up() -> None:
    """The connections stay, and neither timer nor listener does."""
    with accepted() as pair:
        with pytest.raises(gevent.Timeout), gevent.Timeout(0.01):
            pair.server.close(timeout=60_000)
        assert not pair.socket.destroyed
        assert pair.server.event_names() == []


def test_a_close_listener_that_raises_does_not_hold_up_close_within_a_time(
    uncaught: Uncaught,
) -> None:
    """It is reported, and the count returned all the same."""
    error = RuntimeError("raised in close")

    def fail() -> None:
        raise error

    with accepted() as pair:
        pair.server.on("close", must_call(fail))
        with guarded("the end of close()"):
            assert pair.server.close(timeout=0) == 1
        until(lambda: uncaught, "the report")
    assert [value for _, _, value in uncaught] == [error]


@pytest.mark.parametrize(("value", "kind"), [("1", TypeError), (-1, ValueError)])
def test_an_odd_timeout_of_close_is_refused_and_changes_nothing(
    value: Any, kind: type[Exception]
) -> None:
    """The server goes on listening."""
    with listening() as server:
        with pytest.raises(kind):
            server.close(timeout=value)
        assert server.listening


def test_close_with_a_timeout_in_the_hub_raises() -> None:
    """There nothing may wait."""
    with listening() as server:
        with pytest.raises(GnetError) as caught:
            run_in_hub(lambda: server.close(timeout=1))
        assert caught.value.code == "ERR_HUB_CANNOT_WAIT"
        assert server.listening


# ---------------------------------------------------------------- disposing


def test_async_dispose_has_its_result_after_close() -> None:
    """When the last connection has gone."""
    with listening() as server, accept_on(server) as pair:
        disposed = server.async_dispose()
        assert not server.listening
        settle()
        assert not disposed.ready()
        pair.socket.destroy()
        with guarded("the result"):
            assert disposed.get() is None


def test_async_dispose_of_a_server_that_is_not_open_is_there_at_once() -> None:
    """Whether it never listened or is closed."""
    server = create_server()
    assert server.async_dispose().ready()
    wait_event(server.listen(0), "listening")
    first = server.async_dispose()
    assert server.async_dispose().ready()
    with guarded("the result"):
        first.get()


# ---------------------------------------------------------------- for


def test_a_loop_over_a_server_yields_its_connections_until_it_closes() -> None:
    """In the order in which they came; those that wait when it closes are still yielded."""
    with listening() as server:
        peers: list[Any] = []
        ports: list[Any] = []

        def serve() -> None:
            for socket in server:
                ports.append(socket.remote_port)
                if len(ports) == 1:
                    peers.extend(raw_connect(server) for _ in range(2))
                    until(lambda: server.connections == 3, "the connections")
                    settle()
                    server.close()
                socket.destroy()

        serving = gevent.spawn(serve)
        settle()
        peers.append(raw_connect(server))
        with guarded("the end of the loop"):
            serving.get()
        names = [peer.getsockname()[1] for peer in peers]
        assert ports == names
        assert server.event_names() == []
        for peer in peers:
            peer.close()


def test_leaving_the_loop_early_destroys_only_what_it_has_not_yielded() -> None:
    """The server goes on, and so does the connection that was yielded."""
    with listening() as server:
        yielded: list[Socket] = []

        def serve() -> None:
            for socket in server:
                yielded.append(socket)
                until(lambda: server.connections == 2, "the other connection")
                settle()
                break

        serving = gevent.spawn(serve)
        settle()
        with contextlib.closing(raw_connect(server)):
            until(lambda: yielded, "the first connection")
            with contextlib.closing(raw_connect(server)) as other:
                with guarded("the end of the loop"):
                    serving.get()
                assert receive_exactly(other, 1) == b""
            assert not yielded[0].destroyed
            assert server.listening
            assert server.event_names() == []
        yielded[0].destroy()


def test_a_loop_over_a_server_raises_its_error() -> None:
    """It counts as heard."""
    with listening() as server:
        error = RuntimeError("made up")

        def fail() -> None:
            settle()
            server.emit("error", error)

        gevent.spawn(fail)
        with pytest.raises(RuntimeError, match="made up"), guarded("the error"):
            for _ in server:
                pass
        assert server.event_names() == []


def test_a_loop_over_a_server_is_refused_in_the_hub() -> None:
    """There nothing may wait."""
    with listening() as server:
        with pytest.raises(GnetError) as caught:
            run_in_hub(lambda: iter(server))
        assert caught.value.code == "ERR_HUB_CANNOT_WAIT"


def test_a_loop_over_a_server_that_is_not_open_is_refused() -> None:
    """No connection could come, nor an end."""
    server = create_server()
    with pytest.raises(GnetError) as caught:
        iter(server)
    assert caught.value.code == "ERR_SERVER_NOT_RUNNING"
    assert server.event_names() == []


def test_a_loop_over_a_server_that_could_not_listen_raises_why() -> None:
    """The error has not been emitted yet when the loop begins."""
    with listening() as other:
        address: Any = other.address()
        server = create_server().listen(address.port, "127.0.0.1")
        with pytest.raises(OSError, match="EADDRINUSE"), guarded("the error"):
            for _ in server:
                pass
        assert server.event_names() == []


def test_a_loop_over_a_server_has_what_came_before_its_first_step() -> None:
    """It listens as soon as there is an iterator."""
    with listening() as server:
        connections = iter(server)
        with contextlib.closing(raw_connect(server)) as peer:
            until(lambda: server.connections, "the connection")
            settle()
            with guarded("the first step"):
                socket = next(connections)
            assert socket.remote_port == peer.getsockname()[1]
            socket.destroy()
            del connections
            assert server.event_names() == []


@pytest.mark.parametrize(
    "use",
    [
        lambda server: server.get_connections(print),
        lambda server: server.serve_forever(),
        lambda server: iter(server),
        lambda server: gnet.once(server, "connection"),
        lambda server: server.ref(),
        lambda server: server.unref(),
        lambda server: setattr(server, "max_connections", 1),
        lambda server: setattr(server, "no_delay", True),
    ],
    ids=["get_connections", "serve_forever", "iter", "once", "ref", "unref", "limit", "option"],
)
def test_a_server_is_used_by_no_other_thread(use: Any) -> None:
    """Whatever it is about: the error says so, and nothing has changed."""
    with listening() as server:

        def meddle() -> Any:
            with pytest.raises(GnetError) as caught:
                use(server)
            return caught.value.code

        assert in_thread(meddle) == "ERR_FOREIGN_THREAD"
        assert server.event_names() == []
        assert server.max_connections is None


def test_closing_with_a_timeout_rests_though_close_is_emitted_by_hand(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks again each tenth of a second, not all the time."""
    looked = 0
    real = Server._idle_connections

    def look(server: Server) -> list[Socket]:
        nonlocal looked
        looked += 1
        return real(server)

    monkeypatch.setattr(Server, "_idle_connections", look)
    with accepted() as pair:
        closing = close_within(pair.server, 250)
        pair.server.emit("close")
        settle(3)
        assert looked == 2
        clock.advance(0.25)
        with guarded("the end"):
            assert closing.get() == 1
    assert looked == 4


# ---------------------------------------------------------------- close(accept_waiting=True)


@contextlib.contextmanager
def waiting_to_be_accepted(server: Server, count: int) -> Iterator[list[Any]]:
    """Clients that the kernel has connected, and that nobody accepts."""
    server.pause(60_000)
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(contextlib.closing(raw_connect(server))) for _ in range(count)]


def test_closing_behind_those_that_wait_serves_them_first() -> None:
    """The kernel had connected them; without it they are reset. Then 'close' comes, once."""
    with listening(lambda socket: socket.end("served")) as server:
        closed = expect_event(server, "close")
        server.on("close", must_call())
        with waiting_to_be_accepted(server, 150) as peers:  # more than one batch
            assert server.close(accept_waiting=True) is server
            assert not server.listening
            assert [receive_exactly(peer, 7) for peer in peers] == [b"served"] * 150
        closed.wait()
        settle()


def test_closing_otherwise_has_the_kernel_reset_those_that_wait() -> None:
    """As in Node."""
    with listening(must_not_call()) as server, waiting_to_be_accepted(server, 1) as [peer]:
        server.close()
        with pytest.raises(ConnectionResetError):
            peer.recv(1)


def test_those_that_wait_may_be_refused_and_the_server_still_closes() -> None:
    """Of three two are over the limit; or all of them are."""
    for limit in (1, 0):
        with listening(lambda socket: socket.end()) as server:
            server.max_connections = limit
            server.on("drop", must_call(times=3 - limit))
            server.on("close", must_call())
            closed = expect_event(server, "close")
            with waiting_to_be_accepted(server, 3) as peers:
                server.close(accept_waiting=True)
                assert [receive_exactly(peer, 1) for peer in peers] == [b""] * 3
            closed.wait()
            settle()


def test_a_connection_that_its_listener_destroys_does_not_close_the_server_twice() -> None:
    """'close' waits for those that are still to be taken."""
    seen: list[object] = []
    with listening(lambda socket: seen.append(socket.destroy())) as server:
        server.on("close", lambda: seen.append("close"))
        closed = expect_event(server, "close")
        with waiting_to_be_accepted(server, 2):
            server.close(accept_waiting=True)
            closed.wait()
            settle()
    assert len(seen) == 3
    assert seen[-1] == "close"


def test_nobody_waiting_means_a_close_as_ever() -> None:
    """Also of a server that does not listen, which says so."""
    with listening() as server:
        wait_event(server.close(accept_waiting=True), "close")
        told: AsyncResult[Any] = AsyncResult()
        server.close(told.set, accept_waiting=True)
        with guarded("the callback"):
            error: Any = told.get()
        assert error.code == "ERR_SERVER_NOT_RUNNING"


def test_a_timeout_counts_for_those_that_waited_as_well() -> None:
    """They are among the connections that it resets."""
    with (
        listening(lambda socket: socket.pause()) as server,
        waiting_to_be_accepted(server, 2) as peers,
    ):
        assert server.close(timeout=0, accept_waiting=True) == 2
        for peer in peers:
            with pytest.raises(ConnectionResetError):
                peer.recv(1)


def test_a_plain_close_before_they_are_taken_resets_them_after_all() -> None:
    """It counts for all that was not taken yet; the server goes on as if nothing had been."""
    with (
        listening(lambda socket: socket.end("served")) as server,
        waiting_to_be_accepted(server, 2) as old,
    ):
        server.close(accept_waiting=True)
        server.listen(0, "127.0.0.1")
        server.close()
        wait_event(server.listen(0, "127.0.0.1"), "listening")
        for peer in old:
            with pytest.raises(ConnectionResetError):
                peer.recv(1)
        with contextlib.closing(raw_connect(server)) as peer:
            assert receive_exactly(peer, 6) == b"served"
