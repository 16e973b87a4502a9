"""A service: connections and how they ended, refusing more, and the drain."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
import pytest
from support import guarded, receive_exactly, settle

from gnet import Server, Socket, create_server
from gnet.serving.addresses import SocketFile, open_listener, parse
from gnet.serving.application import Application, ApplicationError
from gnet.serving.service import Connection, Service


class Recorder:
    """Notes what an observer hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.connections: list[Connection] = []

    def opened(self, connection: Connection) -> None:
        """Note it."""
        self.heard.append("opened")
        self.connections.append(connection)

    def closed(self, connection: Connection) -> None:
        """Note it, and how it ended."""
        self.heard.append(f"closed: {connection.outcome}")


def echo(peer: Socket) -> None:
    """Send back what comes."""
    peer.on("data", peer.write)


def echo_and_hear_errors(socket: Socket) -> None:
    """Send back what comes; that a peer resets is no surprise."""
    socket.on("error", lambda _: None)
    echo(socket)


def close(socket: Socket) -> None:
    """Close at once."""
    socket.destroy()


@contextmanager
def serving(
    target: object = echo, address: str = "tcp://127.0.0.1:0", **options: Any
) -> Iterator[Service]:
    """A service that listens; drained in the end."""
    service = Service(Application(target, "app:target"), **options)
    where = parse(address)
    listener = open_listener(where, 16)
    service.listen(listener, file=SocketFile.of(where))
    try:
        yield service
    finally:
        service.drain(0)


def connected(service: Service, *, blocking: bool = False) -> Any:
    """A client's socket; one that blocks lets nothing else happen meanwhile."""
    module: Any = socket if blocking else gevent.socket
    [endpoint] = service.endpoints
    if endpoint.name.startswith("unix:"):
        peer = module.socket(module.AF_UNIX)
        peer.connect(endpoint.name.removeprefix("unix:"))
        return peer
    return module.create_connection(("127.0.0.1", int(endpoint.name.rsplit(":", 1)[1])), 10)


def is_echoed(peer: Any) -> bool:
    """Whether what is sent comes back."""
    peer.sendall(b"ping")
    return receive_exactly(peer, 4) == b"ping"


def until(condition: Callable[[], object], what: str) -> None:
    """Let greenlets run until it is so."""
    with guarded(what):
        while not condition():
            gevent.sleep(0)


def reset(peer: Any) -> None:
    """Close with an RST."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


# ---------------------------------------------------------------- connections


def half_closed(peer: Any) -> None:
    """End, and read to the end."""
    peer.shutdown(socket.SHUT_WR)
    assert peer.recv(1) == b""


@pytest.mark.parametrize(
    ("target", "act", "options", "outcome"),
    [
        (echo, half_closed, {}, "end"),
        (close, lambda peer: peer.recv(1), {}, "destroy"),
        (echo_and_hear_errors, reset, {}, "ECONNRESET"),
        (echo, lambda peer: peer.recv(1), {"idle_timeout": 0.01}, "idle-timeout"),
    ],
    ids=["end", "destroy", "error", "idle"],
)
def test_an_observer_hears_of_a_connection_and_how_it_ended(
    target: object, act: Callable[[Any], object], options: dict[str, Any], outcome: str
) -> None:
    """Once each; the peer's name and the duration stay known."""
    recorder = Recorder()
    with serving(target, observers=[recorder], **options) as service, connected(service) as peer:
        name = f"127.0.0.1:{peer.getsockname()[1]}"
        if target is not close:
            until(lambda: recorder.connections, "the connection")
            [connection] = recorder.connections
            assert connection.peer == name
        act(peer)
        until(lambda: len(recorder.heard) == 2, "its end")
        assert recorder.heard == ["opened", f"closed: {outcome}"]
        [connection] = recorder.connections
        duration = connection.duration
        assert duration > 0
        assert connection.duration == duration
        assert service.connections == {}


def test_an_observer_hears_of_it_before_the_application() -> None:
    """Also if the server's own listeners came first."""
    recorder = Recorder()

    def make() -> Server:
        return create_server(lambda _: recorder.heard.append("application"))

    with serving(make, observers=[recorder]) as service, connected(service):
        until(lambda: len(recorder.heard) == 2, "both")
        assert recorder.heard == ["opened", "application"]


def test_the_peer_of_a_unix_socket_has_no_name(tmp_path: Path) -> None:
    """It is told that it is one."""
    with serving(address=f"unix:{tmp_path}/s") as service, connected(service) as peer:
        assert is_echoed(peer)
        assert [connection.peer for connection in service.connections.values()] == ["unix"]


def test_more_connections_than_allowed_are_dropped_and_counted() -> None:
    """By the server."""
    with serving(max_connections=1) as service, connected(service) as first:
        assert is_echoed(first)
        with connected(service) as second:
            assert second.recv(1) == b""
        assert service.endpoints[0].dropped.max_connections == 1


def test_a_server_s_own_limit_is_left_alone_unless_there_is_one() -> None:
    """The factory knows best."""

    def make() -> Server:
        server = create_server()
        server.max_connections = 3
        return server

    with serving(make) as service:
        assert service.endpoints[0].server.max_connections == 3
    with serving(make, max_connections=0) as service:
        assert service.endpoints[0].server.max_connections == 0


def test_a_connection_whose_listeners_were_removed_is_forgotten_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With one of the next connections."""
    monkeypatch.setattr("gnet.serving.service._BETWEEN_LOOKS", 0)
    recorder = Recorder()

    def forgetful(socket: Socket) -> None:
        socket.remove_all_listeners()
        echo(socket)

    with serving(forgetful, observers=[recorder]) as service:
        with connected(service) as first:
            assert is_echoed(first)
        until(lambda: service.endpoints[0].server.connections == 0, "its end")
        assert len(service.connections) == 1
        with connected(service) as second:
            assert is_echoed(second)
            assert recorder.heard == ["opened", "closed: end", "opened"]


def test_it_can_be_read_what_it_does() -> None:
    """By who debugs."""
    with serving() as service:
        name = service.endpoints[0].name
        assert repr(service) == f"<Service serving {name} connections=0>"
        service.stop_accepting()
        assert repr(service) == f"<Service draining {name} connections=0>"


def test_what_waits_to_be_accepted_is_known() -> None:
    """Of the kernel's queue."""
    with serving(backlog=7) as service:
        queue = service.endpoints[0].accept_queue
        assert queue is not None
        assert queue.maximum == 7


def test_an_application_that_makes_no_server_is_not_served() -> None:
    """The socket stays the caller's."""
    service = Service(Application(lambda: None, "app:target"))
    with open_listener(parse("tcp://127.0.0.1:0"), 1) as listener:
        with pytest.raises(ApplicationError):
            service.listen(listener)
        assert listener.fileno() >= 0


# ---------------------------------------------------------------- the end


def test_it_waits_until_it_is_told_to_stop() -> None:
    """Or for so many seconds."""
    with serving() as service:
        assert not service.wait(0)
        service.stop()
        assert service.wait()


def test_it_waits_no_longer_than_its_servers_listen() -> None:
    """The application has closed them."""
    with serving() as service:
        service.endpoints[0].server.close()
        with guarded("the end"):
            assert service.wait()


def test_an_error_of_a_server_is_its_end() -> None:
    """And is kept."""
    with serving() as service:
        error = OSError(5, "broken")
        service.endpoints[0].server.emit("error", error)
        assert service.wait(0)
        assert service.failure is error


def test_an_error_that_the_application_listens_for_is_its_own() -> None:
    """The service goes on."""

    def make() -> Server:
        return create_server().on("error", lambda _: None)

    with serving(make) as service:
        service.endpoints[0].server.emit("error", OSError(5, "broken"))
        assert not service.wait(0)
        assert service.failure is None


def test_a_connection_that_nobody_has_accepted_yet_is_served_to_its_end() -> None:
    """It came a moment before the stop; the drain waits for it, too."""
    with serving() as service, connected(service, blocking=True) as peer:
        peer.sendall(b"ping")
        drained = gevent.spawn(service.drain, 10)
        gevent.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            connected(service)
        gevent.socket.wait_read(peer.fileno(), 10)
        assert peer.recv(4) == b"ping"
        assert not drained.ready()
        peer.close()
        with guarded("the drain"):
            assert drained.get() == 0


def test_what_waits_at_a_shared_socket_is_left_to_the_others() -> None:
    """They will serve it longer."""
    service = Service(Application(echo, "app:target"))
    with open_listener(parse("tcp://127.0.0.1:0"), 16) as listener, listener.dup() as another:
        service.listen(listener, shared=True)
        with connected(service, blocking=True):
            assert service.drain(0) == 0
            another.settimeout(10)
            another.accept()[0].close()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:0", "unix:{}/s"])
def test_what_is_left_after_the_drain_is_cut_and_counted(address: str, tmp_path: Path) -> None:
    """TCP peers see a reset, those of a Unix socket an end."""
    recorder = Recorder()
    where = address.format(tmp_path)
    with serving(address=where, observers=[recorder]) as service, connected(service) as peer:
        assert is_echoed(peer)
        assert service.drain(0) == 1
        if where.startswith("unix:"):
            assert peer.recv(1) == b""
        else:
            with pytest.raises(ConnectionResetError):
                peer.recv(1)
        assert recorder.heard == ["opened", "closed: drain-reset"]
    assert list(tmp_path.iterdir()) == []


def write_much(socket: Socket) -> None:
    """Write more than the kernel takes, and end."""
    socket.on("error", lambda _: None)
    socket.end(b"x" * 20_000_000)


def test_an_idle_connection_that_was_not_sent_all_is_reset() -> None:
    """The peer, which did not read, must not take what it has got for all."""
    recorder = Recorder()
    with (
        serving(write_much, idle_timeout=0.1, observers=[recorder]) as service,
        connected(service) as peer,
        guarded("its end"),
    ):
        while "closed: idle-timeout" not in recorder.heard:
            gevent.sleep(0.01)
        with pytest.raises(ConnectionResetError):
            receive_exactly(peer, 20_000_000)
    assert recorder.heard == ["opened", "closed: idle-timeout"]


def test_a_second_stop_ends_the_drain() -> None:
    """Nobody wants to wait any more."""
    with serving() as service, connected(service) as peer:
        assert is_echoed(peer)
        service.stop()
        drained = gevent.spawn(service.drain, 60)
        settle()
        service.stop()
        with guarded("the drain"):
            assert drained.get() == 1


def test_the_drain_ends_with_the_last_connection() -> None:
    """Long before its time is over."""
    with serving() as service, ExitStack() as stack:
        peers = [stack.enter_context(connected(service)) for _ in range(3)]
        assert all(is_echoed(peer) for peer in peers)
        drained = gevent.spawn(service.drain, 60)
        for peer in peers:
            assert is_echoed(peer)
            peer.close()
        with guarded("the drain"):
            assert drained.get() == 0


def test_closing_is_emitted_after_accepting_has_stopped() -> None:
    """By a server that listened; in a greenlet of its own, since a listener may block."""
    heard: list[bool] = []
    with serving() as service:
        server = service.endpoints[0].server
        server.on("closing", lambda: heard.append(server.listening))
        service.stop_accepting()
        assert service.is_draining
        until(lambda: heard, "'closing'")
        service.drain(0)
        assert heard == [False]


def test_a_server_that_is_closed_already_does_not_emit_closing() -> None:
    """The application knows."""
    heard: list[str] = []
    with serving() as service:
        server = service.endpoints[0].server
        server.on("closing", lambda: heard.append("closing"))
        server.close()
        service.drain(0)
        settle()
    assert heard == []
