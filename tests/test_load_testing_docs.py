"""What ``docs/load-testing.md`` shows is run as it stands there."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from locust_runs import Ran, run_until
from support import PACKAGE, ROOT, listening

from gnet import Server, Socket

TEXT = (ROOT / "docs" / "load-testing.md").read_text(encoding="utf-8")
#: The locustfiles, by the name of their user, and what is no user.
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def block(word: str) -> str:
    """The one locustfile in which a word stands."""
    [found] = [code for code in BLOCKS if word in code]
    return str(found)


@contextlib.contextmanager
def line_server(greeting: str = "") -> Iterator[Server]:
    """Answers each chunk that ends a line with a line."""

    def serve(socket: Socket) -> None:
        socket.on("error", lambda _: None)
        socket.on("data", lambda chunk: socket.write("+PONG\r\n"))
        if greeting:
            socket.write(greeting)

    with listening(serve) as server:
        yield server
        server.close_all_connections()


def run(directory: Path, code: str, server: Server, last: str, count: int = 1) -> Ran:
    """Save it, and run it until there were so many requests of that name."""
    path = directory / "shown.py"
    path.write_text(code, encoding="utf-8")
    address: Any = server.address()
    host = f"tcp://{address.address}:{address.port}"
    return run_until(last, count, path, "--host", host)


def test_the_ten_lines_run(tmp_path: Path) -> None:
    """And there are no more of them than that."""
    code = block("class PingUser")
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    with line_server() as server:
        ran = run(tmp_path, code, server, "ping")
    assert ran.code == 0
    assert set(ran.statistics) == {"connect", "ping"}
    assert ran.count("connect") == (1, 0)
    assert ran.count("ping")[0] >= 1


def test_an_expected_refusal_is_counted_by_itself(tmp_path: Path) -> None:
    """Of a server that gives no connection at all."""
    with line_server("hello\n") as server:
        server.max_connections = 0
        ran = run(tmp_path, block("class CrowdUser"), server, "connect [refused]")
    assert ran.code == 0
    assert set(ran.statistics) == {"connect [refused]"}


def test_a_connection_that_is_given_is_counted_as_ever(tmp_path: Path) -> None:
    """The same locustfile, and a server with room."""
    with line_server("hello\n") as server:
        ran = run(tmp_path, block("class CrowdUser"), server, "close")
    assert ran.code == 0
    assert set(ran.statistics) == {"connect", "close"}


def test_more_connections_and_latencies_run(tmp_path: Path) -> None:
    """Two of the locustfiles in one: each user has two connections."""
    with line_server() as server:
        code = block("class PairUser") + block("Latencies(environment)")
        ran = run(tmp_path, code, server, "ping", 2)
    assert ran.code == 0
    assert ran.count("connect") == (2, 0)
    assert re.search(r"^ping: \d+ times, \d+ µs, 99 % \d+ µs$", ran.output, re.MULTILINE)


def test_every_block_is_one_that_a_test_runs() -> None:
    """A new one needs a test of its own."""
    assert len(BLOCKS) == 4


@pytest.mark.parametrize("code", sorted(set(re.findall(r"`(ERR_\w+)`", TEXT))))
def test_each_code_of_gnets_own_exists(code: str) -> None:
    """A reader matches it."""
    assert f'"{code}": (' in (PACKAGE / "errors.py").read_text(encoding="utf-8")
