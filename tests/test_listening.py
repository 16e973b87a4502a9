"""Getting a listening socket: handles and descriptors, options of listen, the accept queue."""

from __future__ import annotations

import contextlib
import os
import socket as stdlib_socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent.socket
import pytest
from support import (
    expect_event,
    guarded,
    listening,
    must_call,
    must_not_call,
    raw_connect,
    receive_exactly,
    settle,
    wait_event,
)

import gnet
from gnet import (
    AbortController,
    AbortSignal,
    BoundSocket,
    GnetError,
    GnetTypeError,
    Server,
    Socket,
    create_server,
    kernel_options,
)


@contextlib.contextmanager
def closing(server: Server) -> Iterator[Server]:
    """Close it in the end, if it is open."""
    try:
        yield server
    finally:
        if server.listening:
            server.close()


def greeting(word: str) -> Callable[[Socket], object]:
    """A listener that tells who it is."""
    return lambda socket: socket.end(word)


def greeted(server: Server) -> bytes:
    """What a client of ``server`` hears."""
    with contextlib.closing(raw_connect(server)) as peer:
        return receive_exactly(peer, 100)


@contextlib.contextmanager
def bound(make: Callable[[], Any] = stdlib_socket.socket, *, listens: bool = True) -> Iterator[Any]:
    """A bare socket on the loopback interface."""
    sock = make()
    try:
        sock.bind(("127.0.0.1", 0))
        if listens:
            sock.listen()
        yield sock
    finally:
        sock.close()


# ---------------------------------------------------------------- handles


@pytest.mark.parametrize("make", [stdlib_socket.socket, gevent.socket.socket])
@pytest.mark.parametrize("listens", [True, False], ids=["listening", "bound"])
def test_a_socket_of_pythons_is_served_and_stays_its_owners(
    make: Callable[[], Any], listens: bool
) -> None:
    """The server has a duplicate: closing the one leaves the other."""
    with bound(make, listens=listens) as sock:
        server = create_server(greeting("hello"))
        server.listen(sock, must_call())
        assert server.listening
        wait_event(server, "listening")
        address: Any = server.address()
        assert address.port == sock.getsockname()[1]
        assert greeted(server) == b"hello"
        server.close()
        assert sock.fileno() >= 0
        assert sock.getsockname()[1] == address.port


def test_the_server_outlives_the_socket_it_was_given() -> None:
    """Whoever opened it can close it at once."""
    with bound() as sock:
        server = create_server(greeting("hello")).listen(handle=sock)
    with closing(server):
        assert greeted(server) == b"hello"


def test_servers_that_share_a_listening_socket_both_accept() -> None:
    """And closing one leaves the other one listening."""
    with listening(greeting("first")) as first:
        with closing(create_server(greeting("second")).listen(first)) as second:
            assert second.address() == first.address()
            first.pause(60_000)
            assert greeted(second) == b"second"
        second.close()
        assert first.listening
    settle()


def test_the_first_of_two_that_share_can_go() -> None:
    """Its descriptor was only one of two."""
    with listening(greeting("first")) as first:
        second = create_server(greeting("second")).listen({"handle": first})
    with closing(second):
        assert greeted(second) == b"second"


def test_a_unix_server_can_be_shared_and_its_file_goes_with_the_first(tmp_path: Path) -> None:
    """Who made the file removes it; the other one does not know its name."""
    path = os.fspath(tmp_path / "s")
    first = create_server().listen(path)
    wait_event(first, "listening")
    with closing(create_server(greeting("second")).listen(first)) as second:
        assert second.address() is None
        first.pause(60_000)
        with gnet.connect(path) as client:
            assert b"".join(client) == b"second"
        first.close()
        assert not os.path.exists(path)
        assert second.listening


def test_a_server_over_a_handle_removes_no_file_of_an_earlier_path(tmp_path: Path) -> None:
    """The path it told once is somebody else's by now."""
    path = tmp_path / "s"
    server = create_server()
    wait_event(server.listen(os.fspath(path)), "listening")
    server.close()
    wait_event(server, "close")
    path.touch()
    with bound() as sock:
        server.listen(sock)
    server.close()
    assert path.exists()


@pytest.mark.parametrize("form", ["Server", "Socket", "socket", "file"])
def test_a_handle_that_is_closed_is_refused(form: str) -> None:
    """As what names no place to listen."""
    sock = stdlib_socket.socket()
    sock.close()
    with open(os.devnull) as file:
        pass
    handle: Any = {"Server": create_server(), "Socket": Socket(), "socket": sock, "file": file}[
        form
    ]
    for args, keywords in (((handle,), {}), ((), {"handle": handle})):
        with pytest.raises(TypeError) as caught:
            create_server().listen(*args, **keywords)
        assert caught.value.code == "ERR_INVALID_ARG_VALUE"  # type: ignore[attr-defined]


class WithDescriptor:
    """Something whose ``fileno`` tells what it is made with."""

    def __init__(self, told: Any) -> None:
        self.told = told

    def fileno(self) -> Any:
        """What a socket would tell its descriptor by."""
        return self.told


class FilenoNoMethod:
    """Something that only looks as if it had a descriptor."""

    fileno = 5


@pytest.mark.parametrize(
    "handle",
    [WithDescriptor("3"), WithDescriptor(True), WithDescriptor(-1), FilenoNoMethod(), BoundSocket],
    ids=["text", "truth", "closed", "no method", "class"],
)
def test_what_has_no_descriptor_is_no_handle(handle: Any) -> None:
    """Nor is a port that stands beside it listened on instead."""
    for args in ((handle,), ({"handle": handle, "port": 0},)):
        server = create_server()
        with pytest.raises(GnetTypeError) as caught:
            server.listen(*args)
        assert caught.value.code == "ERR_INVALID_ARG_VALUE"
        assert not server.listening


def test_a_descriptor_that_there_cannot_be_is_an_invalid_argument() -> None:
    """Told as an error, as for a number given as ``fd``."""
    server = create_server().listen(WithDescriptor(10**12))
    [error] = wait_event(server, "error")
    assert (error.code, error.syscall) == ("EINVAL", "listen")


def test_a_file_as_handle_is_told_as_an_error_and_stays_open() -> None:
    """It has a descriptor, which cannot listen."""
    with open(os.devnull) as file:
        server = create_server()
        error = expect_event(server, "error")
        server.listen(file)
        [reason] = error.wait()
        assert (reason.code, reason.syscall) == ("EINVAL", "listen")
        assert file.fileno() >= 0


# ---------------------------------------------------------------- descriptors


def test_a_descriptor_is_taken_over_and_closed_with_the_server() -> None:
    """Its number is the server's from then on."""
    with bound() as sock:
        fd = sock.detach()
        server = create_server(greeting("hello")).listen(fd=fd)
        assert server.fileno() == fd
        assert greeted(server) == b"hello"
        server.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)
        assert server.fileno() == -1


def test_listen_fd_is_the_same_by_its_old_name() -> None:
    """Node 0.6 had it."""
    with bound() as sock, closing(create_server().listen_fd(os.dup(sock.fileno()))) as server:
        assert server.listening


def _unconnected_datagrams() -> int:
    return stdlib_socket.socket(type=stdlib_socket.SOCK_DGRAM).detach()


def _pair() -> int:
    one, other = stdlib_socket.socketpair()
    other.close()
    return one.detach()


def _pipe() -> int:
    reader, writer = os.pipe()
    os.close(writer)
    return reader


@pytest.mark.parametrize(
    ("make", "code", "closed"),
    [
        (lambda: os.open(os.devnull, os.O_RDONLY), "EINVAL", False),
        (_unconnected_datagrams, "EINVAL", False),
        (_pair, "EINVAL", True),
        (_pipe, "ENOTSOCK", True),
    ],
    ids=["file", "UDP", "connected", "pipe"],
)
def test_a_descriptor_that_cannot_listen_is_told_as_an_error(
    make: Callable[[], int], code: str, closed: bool
) -> None:
    """And closed if it is a stream, as Node does (asked live, in a child process)."""
    fd = make()
    server = create_server()
    server.on("listening", must_not_call())
    error = expect_event(server, "error")
    server.listen({"fd": fd})
    assert not server.listening
    [reason] = error.wait()
    assert (reason.code, reason.syscall) == (code, "listen")
    if closed:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)
    else:
        os.close(fd)


# ---------------------------------------------------------------- options


def test_reuse_port_where_the_system_has_none_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a second server that never gets a connection."""
    monkeypatch.delattr("_socket.SO_REUSEPORT")
    server = create_server()
    error = expect_event(server, "error")
    server.listen(0, "127.0.0.1", reuse_port=True)
    assert error.wait()[0].code == "ENOTSUP"


def test_every_option_can_be_a_keyword(tmp_path: Path) -> None:
    """In Python's spelling."""
    path = tmp_path / "s"
    with closing(create_server()) as server:
        server.listen(
            path=os.fspath(path),
            backlog=5,
            exclusive=True,
            readable_all=True,
            writable_all=True,
            signal=AbortController().signal,
            callback=must_call(),
        )
        assert stat.S_IMODE(path.stat().st_mode) == 0o666
        wait_event(server, "listening")
    with closing(create_server()) as server:
        server.listen(port=0, host="::1", ipv6_only=True, reuse_port=True, exclusive=False)
        wait_event(server, "listening")


def test_a_socket_file_whose_mode_cannot_be_set_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server does not listen with other permissions than asked for."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "not yours")

    monkeypatch.setattr(os, "chmod", refuse)
    server = create_server()
    error = expect_event(server, "error")
    server.listen(path=os.fspath(tmp_path / "s"), readable_all=True)
    assert error.wait()[0].code == "EPERM"
    assert list(tmp_path.iterdir()) == []


def test_a_signal_counts_beside_a_handle() -> None:
    """Where Node ignores it."""
    controller = AbortController()
    with bound() as sock:
        server = create_server().listen(sock, signal=controller.signal)
        closed = expect_event(server, "close")
        controller.abort()
        closed.wait()
        assert not server.listening


def test_a_signal_that_times_out_closes_the_server() -> None:
    """It fires in the hub, and the server's listeners run elsewhere all the same."""
    server = create_server()
    server.on("close", must_call())
    closed = expect_event(server, "close")
    server.listen({"port": 0, "signal": AbortSignal.timeout(1)})
    closed.wait()


def test_a_server_that_has_closed_leaves_no_listener_on_its_signal() -> None:
    """A signal may live as long as the program."""
    signal = AbortController().signal
    with listening() as server:
        server.close()
        wait_event(server, "close")
        server.listen(0, signal=signal)
        closed = expect_event(server, "close")
        server.close()
        closed.wait()
        assert gnet.events.get_event_listeners(signal, "abort") == []


# ---------------------------------------------------------------- the accept queue


def test_the_accept_queue_tells_what_waits_and_how_many_may() -> None:
    """What the kernel has connected and nobody has accepted."""
    with closing(create_server().listen(0, "127.0.0.1", 7)) as server:
        wait_event(server, "listening")
        assert server.accept_queue == (0, 7)
        server.pause(60_000)
        peers = [raw_connect(server) for _ in range(3)]
        queue = server.accept_queue
        assert queue is not None
        assert (queue.length, queue.maximum) == (3, 7)
        for peer in peers:
            peer.close()


def test_the_accept_queue_is_none_where_it_cannot_be_told(tmp_path: Path) -> None:
    """Not listening, or over a path."""
    server = create_server()
    assert server.accept_queue is None
    with closing(server.listen(os.fspath(tmp_path / "s"))):
        assert server.accept_queue is None
    assert server.accept_queue is None


def test_a_connected_socket_has_no_accept_queue() -> None:
    """TCP_INFO tells lost segments there."""
    with listening() as server, contextlib.closing(raw_connect(server)) as peer:
        assert kernel_options.accept_queue(peer.fileno()) is None
        settle()


def test_a_system_without_tcp_info_tells_no_accept_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as macOS, which has another one."""
    monkeypatch.delattr("_socket.TCP_INFO")
    with listening() as server:
        assert server.accept_queue is None


# ---------------------------------------------------------------- references


def test_an_unreferenced_server_does_not_keep_run_waiting() -> None:
    """Whether that was said before it listened or after; taking it back holds again."""
    with closing(create_server().unref().listen(0)) as server, guarded("gnet.run()"):
        gnet.run()
        server.ref().ref().unref()
        gnet.run()
        assert server.listening


def test_listen_of_a_foreign_thread_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thread has servers of its own."""
    server = create_server()
    monkeypatch.setattr(server._dispatcher, "thread", -1)
    with pytest.raises(GnetError) as caught:
        server.listen(0)
    assert caught.value.code == "ERR_FOREIGN_THREAD"


# ---------------------------------------------------------------- bound sockets


def test_a_server_adopts_a_bound_socket_over_a_path_with_its_file(tmp_path: Path) -> None:
    """Only newer Nodes have those: the server tells the path, and removes the file."""
    path = os.fspath(tmp_path / "s")
    with BoundSocket(path=path) as bound_socket:
        server = create_server(greeting("hello")).listen(bound_socket)
        wait_event(server, "listening")
    assert server.address() == path
    with gnet.connect(path) as client:
        assert b"".join(client) == b"hello"
    server.close()
    assert not os.path.exists(path)
