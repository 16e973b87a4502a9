"""Looking up names: what the resolver says, told later and never in the hub."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import Any

import gevent.socket
import pytest
from support import GUARD_S, ROOT, Expected, must_call

from gnet.dispatcher import NOBODY, dispatcher, in_hub
from gnet.names import look_up


def resolver(monkeypatch: pytest.MonkeyPatch, answer: object) -> list[tuple[Any, ...]]:
    """Have ``getaddrinfo`` answer so, or raise it; the arguments of the calls."""
    calls: list[tuple[Any, ...]] = []

    def getaddrinfo(*args: Any) -> object:
        calls.append(args)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(gevent.socket, "getaddrinfo", getaddrinfo)
    return calls


def entry(address: str) -> tuple[Any, ...]:
    """A line of what ``getaddrinfo`` gives."""
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, 0, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))


def asked(host: str, then: Expected, flags: int = 0) -> Expected:
    """Look ``host`` up."""
    look_up(host, flags, then, dispatcher(), NOBODY)
    return then


def test_addresses_come_in_the_resolvers_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """With their families."""
    resolver(monkeypatch, [entry("::1"), entry("127.0.0.1"), entry("::2")])
    told = asked("somewhere", must_call()).wait()
    assert told == [(None, [("::1", 6), ("127.0.0.1", 4), ("::2", 6)])]


def test_the_resolver_is_asked_for_streams_with_the_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise each address would come once for each kind of socket."""
    calls = resolver(monkeypatch, [entry("127.0.0.1")])
    asked("somewhere", must_call(), socket.AI_ADDRCONFIG).wait()
    assert calls == [("somewhere", None, 0, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)]


def test_families_that_are_not_ip_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver may know others."""
    odd = (socket.AF_UNIX, socket.SOCK_STREAM, 0, "", "/run/x")
    resolver(monkeypatch, [odd, entry("127.0.0.1")])
    assert asked("somewhere", must_call()).wait() == [(None, [("127.0.0.1", 4)])]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (socket.EAI_NONAME, "ENOTFOUND"),
        (socket.EAI_NODATA, "ENOTFOUND"),
        (socket.EAI_AGAIN, "EAI_AGAIN"),
        (socket.EAI_FAIL, "EAI_FAIL"),
    ],
)
def test_a_failure_is_told_with_nodes_code(
    number: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the name that was asked for."""
    resolver(monkeypatch, socket.gaierror(number, "made up"))
    [(error, addresses)] = asked("somewhere", must_call()).wait()
    assert (error.code, error.syscall, error.hostname) == (code, "getaddrinfo", "somewhere")
    assert str(error) == f"getaddrinfo {code} somewhere"
    assert addresses == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "fe80::1%lo"])
def test_an_address_needs_no_resolver(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is its own answer."""
    calls = resolver(monkeypatch, [])
    [(error, [(told, _family)])] = asked(address, must_call()).wait()
    assert (error, told, calls) == (None, address, [])


@pytest.mark.parametrize("host", ["127.0.0.1", "somewhere"])
def test_the_answer_comes_after_the_caller_has_returned(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if it is known at once; and in a greenlet that may block."""
    resolver(monkeypatch, [entry("127.0.0.1")])
    places = []
    told = must_call(lambda *_: places.append(in_hub()))
    look_up(host, 0, told, dispatcher(), NOBODY)
    assert told.calls == []
    told.wait()
    assert places == [False]


@pytest.mark.parametrize(
    "host", ["a" * 64 + ".test", "a..test", "\udc80.test", "nul\0.test"], ids=ascii
)
def test_a_name_that_no_resolver_takes_does_not_exist(host: str) -> None:
    """Python refuses to ask for some names at all: that is an answer, too."""
    [(error, addresses)] = asked(host, must_call()).wait()
    assert (error.code, addresses) == ("ENOTFOUND", [])


def test_a_failed_look_up_that_nobody_hears_is_told_on_stderr() -> None:
    """The hub keeps silent about its resolver's errors, which must not cover gnet's own."""
    program = "import gnet; gnet.connect(1, 'a..test'); gnet.run()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=True,
    )
    assert "getaddrinfo ENOTFOUND a..test" in done.stderr


def test_a_real_name_is_resolved() -> None:
    """By the resolver that gevent has, without blocking the hub."""
    [(error, addresses)] = asked("localhost", must_call()).wait()
    assert error is None
    assert {address for address, _ in addresses} <= {"127.0.0.1", "::1"}
    assert addresses
