"""``examples/haproxy.cfg`` in a real HAProxy: in front of processes that come and are drained."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket as stdlib_socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_processes import GOODBYE, SERVED, Chat, Peer, chat
from gevent.hub import get_hub
from gevent.server import DatagramServer
from redis_process import redis_server
from support import GUARD_S, ROOT, guarded

CONFIGURATION = ROOT / "examples" / "haproxy.cfg"
NAME = "gnet.test"

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def program() -> str:
    """HAProxy itself."""
    found = shutil.which("haproxy")
    if found is None:
        pytest.skip("no haproxy; Debian has it in the package of that name")
    return found


def test_haproxy_takes_the_configuration_without_a_warning(program: str) -> None:
    """With the defaults of its variables, as Compose has it."""
    done = subprocess.run(
        [program, "-c", "-dW", "-f", str(CONFIGURATION)],  # -dW: a warning is an error
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[WARNING]" not in done.stderr


class Names:
    """A name server that knows the IPv4 addresses of one name."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        answer: Any = self._answer  # gevent's stubs know only servers of streams
        self.server = DatagramServer("127.0.0.1:0", answer)

    def _answer(self, query: bytes, client: tuple[str, int]) -> None:
        """Answer a question: RFC 1035, 4.1."""
        identifier, _, questions = struct.unpack_from(">3H", query)
        assert questions == 1
        end = 12
        while query[end]:
            end += 1 + query[end]
        kind, _ = struct.unpack_from(">2H", query, end + 1)
        question = query[12 : end + 5]
        answers = [
            # The name is that at offset 12; type A, class IN, one second to live, four bytes.
            struct.pack(">3HIH", 0xC00C, 1, 1, 1, 4) + stdlib_socket.inet_aton(address)
            for address in self.addresses
            if kind == 1
        ]
        head = struct.pack(">6H", identifier, 0x8580, 1, len(answers), 0, 0)
        self.server.sendto(head + question + b"".join(answers), client)


class HAProxy:
    """A running HAProxy."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self.port = port

    def wait(self, pattern: str) -> None:
        """Wait until it says something like this."""
        assert self._process.stdout is not None
        said: list[str] = []
        with guarded(f"{pattern!r} of HAProxy"):
            while not re.search(pattern, "".join(said[-1:])):
                said.append(get_hub().threadpool.apply(self._process.stdout.readline))
                assert said[-1], said


@contextlib.contextmanager
def haproxy(program: str, **environment: str) -> Iterator[HAProxy]:
    """HAProxy with the configuration as it is; killed in the end."""
    with stdlib_socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        process = subprocess.Popen(
            [program, "-db", "-f", str(CONFIGURATION)],
            env={**os.environ, **environment, "FRONTEND": f"fd@{listener.fileno()}"},
            pass_fds=[listener.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        port = listener.getsockname()[1]
    try:
        yield HAProxy(process, port)
    finally:
        process.kill()
        process.communicate(timeout=GUARD_S)


@pytest.fixture
def names() -> Iterator[Names]:
    """A name server."""
    known = Names()
    known.server.start()
    yield known
    known.server.stop()


#: As a container has one of its own: addresses that no other process of this machine uses.
HOSTS = [f"127.{100 + os.getpid() % 100}.{os.getpid() // 100 % 250}.{n}" for n in (1, 2)]


@pytest.fixture
def ports() -> tuple[int, int]:
    """A port for the chat and one for its health, which are free on both hosts."""
    with contextlib.ExitStack() as stack:

        def free() -> int:
            port = 0
            for host in HOSTS:
                holder = stack.enter_context(stdlib_socket.socket())
                holder.bind((host, port))
                port = holder.getsockname()[1]
            return port

        return free(), free()


def test_a_drained_process_gets_no_new_connections_and_keeps_the_old(
    program: str, names: Names, ports: tuple[int, int], tmp_path: Path
) -> None:
    """Nor does any client see that a process comes or goes, but for those who are on it."""
    port, health = ports
    redis = f"unix://{tmp_path / 'redis.sock'}"

    def serving(host: str) -> contextlib.AbstractContextManager[Chat]:
        where = {"GNET_LISTEN": f"tcp://{host}:{port}", "GNET_METRICS": f"tcp://{host}:{health}"}
        return chat(*SERVED, redis=redis, GNET_CHAT_LINGER="3600", **where)

    with contextlib.ExitStack() as stack:
        enter: Callable[[contextlib.AbstractContextManager[Peer]], Peer] = stack.enter_context
        stack.enter_context(redis_server(tmp_path / "redis.sock"))
        one = stack.enter_context(serving(HOSTS[0]))
        other = stack.enter_context(serving(HOSTS[1]))
        for process in (one, other):
            process.wait("listening to Redis")
        names.addresses = HOSTS[:1]
        proxy = stack.enter_context(
            haproxy(
                program,
                DNS_SERVER=f"127.0.0.1:{names.server.server_port}",
                GNET_HOST=NAME,
                GNET_PORT=str(port),
                HEALTH_PORT=str(health),
            )
        )
        # Each new connection goes to the process that has the fewest.
        proxy.wait("gnet1.* is UP")
        ann = enter(Peer(proxy.port, "ann"))
        names.addresses = HOSTS
        proxy.wait("gnet2.* is UP")
        bob = enter(Peer(proxy.port, "bob"))
        ann.hears("* bob has come into lobby")

        one.terminate()
        ann.hears(GOODBYE)
        eve = enter(Peer(proxy.port, "eve"))  # the other one takes her, noticed or not
        proxy.wait("gnet1 is DOWN.* code: 503")
        joe = enter(Peer(proxy.port, "joe"))
        ann.say("I am still here")
        for peer in (bob, eve, joe):
            peer.hears("<ann> I am still here")
        ann.say("/quit")
        assert ann.rest()[-1] == "* goodbye"
        _, code = one.end()
        assert code == 0
        bob.say("bye, ann")
        for peer in (bob, eve, joe):
            assert peer.hears("<bob> bye, ann") == ["* ann has left lobby"]
