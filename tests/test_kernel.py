"""Making kernel sockets: options they get, errors they give, and nothing left open after one."""

from __future__ import annotations

import contextlib
import errno
import os
import socket as stdlib_socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent.socket
import pytest

from gnet import kernel


def code(error: BaseException) -> Any:
    """The stable name of a system error."""
    return getattr(error, "code", None)


@contextlib.contextmanager
def closing(sock: Any) -> Iterator[Any]:
    """Close it in the end."""
    try:
        yield sock
    finally:
        sock.close()


# ---------------------------------------------------------------- TCP


def test_a_listener_without_an_address_takes_both_families() -> None:
    """Over IPv6 with IPv4 mapped into it."""
    with closing(kernel.listen_tcp(None, 0, 0, 16)) as listener:
        assert listener.family == stdlib_socket.AF_INET6
        assert not listener.getsockopt(stdlib_socket.IPPROTO_IPV6, stdlib_socket.IPV6_V6ONLY)
        port = listener.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            with closing(stdlib_socket.create_connection((host, port))):
                connection, _ = listener.accept()
                connection.close()


def test_a_machine_without_ipv6_listens_on_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel says so when the socket is made."""
    real = gevent.socket.socket

    def socket(family: int, *args: Any) -> Any:
        if family == stdlib_socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "no IPv6 here")
        return real(family, *args)

    monkeypatch.setattr(gevent.socket, "socket", socket)
    with closing(kernel.listen_tcp(None, 0, 0, 16)) as listener:
        assert listener.family == stdlib_socket.AF_INET
        assert listener.getsockname()[0] == "0.0.0.0"


def test_a_port_in_use_is_not_tried_on_the_other_family() -> None:
    """It is in use for both; the error is the first one's."""
    with closing(kernel.listen_tcp(None, 0, 0, 16)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(OSError, match="EADDRINUSE") as caught:
            kernel.listen_tcp(None, 0, port, 16)
    error: Any = caught.value
    assert (error.code, error.syscall, error.address, error.port) == (
        "EADDRINUSE",
        "listen",
        "::",
        port,
    )


def test_an_address_of_another_machine_is_refused() -> None:
    """And its socket closed: the ledger would find it."""
    with pytest.raises(OSError, match="EADDRNOTAVAIL") as caught:
        kernel.listen_tcp("192.0.2.1", 4, 0, 16)
    assert str(caught.value) == "listen EADDRNOTAVAIL: address not available 192.0.2.1"


def test_a_port_is_free_again_at_once_after_its_connections() -> None:
    """A server that restarts need not wait for TIME_WAIT."""
    listener = kernel.listen_tcp("127.0.0.1", 4, 0, 16)
    port = listener.getsockname()[1]
    with closing(stdlib_socket.create_connection(("127.0.0.1", port))) as peer:
        connection, _ = listener.accept()
        connection.close()  # the server's side closes first and keeps the port in TIME_WAIT
        assert peer.recv(1) == b""
    listener.close()
    kernel.listen_tcp("127.0.0.1", 4, port, 16).close()


def test_a_listener_is_not_inherited() -> None:
    """By a process that this one starts."""
    with closing(kernel.listen_tcp("127.0.0.1", 4, 0, 16)) as listener:
        assert not os.get_inheritable(listener.fileno())


def test_a_lack_of_descriptors_is_told_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an error of ``listen``, like any other."""

    def none_left(*_: object) -> Any:
        raise OSError(errno.EMFILE, "none left")

    monkeypatch.setattr(gevent.socket, "socket", none_left)
    with pytest.raises(OSError, match="EMFILE") as caught:
        kernel.listen_tcp("127.0.0.1", 4, 0, 16)
    assert code(caught.value) == "EMFILE"


# ---------------------------------------------------------------- Unix


def test_a_unix_listener_makes_a_socket_file(tmp_path: Path) -> None:
    """And `unlink_unix` takes it away, however often."""
    path = tmp_path / "s"
    with closing(kernel.listen_unix(os.fspath(path), 16)):
        assert stat.S_ISSOCK(path.stat().st_mode)
    kernel.unlink_unix(os.fspath(path))
    assert not path.exists()
    kernel.unlink_unix(os.fspath(path))


@pytest.mark.parametrize("stale", [True, False], ids=["stale", "plain file"])
def test_a_file_in_the_way_is_an_address_in_use(stale: bool, tmp_path: Path) -> None:
    """It stays where it is."""
    path = tmp_path / "s"
    if stale:
        kernel.listen_unix(os.fspath(path), 16).close()
    else:
        path.write_text("precious")
    with pytest.raises(OSError, match="EADDRINUSE") as caught:
        kernel.listen_unix(os.fspath(path), 16)
    error: Any = caught.value
    assert (error.code, error.syscall, error.address, error.port) == (
        "EADDRINUSE",
        "listen",
        os.fspath(path),
        -1,
    )
    assert path.exists()


def test_a_directory_that_is_not_there_is_a_denied_permission(tmp_path: Path) -> None:
    """As Node tells it."""
    with pytest.raises(PermissionError) as caught:
        kernel.listen_unix(os.fspath(tmp_path / "nowhere" / "s"), 16)
    assert code(caught.value) == "EACCES"


def test_a_path_longer_than_the_kernel_takes_is_an_invalid_argument(tmp_path: Path) -> None:
    """For listening and connecting."""
    path = os.fspath(tmp_path / ("x" * 120))
    with pytest.raises(OSError, match="EINVAL"):
        kernel.listen_unix(path, 16)
    sock, number = kernel.start_connect(0, path)
    with closing(sock):
        assert number == errno.EINVAL


def test_a_nul_inside_a_path_is_an_invalid_argument(tmp_path: Path) -> None:
    """The kernel would take the path to end there, and make or find another file."""
    path = os.fspath(tmp_path / "name\0more")
    with pytest.raises(OSError, match="EINVAL"):
        kernel.listen_unix(path, 16)
    with pytest.raises(OSError, match="EINVAL"):
        kernel.bind_unix(path)
    sock, number = kernel.start_connect(0, path)
    sock.close()
    assert number == errno.EINVAL
    assert os.listdir(tmp_path) == []


def test_a_nul_inside_an_abstract_name_belongs_to_it() -> None:
    """Such a name is as long as it is."""
    with closing(kernel.listen_unix(f"\0gnet-{os.getpid()}\0one", 16)) as listener:
        assert listener.getsockname() == f"\0gnet-{os.getpid()}\0one".encode()


def test_a_file_is_removed_if_listening_fails_after_binding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that never listened leaves none."""

    class Stubborn(gevent.socket.socket):
        def listen(self, *_: object) -> None:
            raise OSError(errno.EOPNOTSUPP, "not this one")

    monkeypatch.setattr(gevent.socket, "socket", Stubborn)
    with pytest.raises(OSError, match=r"EOPNOTSUPP|ENOTSUP"):
        kernel.listen_unix(os.fspath(tmp_path / "s"), 16)
    assert list(tmp_path.iterdir()) == []


def test_unlinking_an_abstract_name_touches_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is none of that name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "name").write_text("precious")
    kernel.unlink_unix("\0name")
    assert (tmp_path / "name").exists()


# ---------------------------------------------------------------- connecting


def test_a_connection_that_is_begun_does_not_block() -> None:
    """It is decided later, and then the errno is known."""
    with closing(kernel.listen_tcp("127.0.0.1", 4, 0, 16)) as listener:
        sock, number = kernel.start_connect(4, "127.0.0.1", listener.getsockname()[1])
        with closing(sock):
            assert number in (0, errno.EINPROGRESS)
            assert not os.get_blocking(sock.fileno())
            gevent.socket.wait_write(sock.fileno(), timeout=5)
            assert kernel.connect_error(sock) == 0


def test_a_refusal_is_known_when_the_attempt_is_decided() -> None:
    """By its errno."""
    with closing(stdlib_socket.socket()) as holder:
        holder.bind(("127.0.0.1", 0))
        sock, number = kernel.start_connect(4, "127.0.0.1", holder.getsockname()[1])
        with closing(sock):
            if number == errno.EINPROGRESS:
                gevent.socket.wait_write(sock.fileno(), timeout=5)
                number = kernel.connect_error(sock)
            assert number == errno.ECONNREFUSED


@pytest.mark.parametrize("exists", [True, False])
def test_a_path_nobody_listens_at_gives_its_errno(exists: bool, tmp_path: Path) -> None:
    """At once."""
    path = os.fspath(tmp_path / "s")
    if exists:
        kernel.listen_unix(path, 16).close()
    sock, number = kernel.start_connect(0, path)
    with closing(sock):
        assert number == (errno.ECONNREFUSED if exists else errno.ENOENT)


def test_an_ipv6_zone_may_be_a_name() -> None:
    """``lo`` is an interface on Linux; its number is what the kernel wants."""
    with closing(kernel.listen_tcp("::1%lo", 6, 0, 16)) as listener:
        assert listener.getsockname()[0] == "::1"


# ---------------------------------------------------------------- no descriptor left

MAKERS: list[tuple[Callable[[], object], tuple[Any, ...]]] = [
    (lambda: kernel.listen_unix("/nowhere/s", 16), ("listen", "/nowhere/s", -1)),
    (lambda: kernel.bind_unix("/nowhere/s"), ("bind", "/nowhere/s", None)),
    (lambda: kernel.bind_client(4, "127.0.0.1", 80), ("bind", "127.0.0.1", 80)),
]


@pytest.mark.parametrize(("make", "told"), MAKERS, ids=["listen_unix", "bind_unix", "bind_client"])
def test_a_socket_that_cannot_be_made_is_an_error_with_a_code(
    make: Callable[[], object], told: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With syscall and address, as one that cannot be bound."""

    def refuse(*_: Any) -> Any:
        raise OSError(errno.EMFILE, "none left")

    monkeypatch.setattr(gevent.socket, "socket", refuse)
    monkeypatch.setattr("gnet.kernel._socket.socket", refuse)
    with pytest.raises(OSError, match="EMFILE") as caught:
        make()
    error: Any = caught.value
    assert error.code == "EMFILE"
    assert (error.syscall, error.address, getattr(error, "port", None)) == told


#: gevent's os.close() leaves it to the loop, which nothing may wake.
CLOSE_IN_PATCHED_PROCESS = """
from gevent import monkey
monkey.patch_all()
import errno, os
from gnet import kernel
from gnet.dispatcher import dispatcher
dispatcher()
inlet, outlet = os.pipe()
kernel.close(inlet)
try:
    os.fstat(inlet)
except OSError as error:
    assert error.errno == errno.EBADF
    print("closed")
"""


def test_a_descriptor_is_closed_at_once_also_in_a_patched_process() -> None:
    """The peer would see its end only when something else happens."""
    run = subprocess.run(
        [sys.executable, "-c", CLOSE_IN_PATCHED_PROCESS], capture_output=True, text=True, timeout=15
    )
    assert run.stdout == "closed\n", run.stderr
