"""Bound sockets: what binding gives, whose the descriptor is, and what newer Node has."""

from __future__ import annotations

import errno
import os
import socket as stdlib_socket
from pathlib import Path
from typing import Any

import pytest

from gnet import BoundSocket
from gnet.bound import adopt


def code(call: Any, *args: Any, **options: Any) -> Any:
    """The code of the error that a call raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  # the code is what is compared
        call(*args, **options)
    return getattr(caught.value, "code", None)


@pytest.mark.parametrize(
    "bound_with",
    [
        {"host": "::1", "ipv6_only": True, "reuse_port": True},
        {"host": "::1", "ipv6Only": True, "reusePort": True},
    ],
)
def test_a_mapping_may_be_in_either_spelling(bound_with: dict[str, Any]) -> None:
    """And its unknown keys are passed over."""
    with BoundSocket({**bound_with, "other": 1}) as bound:
        sock = stdlib_socket.socket(fileno=os.dup(bound.fileno()))
        with sock:
            assert sock.getsockopt(stdlib_socket.IPPROTO_IPV6, stdlib_socket.IPV6_V6ONLY)
            assert sock.getsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_REUSEPORT)
            assert sock.getsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_REUSEADDR)
            assert not os.get_blocking(sock.fileno())


def test_an_ipv6_socket_takes_ipv4_unless_told_otherwise() -> None:
    """As every listener does."""
    with BoundSocket(host="::") as bound, stdlib_socket.socket(fileno=os.dup(bound.fd())) as sock:
        assert not sock.getsockopt(stdlib_socket.IPPROTO_IPV6, stdlib_socket.IPV6_V6ONLY)


def test_an_unknown_keyword_is_a_typing_error() -> None:
    """Python says so itself."""
    with pytest.raises(TypeError, match="unexpected keyword"):
        BoundSocket(hots="::1")  # type: ignore[call-arg]  # that is the point


def test_a_port_that_is_listened_on_is_in_use() -> None:
    """The error is that of bind, with the port, and its socket is closed."""
    with stdlib_socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(OSError, match="EADDRINUSE") as caught:
            BoundSocket(host="127.0.0.1", port=port)
    error: Any = caught.value
    assert (error.code, error.errno, error.syscall) == ("EADDRINUSE", errno.EADDRINUSE, "bind")
    assert (error.address, error.port) == ("127.0.0.1", port)
    assert str(error) == f"bind EADDRINUSE 127.0.0.1:{port}"


def test_a_machine_without_ipv6_says_so() -> None:
    """The kernel refuses to make the socket, or the address is not there."""
    assert code(BoundSocket, host="2001:db8::1") in ("EADDRNOTAVAIL", "EAFNOSUPPORT")


def test_adopting_takes_the_descriptor() -> None:
    """It stays open, and the object lets go of it."""
    with BoundSocket(host="127.0.0.1") as bound:
        expected = bound.fd()
        where: Any = bound.address()
        fd = adopt(bound)
    with stdlib_socket.socket(fileno=fd) as sock:
        assert fd == expected
        assert sock.getsockname() == ("127.0.0.1", where.port)


@pytest.mark.parametrize("end", [adopt, BoundSocket.close, BoundSocket.dispose])
def test_nothing_works_after_the_end(end: Any) -> None:
    """But dispose, which does nothing then."""
    bound = BoundSocket()
    fd = end(bound)
    for call in (bound.address, bound.fd, bound.fileno, bound.close, lambda: adopt(bound)):
        assert code(call) == "ERR_SOCKET_HANDLE_ADOPTED"
    bound.dispose()
    assert repr(bound) == "<BoundSocket adopted or closed>"
    if fd is not None:
        os.close(fd)


def test_an_error_in_the_block_closes_it() -> None:
    """The ledger would find the descriptor."""
    with pytest.raises(ZeroDivisionError), BoundSocket():
        raise ZeroDivisionError


def test_one_that_is_forgotten_warns() -> None:
    """As any socket of Python's, and is closed by the garbage collector."""
    with pytest.warns(ResourceWarning, match="unclosed"):
        BoundSocket()


def test_the_repr_shows_where_it_is_bound() -> None:
    """And its descriptor."""
    with BoundSocket(host="127.0.0.1") as bound:
        assert repr(bound) == f"<BoundSocket fd={bound.fd()} {bound.address()!r}>"


# ---------------------------------------------------------------- newer Node: paths


def test_a_path_is_bound_and_its_file_removed(tmp_path: Path) -> None:
    """Nobody listens there yet."""
    path = str(tmp_path / "s")
    with BoundSocket(path=path) as bound:
        assert (bound.address(), bound.is_pipe) == (path, True)
        assert os.path.exists(path)
        with stdlib_socket.socket(stdlib_socket.AF_UNIX) as client:
            assert client.connect_ex(path) == errno.ECONNREFUSED
    assert not os.path.exists(path)


def test_an_adopted_path_keeps_its_file(tmp_path: Path) -> None:
    """Removing it is then up to the server."""
    path = str(tmp_path / "s")
    with BoundSocket({"path": path, "host": None}) as bound:
        fd = adopt(bound)
    os.close(fd)
    assert os.path.exists(path)


def test_an_abstract_name_has_no_file() -> None:
    """The NUL in front says so."""
    name = f"\0gnet-{os.getpid()}"
    with BoundSocket(path=name) as bound:
        assert bound.address() == name
        assert code(BoundSocket, path=name) == "EADDRINUSE"


def test_an_address_is_no_pipe() -> None:
    """The property tells the two kinds apart."""
    with BoundSocket() as bound:
        assert bound.is_pipe is False


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"path": 5}, "ERR_INVALID_ARG_TYPE"),
        ({"path": ""}, "ERR_INVALID_ARG_VALUE"),
        ({"path": "/s", "port": 0}, "ERR_INVALID_ARG_VALUE"),
        ({"path": "/s", "host": "::1"}, "ERR_INVALID_ARG_VALUE"),
        ({"path": "/s", "ipv6_only": False}, "ERR_INVALID_ARG_VALUE"),
        ({"path": "/s", "reuse_port": False}, "ERR_INVALID_ARG_VALUE"),
        ({"path": "/nowhere/s"}, "EACCES"),
        ({"path": "/" + "s" * 200}, "EINVAL"),
        ({"path": "/\ud800"}, "EINVAL"),
    ],
)
def test_a_bad_path_is_refused(options: dict[str, Any], expected: str) -> None:
    """Before anything is made, or by the kernel."""
    assert code(BoundSocket, **options) == expected


def test_a_path_in_use_is_refused(tmp_path: Path) -> None:
    """Even if the file is stale; the error names the path, and the file stays."""
    path = str(tmp_path / "s")
    with BoundSocket(path=path):
        with pytest.raises(OSError, match="EADDRINUSE") as caught:
            BoundSocket(path=path)
        assert os.path.exists(path)
    error: Any = caught.value
    assert (error.syscall, error.address) == ("bind", path)
    assert str(error) == f"bind EADDRINUSE {path}"
