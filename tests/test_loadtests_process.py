"""`loadtests.process`: the server under load as a child."""

from __future__ import annotations

import pytest

from loadtests.process import ServerError, ServerProcess


def test_a_server_that_ends_instead_is_told_of_with_its_status() -> None:
    """Its last words have gone to standard error."""
    with pytest.raises(ServerError, match="the server ended with 2; its last words are above"):
        ServerProcess(["--server", "nobody"])


def test_a_server_that_says_something_else_is_told_of_with_that() -> None:
    """And is not left behind."""
    with pytest.raises(ServerError, match="the server said 'usage: python -m"):
        ServerProcess(["--help"])


def test_a_server_is_reached_where_it_says_until_it_is_stopped() -> None:
    """On loopback, with its statistics."""
    server = ServerProcess([])
    try:
        assert server.ready.host == "127.0.0.1"
        assert server.ready.statistics.startswith("http://127.0.0.1:")
    finally:
        server.stop()
