"""Where a load is sent to: what ``--host`` may be."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnet.errors import GnetTypeError
from gnet.loadtest.target import Target, read_target


@pytest.mark.parametrize(
    ("host", "target"),
    [
        ("tcp://127.0.0.1:4000", Target("TCP", "127.0.0.1", 4000)),
        ("tcp://127.0.0.1:4000/", Target("TCP", "127.0.0.1", 4000)),
        ("tcp://localhost:1", Target("TCP", "localhost", 1)),
        ("tcp://[::1]:65535", Target("TCP", "::1", 65535)),
        ("unix:/run/my.sock", Target("UNIX", "/run/my.sock")),
        ("unix:///run/my.sock", Target("UNIX", "/run/my.sock")),
        ("unix:my.sock", Target("UNIX", "my.sock")),
        ("unix:@abstract", Target("UNIX", "\0abstract")),
    ],
)
def test_a_host_is_an_address_or_a_path(host: str, target: Target) -> None:
    """With the forms of a URL around it."""
    assert read_target(host) == target


@pytest.mark.parametrize(
    "host",
    [
        "",
        "127.0.0.1:4000",
        "http://127.0.0.1:4000",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:65536",
        "tcp://127.0.0.1:many",
        "tcp://:4000",
        "tcp://[::1:4000",
        "tcp:127.0.0.1:4000",
        "tcp://user@127.0.0.1:4000",
        "tcp://127.0.0.1:4000/path",
        "tcp://127.0.0.1:4000?query",
        "unix:",
        "unix://",
    ],
)
def test_any_other_host_is_refused_with_the_forms_it_may_have(host: str) -> None:
    """And with itself, so that a typing error is seen."""
    with pytest.raises(GnetTypeError) as caught:
        read_target(host)
    assert caught.value.code == "ERR_INVALID_URL"
    assert repr(host) in caught.value.message
    assert "tcp://host:port" in caught.value.message
    assert "unix:/path" in caught.value.message


def test_no_host_is_refused_with_what_to_do() -> None:
    """The option is named."""
    with pytest.raises(GnetTypeError, match="no host is set") as caught:
        read_target(None)
    assert caught.value.code == "ERR_INVALID_URL"
    assert "--host with tcp://host:port" in caught.value.message


@given(st.text() | st.builds("{}{}".format, st.sampled_from(["tcp://", "unix:"]), st.text()))
def test_any_text_is_a_target_or_is_refused(host: str) -> None:
    """Nothing else is ever raised: a wrong host must not end a user."""
    with contextlib.suppress(GnetTypeError):
        target = read_target(host)
        assert target.address
        assert target.port is None or 0 < target.port < 65536
