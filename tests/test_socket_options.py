"""What a socket is made with: keywords, mappings, signals and descriptors."""

from __future__ import annotations

import os
import re
import socket as stdlib_socket
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import gevent
import gevent.socket
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import expect_event, guarded, listening, must_call, must_not_call, settle, wait_event

import gnet
from gnet import AbortController, AbortError, AbortSignal, GnetError, Socket
from gnet.dispatcher import dispatcher
from gnet.socket_options import (
    ConnectionKeywords,
    ConnectKeywords,
    SocketKeywords,
    SocketOptions,
    check_keywords,
    socket_options,
)


def names(keywords: Any) -> set[str]:
    """The keywords that a public function takes."""
    return set(keywords.__optional_keys__)


def where(server: gnet.Server) -> tuple[int, str]:
    """Port and address to connect to."""
    address: Any = server.address()
    return address.port, address.address


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("function", "keywords"),
    [(Socket, SocketKeywords), (Socket.connect, ConnectKeywords)],
)
def test_every_keyword_is_described(function: Any, keywords: Any) -> None:
    """Where a reader looks for it."""
    described = set(re.findall(r"^ +(\w+): ", function.__doc__ or "", re.MULTILINE))
    assert names(keywords) - described == set()


def test_connect_takes_all_keywords_there_are() -> None:
    """Those of both, and one of its own."""
    assert names(ConnectionKeywords) == {*names(SocketKeywords), *names(ConnectKeywords), "timeout"}


def test_every_keyword_of_a_socket_comes_out() -> None:
    """Under its name, but for the water marks, and what the emitter takes."""
    fieldnames = {field.name for field in fields(SocketOptions)}
    marks = {"high_water_mark", "readable_high_water_mark", "writable_high_water_mark"}
    assert names(SocketKeywords) - marks - {"capture_rejections"} == fieldnames - {
        "read_high_water_mark",
        "write_high_water_mark",
    }


@pytest.mark.parametrize(
    ("call", "name"),
    [(Socket, "Socket"), (Socket().connect, "connect"), (gnet.connect, "connect")],
)
def test_an_unknown_keyword_is_named(call: Any, name: str) -> None:
    """As Python itself does it."""
    with pytest.raises(TypeError) as caught:
        call(alow_half_open=True)
    expected = f"{name}() got an unexpected keyword argument 'alow_half_open'"
    assert str(caught.value) == expected


def test_known_keywords_pass() -> None:
    """Inherited ones as well."""
    check_keywords("connect", {"port": 1, "fd": 2, "timeout": 3}, ConnectionKeywords)


@pytest.mark.parametrize(
    "given_options",
    [
        {"allowHalfOpen": True, "highWaterMark": 5, "typeOfService": 8},
        {"allow_half_open": True, "high_water_mark": 5, "type_of_service": 8},
        MappingProxyType({"allowHalfOpen": True, "highWaterMark": 5, "typeOfService": 8}),
    ],
)
def test_both_spellings_and_keywords_mean_the_same(given_options: Mapping[str, Any]) -> None:
    """And any mapping will do."""
    expected = SocketOptions(
        allow_half_open=True,
        read_high_water_mark=5,
        write_high_water_mark=5,
        type_of_service=8,
    )
    assert socket_options(given_options, {}) == expected
    keywords = {"allow_half_open": True, "high_water_mark": 5, "type_of_service": 8}
    assert socket_options(None, keywords) == expected


def test_keywords_win_over_the_mapping() -> None:
    """They are the more explicit ones."""
    assert socket_options({"allowHalfOpen": True}, {"allow_half_open": False}) == SocketOptions()


def test_what_is_usual_costs_nothing() -> None:
    """All sockets without options share theirs."""
    assert socket_options(None, {}) is socket_options({"port": 1}, {}) is Socket()._made_with


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 2**40), st.floats(), st.text(max_size=5)
)


@given(
    st.dictionaries(st.sampled_from(sorted(names(SocketKeywords) - {"fd"})), _VALUES, max_size=4)
)
def test_options_are_understood_or_refused_with_a_code(options: dict[str, Any]) -> None:
    """Whatever is passed: never another exception."""
    try:
        made_with = socket_options(options, {})
    except GnetError as error:
        code = error.code
    else:
        code = "" if made_with.read_high_water_mark >= 0 else "negative"
    assert code in {
        "",
        "ERR_INVALID_ARG_TYPE",
        "ERR_INVALID_ARG_VALUE",
        "ERR_OUT_OF_RANGE",
        "ERR_UNKNOWN_ENCODING",
    }


# ---------------------------------------------------------------- signals


def test_a_signal_that_has_fired_keeps_a_socket_from_connecting() -> None:
    """It is destroyed, with what the signal says as the cause."""
    with listening() as server:
        server.on("connection", must_not_call())
        client = gnet.connect(*where(server), signal=AbortSignal.abort("enough"))
        client.on("connectionAttempt", must_not_call())
        assert client.destroyed
        closed = expect_event(client, "close")
        [error] = wait_event(client, "error")
        assert isinstance(error, AbortError)
        assert error.cause == "enough"
        closed.wait()
        settle()


def test_a_closed_socket_leaves_its_signal_alone() -> None:
    """A signal may outlive thousands of sockets."""
    controller = AbortController()
    with listening() as server:
        client = gnet.connect(*where(server), signal=controller.signal)
        wait_event(client, "connect")
        assert len(controller.signal._listeners) == 1
        client.destroy()
        assert controller.signal._listeners == []
        controller.abort()
        assert client.errored is None


# ---------------------------------------------------------------- descriptors


def test_a_connected_socket_of_another_library_is_taken_over() -> None:
    """With its names, in both directions."""
    with listening(lambda socket: socket.on("data", socket.end)) as server:
        port, address = where(server)
        plain = stdlib_socket.create_connection((address, port))
        socket = Socket(fd=plain.detach())
        assert (socket.pending, socket.connecting, socket.ready_state) == (False, False, "open")
        assert (socket.remote_port, socket.remote_address) == (port, address)
        socket.write(b"hello")
        assert b"".join(socket) == b"hello"


def test_a_descriptor_is_left_alone_if_the_timeout_is_wrong() -> None:
    """There is no socket yet that would take it over."""
    ours, theirs = gevent.socket.socketpair()
    with ours, theirs:
        references = repr(dispatcher())
        with pytest.raises(TypeError, match="msecs"):
            gnet.connect(port=1, fd=ours.fileno(), timeout="soon")  # type: ignore[arg-type]
        assert repr(dispatcher()) == references
        ours.sendall(b"x")
        assert theirs.recv(1) == b"x"


@pytest.mark.parametrize("kind", [int, float])
def test_a_number_is_a_descriptor(kind: type[float]) -> None:
    """Node's older form; whole numbers are of either type."""
    ours, theirs = gevent.socket.socketpair()
    with theirs:
        socket = Socket(kind(ours.detach()))  # type: ignore[arg-type]
        received = must_call()
        socket.on("data", received)
        theirs.sendall(b"hello")
        assert received.wait() == [(b"hello",)]
        socket.destroy()


def test_what_is_received_early_waits_in_the_socket() -> None:
    """It is read at once, and nobody has to ask for it."""
    ours, theirs = gevent.socket.socketpair()
    with theirs:
        theirs.sendall(b"hello")
        socket = Socket(fd=ours.detach())
        with guarded("the data"):
            while not socket.bytes_read:
                gevent.sleep(0)
        assert socket.readable_length == 5
        socket.destroy()


def test_a_descriptor_that_shall_not_be_read_is_left_alone() -> None:
    """What has come stays in the kernel."""
    ours, theirs = gevent.socket.socketpair()
    with theirs:
        theirs.sendall(b"hello")
        socket = Socket(fd=ours.detach(), readable=False)
        gevent.sleep(0)
        assert (socket.bytes_read, socket.readable) == (0, False)
        socket.destroy()


def test_a_pipe_has_two_ends() -> None:
    """Each a socket that goes in one direction."""
    incoming, outgoing = os.pipe()
    reader, writer = Socket(fd=incoming, writable=False), Socket(fd=outgoing, readable=False)
    writer.end(b"through the pipe")
    assert b"".join(reader) == b"through the pipe"
    assert not reader.address()
    assert writer.remote_address is None


def test_gnet_run_waits_for_a_descriptor() -> None:
    """As for a connection."""
    ours, theirs = gevent.socket.socketpair()
    with theirs:
        socket = Socket(fd=ours.detach())
        running = gevent.spawn(gnet.run)
        settle()
        assert not running.dead
        socket.destroy()
        running.join()


@pytest.mark.parametrize("kind", ["file", "directory", "datagram", "closed"])
def test_a_descriptor_of_another_kind_is_refused(kind: str, tmp_path: Any) -> None:
    """And stays its owner's."""
    with stdlib_socket.socket(type=stdlib_socket.SOCK_DGRAM) as datagram:
        (tmp_path / "file").touch()
        kinds: dict[str, Callable[[], int]] = {
            "file": lambda: os.open(tmp_path / "file", os.O_RDONLY),
            "directory": lambda: os.open(tmp_path, os.O_RDONLY),
            "datagram": datagram.fileno,
            "closed": lambda: 1000,
        }
        fd = kinds[kind]()
        with pytest.raises(TypeError) as caught:
            Socket(fd=fd)
        error: Any = caught.value
        names_of = {"file": "FILE", "directory": "UNKNOWN", "datagram": "UDP", "closed": "UNKNOWN"}
        assert (error.code, str(error)) == (
            "ERR_INVALID_FD_TYPE",
            f"Unsupported fd type: {names_of[kind]}",
        )
        if kind in ("file", "directory"):
            os.close(fd)
