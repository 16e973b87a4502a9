"""The example that puts load on a real Redis: both sides must have counted the same."""

from __future__ import annotations

import contextlib
import re
import socket as stdlib_socket
from collections.abc import Iterator
from pathlib import Path

import gevent.socket
import pytest
from locust_runs import run_locust
from redis_process import redis_server
from support import ROOT, guarded

EXAMPLE = ROOT / "examples" / "load_redis.py"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Path]:
    """The path at which a Redis server listens that keeps nothing."""
    path = tmp_path / "redis.sock"
    with redis_server(path):
        yield path


def calls(path: Path) -> dict[str, int]:
    """How often each command was called, as Redis says."""
    with contextlib.closing(gevent.socket.socket(stdlib_socket.AF_UNIX)) as peer:
        peer.connect(str(path))
        peer.sendall(b"INFO commandstats\r\nQUIT\r\n")
        parts = []
        with guarded("Redis' statistics"):
            while part := peer.recv(65536):
                parts.append(part)
    found = re.findall(r"^cmdstat_(\w+):calls=(\d+),", b"".join(parts).decode(), re.MULTILINE)
    return {name.upper(): int(count) for name, count in found}


#: A second locustfile beside the example: each of three users stops after five rounds of its own
#: accord. Locust may stop one in the middle of a command, which Redis then has counted alone.
FIVE_ROUNDS_EACH = """
import gevent
from locust import events
from locust.exception import StopUser

rounds = {}

@events.init.add_listener
def on_init(environment, **kwargs):
    @environment.events.request.add_listener
    def on_request(name, **kwargs):
        if name == "GET":
            user = gevent.getcurrent()
            rounds[user] = rounds.get(user, 0) + 1
            if list(rounds.values()) == [5, 5, 5]:
                gevent.spawn(environment.runner.quit)
            if rounds[user] == 5:
                raise StopUser
"""


def test_redis_has_counted_as_many_commands_as_locust(redis: Path, tmp_path: Path) -> None:
    """None failed, and none was lost."""
    beside = tmp_path / "five_rounds.py"
    beside.write_text(FIVE_ROUNDS_EACH, encoding="utf-8")
    ran = run_locust(EXAMPLE, beside, "--host", f"unix:{redis}", "-u", "3", "-r", "3")
    assert ran.code == 0
    assert ran.count("connect") == (3, 0)
    told = calls(redis)
    for name in ("PING", "SET", "GET"):
        assert (ran.count(name), told[name]) == ((15, 0), 15)
