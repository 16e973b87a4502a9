"""Addresses: what their texts mean, and what comes to listen there."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gnet.kernel_options import accept_queue
from gnet.serving.addresses import (
    AddressError,
    ListenError,
    SocketFile,
    activated,
    open_listener,
    parse,
    shown,
)


@contextlib.contextmanager
def opened(text: str, backlog: int = 5, *, reuse_port: bool = False) -> Iterator[socket.socket]:
    """A socket that listens at an address; closed in the end."""
    with open_listener(parse(text), backlog, reuse_port=reuse_port) as listener:
        yield listener


def refusal(text: str) -> ListenError:
    """Why nothing can listen at an address."""
    with pytest.raises(ListenError) as caught:
        open_listener(parse(text), 5)
    return caught.value


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("text", "family", "host", "port", "dual_stack"),
    [
        ("tcp://127.0.0.1:80", socket.AF_INET, "127.0.0.1", 80, False),
        ("tcp://localhost:0", socket.AF_INET, "localhost", 0, False),
        ("tcp://:4000", socket.AF_INET6, "::", 4000, True),
        ("tcp://[]:4000", socket.AF_INET6, "::", 4000, True),
        ("tcp://[::]:4000", socket.AF_INET6, "::", 4000, True),
        ("tcp://[0::0]:4000", socket.AF_INET6, "::", 4000, True),
        ("tcp://[::1]:4000", socket.AF_INET6, "::1", 4000, False),
        ("tcp6://[::1]:4000", socket.AF_INET6, "::1", 4000, False),
        ("tcp6://[::]:4000", socket.AF_INET6, "::", 4000, False),
        ("tcp6://:4000", socket.AF_INET6, "::", 4000, False),
        ("tcp6://[fe80::1%lo]:4000", socket.AF_INET6, "fe80::1%lo", 4000, False),
        ("unix:app.sock", socket.AF_UNIX, "app.sock", 0, False),
        ("unix:/run/a b.sock", socket.AF_UNIX, "/run/a b.sock", 0, False),
        ("unix:@app", socket.AF_UNIX, "\0app", 0, False),
        ("fd:3", 0, "", 3, False),
        ("fd://3", 0, "", 3, False),
    ],
)
def test_an_address_is_read(text: str, family: int, host: str, port: int, dual_stack: bool) -> None:
    """Each form gives family, host and port, and keeps its text."""
    address = parse(text)
    assert (address.family, address.host, address.port) == (family, host, port)
    assert address.dual_stack is dual_stack
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4000",
        "127.0.0.1:4000",
        "http://127.0.0.1:4000",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:",
        "tcp://127.0.0.1:http",
        "tcp://127.0.0.1:-1",
        "tcp://127.0.0.1:65536",
        "tcp://127.0.0.1:" + "9" * 5000,  # more than int() reads
        "tcp://127.0.0.1:80/",
        "tcp://::1:4000",
        "tcp://[127.0.0.1]:4000",
        "tcp6://localhost:4000",
        "tcp6://127.0.0.1:4000",
        "unix:",
        "unix:a\0b",
        "fd:",
        "fd:x",
        "fd:-1",
        "fd:4294967299",  # 3, if cut to an int
    ],
)
def test_what_is_no_address_is_refused_in_one_line(text: str) -> None:
    """The text is in it, and it is one line."""
    with pytest.raises(AddressError) as caught:
        parse(text)
    assert repr(text) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_a_unix_socket_with_a_path_has_a_file() -> None:
    """Neither an abstract one nor any other."""
    assert parse("unix:/run/app.sock").file == "/run/app.sock"
    assert [parse(text).file for text in ("unix:@app", "fd:3", "tcp://:1")] == [None] * 3


# ---------------------------------------------------------------- systemd


def test_the_sockets_of_systemd_are_those_from_three_on() -> None:
    """As many as LISTEN_FDS says, sd_listen_fds(3)."""
    environ = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2"}
    assert [str(address) for address in activated(environ)] == ["fd:3", "fd:4"]


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"LISTEN_FDS": "1"},
        {"LISTEN_FDS": "1", "LISTEN_PID": "1"},
        {"LISTEN_FDS": "x", "LISTEN_PID": str(os.getpid())},
        {"LISTEN_PID": str(os.getpid())},
    ],
)
def test_sockets_for_another_process_are_not_taken(environ: dict[str, str]) -> None:
    """LISTEN_PID says for whom they are."""
    assert activated(environ) == []


# ---------------------------------------------------------------- listening


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("tcp://127.0.0.1:0", "tcp://127.0.0.1:{}"),
        ("tcp://:0", "tcp://[::]:{}"),
        ("tcp6://:0", "tcp6://[::]:{}"),
        ("tcp6://[::1]:0", "tcp6://[::1]:{}"),
    ],
)
def test_where_it_listens_is_shown_with_the_real_port(text: str, pattern: str) -> None:
    """What is shown is an address that means the same."""
    with opened(text) as listener:
        port = listener.getsockname()[1]
        assert port
        assert shown(listener) == pattern.format(port)
        same = parse(shown(listener))
        assert (same.family, same.dual_stack) == (parse(text).family, parse(text).dual_stack)


@pytest.mark.parametrize(("text", "is_served"), [("tcp://:0", True), ("tcp6://:0", False)])
def test_any_address_is_also_an_ipv4_one_unless_ipv6_is_asked_for(
    text: str, is_served: bool
) -> None:
    """``tcp://:PORT`` is both, ``tcp6://`` is IPv6 alone."""
    with opened(text) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("::1", port), 5):
            pass
        with socket.socket() as peer:
            assert (peer.connect_ex(("127.0.0.1", port)) == 0) is is_served


def test_a_name_may_stand_for_an_ipv6_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first address of the name counts, of either family."""
    found = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 0, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found)
    with opened("tcp://localhost:0") as listener:
        assert listener.getsockname()[0] == "::1"


def test_without_ipv6_any_address_is_an_ipv4_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container without it."""
    make = socket.socket

    def without_ipv6(family: int = socket.AF_INET, *rest: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
        return make(family, *rest)

    monkeypatch.setattr(socket, "socket", without_ipv6)
    listener = open_listener(parse("tcp://:0"), 5)
    monkeypatch.undo()
    with listener:
        assert shown(listener).startswith("tcp://0.0.0.0:")


def test_the_backlog_is_the_kernel_s() -> None:
    """It is given to listen(2)."""
    with opened("tcp://127.0.0.1:0", 7) as listener:
        queue = accept_queue(listener.fileno())
        assert queue is not None
        assert queue.maximum == 7


def test_a_port_in_use_is_refused_with_its_code() -> None:
    """In one line, with the address and the system's name for it."""
    with opened("tcp://127.0.0.1:0") as listener:
        error = refusal(shown(listener))
    assert error.errno == errno.EADDRINUSE
    assert str(error).startswith("cannot listen on tcp://127.0.0.1:")
    assert str(error).endswith(": address already in use (EADDRINUSE)")


def test_a_port_in_use_on_any_address_is_not_taken_over_ipv4_alone() -> None:
    """Falling back is for machines without IPv6."""
    with opened("tcp://:0") as listener:
        assert refusal(f"tcp://:{listener.getsockname()[1]}").errno == errno.EADDRINUSE


def test_with_reuse_port_two_may_listen() -> None:
    """SO_REUSEPORT, which both need."""
    with (
        opened("tcp://127.0.0.1:0", reuse_port=True) as first,
        opened(shown(first), reuse_port=True) as second,
    ):
        assert second.getsockname() == first.getsockname()


@pytest.mark.parametrize("text", ["tcp://nowhere.invalid:1", "tcp://a..b:1", "tcp://192.0.2.1:0"])
def test_a_name_that_is_none_is_a_listen_error(text: str) -> None:
    """Neither the resolver's errors nor the encoder's get through."""
    assert str(refusal(text)).startswith(f"cannot listen on {text}: ")


# ---------------------------------------------------------------- Unix sockets


def test_a_unix_socket_is_shown_with_its_path(tmp_path: Path) -> None:
    """As it was given."""
    with opened(f"unix:{tmp_path}/s") as listener:
        assert shown(listener) == f"unix:{tmp_path}/s"


def test_an_abstract_unix_socket_has_no_file() -> None:
    """A name in front of which an @ stands for the NUL."""
    text = f"unix:@gnet-test-{os.getpid()}"
    with opened(text) as listener:
        assert shown(listener) == text
        assert SocketFile.of(parse(text)) is None
        assert refusal(text).errno == errno.EADDRINUSE


def test_the_file_of_a_dead_unix_socket_is_replaced(tmp_path: Path) -> None:
    """Nobody listens there any more: its process was killed."""
    with opened(f"unix:{tmp_path}/s"):
        pass
    assert (tmp_path / "s").exists()
    with opened(f"unix:{tmp_path}/s"), socket.socket(socket.AF_UNIX) as peer:
        peer.connect(f"{tmp_path}/s")


def test_the_file_of_a_live_unix_socket_is_left_alone(tmp_path: Path) -> None:
    """``EADDRINUSE``, and who listens there goes on."""
    with opened(f"unix:{tmp_path}/s"):
        assert refusal(f"unix:{tmp_path}/s").errno == errno.EADDRINUSE
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(f"{tmp_path}/s")


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    """Whatever it is, it is not ours."""
    (tmp_path / "s").write_text("precious")
    assert refusal(f"unix:{tmp_path}/s").errno == errno.EADDRINUSE
    assert (tmp_path / "s").read_text() == "precious"


def test_a_path_that_is_too_long_is_a_listen_error(tmp_path: Path) -> None:
    """Python's own error has no code."""
    assert str(refusal(f"unix:{tmp_path}/{'s' * 200}")).endswith("AF_UNIX path too long")


def test_a_socket_s_file_is_removed_also_from_another_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path is that of the beginning."""
    monkeypatch.chdir(tmp_path)
    with opened("unix:s"):
        file = SocketFile.of(parse("unix:s"))
        assert file is not None
        monkeypatch.chdir("/")
        file.remove()
        assert not (tmp_path / "s").exists()
        file.remove()  # once more is once too often, and does nothing


def test_a_successor_s_file_is_not_removed(tmp_path: Path) -> None:
    """Whoever has replaced the file has it for good."""
    path = tmp_path / "s"
    with opened(f"unix:{path}"):
        file = SocketFile.of(parse(f"unix:{path}"))
        assert file is not None
        path.unlink()
        with opened(f"unix:{path}"):
            file.remove()
            assert path.exists()


# ---------------------------------------------------------------- descriptors


def test_a_socket_that_was_passed_is_listened_on() -> None:
    """The descriptor is the socket's own from then on."""
    with socket.create_server(("127.0.0.1", 0)) as theirs:
        name = theirs.getsockname()
        number = os.dup(theirs.fileno())
    with opened(f"fd:{number}") as listener:
        assert (listener.fileno(), listener.getsockname()) == (number, name)


def test_a_socket_that_was_passed_is_passed_no_further() -> None:
    """What the application starts may live longer."""
    with socket.create_server(("127.0.0.1", 0)) as theirs:
        number = os.dup(theirs.fileno())
    os.set_inheritable(number, True)
    with opened(f"fd:{number}"):
        assert not os.get_inheritable(number)


def test_a_socket_that_was_passed_need_not_listen_yet() -> None:
    """Bound is enough."""
    with socket.socket() as theirs:
        theirs.bind(("127.0.0.1", 0))
        with opened(f"fd:{os.dup(theirs.fileno())}") as listener:
            socket.create_connection(listener.getsockname(), 5).close()


def test_a_descriptor_that_cannot_listen_is_refused_and_stays_open() -> None:
    """No descriptor, no socket, a datagram one, a connected one."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), 5) as connected,
        socket.socket(type=socket.SOCK_DGRAM) as datagrams,
        open(os.devnull) as file,
    ):
        expected = {
            connected.fileno(): errno.EINVAL,
            datagrams.fileno(): errno.EINVAL,
            file.fileno(): errno.ENOTSOCK,
            9999: errno.EBADF,
        }
        for number, code in expected.items():
            error = refusal(f"fd:{number}")
            assert error.errno == code
            assert str(error).startswith(f"cannot listen on fd:{number}: ")
        for open_one in (connected, datagrams, file):
            os.fstat(open_one.fileno())
