"""`benchmarks`: the servers in each of their roles, the client, and how rounds are measured."""

from __future__ import annotations

import contextlib
import re
import resource
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import ROOT

from benchmarks import peers
from benchmarks.load import (
    BlockedLoad,
    BulkInLoad,
    BulkOutLoad,
    ConnectLoad,
    LoadError,
    ProxyLoad,
    RequestLoad,
    Upstream,
    base,
    open_many,
    open_sockets,
)
from benchmarks.machine import Cores
from benchmarks.peers import DEFAULT_PEERS, PEERS, Peer, ServerProcess, UnavailableError
from benchmarks.rounds import Outcome, run_rounds
from benchmarks.servers import agreement
from benchmarks.workloads import (
    WORKLOADS,
    Plan,
    Slice,
    Start,
    Task,
    Workload,
    answers,
    echo,
    memory,
    short,
)

ROLES = ("blocked", "echo", "proxy", "sink", "small-writes", "source")
#: Larger than what a socket's buffers take at once.
LARGE = bytes(range(256)) * 4096

PLAN = Plan(rounds=1, quick=True, cores=Cores(None, None))


# ---------------------------------------------------------------- servers


def play_echo(server: ServerProcess) -> None:
    """Short connections, and one message that is sent and read in pieces."""
    with contextlib.closing(ConnectLoad(server.port, window=3, size=64, spin=False)) as short:
        assert short.run(7) == 7
        assert len(short.time(5)) == 5
    sockets = open_many(server.port, 3, batch=2)
    with contextlib.closing(RequestLoad(sockets, LARGE, LARGE, spin=False)) as load:
        load.warm_up(0)
        assert load.run(0) == 3


def play_blocked(server: ServerProcess) -> None:
    """Two connections whose listeners answer, while another's sleeps."""
    awake, asleep = open_many(server.port, 2), open_many(server.port, 1)
    with contextlib.closing(BlockedLoad(awake, asleep, b"x" * 64, spin=False)) as load:
        started = time.monotonic()
        load.warm_up(0)
        load.settle()
        # It did sleep; loops that count in milliseconds wake a little early.
        assert time.monotonic() - started >= agreement.BLOCK_S / 2
        assert load.run(0) == 2
        load.settle()


def play_small_writes(server: ServerProcess) -> None:
    """Each request is answered with all the pieces."""
    answer = agreement.PIECE * agreement.PIECES
    sockets = open_sockets(server.port, 2)
    with contextlib.closing(RequestLoad(sockets, b"x" * 64, answer, spin=False)) as load:
        load.warm_up(0)
        assert load.run(0) == 2


def play_sink(server: ServerProcess) -> None:
    """Each of two portions is acknowledged."""
    with contextlib.closing(BulkInLoad(server.port, spin=False)) as load:
        assert load.run(2) == 32


def play_source(server: ServerProcess) -> None:
    """Each of two portions comes, and no more than that."""
    with contextlib.closing(BulkOutLoad(server.port, spin=False)) as load:
        assert load.run(2) == 32


def play_proxy(server: ServerProcess, upstream: Upstream) -> None:
    """Messages that are sent in pieces come back from the far end."""
    pairs = upstream.open_pairs(server.port, 2)
    with contextlib.closing(ProxyLoad(pairs, LARGE, spin=False)) as load:
        load.warm_up(0)
        assert load.run(0) == 2


PLAYS: dict[str, Callable[[ServerProcess], None]] = {
    "blocked": play_blocked,
    "echo": play_echo,
    "sink": play_sink,
    "small-writes": play_small_writes,
    "source": play_source,
}


@pytest.mark.parametrize(
    ("name", "role"),
    # The same program as uvloop's, on another loop.
    [(name, role) for name in PEERS for role in ROLES if name != "asyncio" or role == "echo"],
)
def test_every_peer_plays_its_roles(name: str, role: str) -> None:
    """A peer does what a role asks for, or says that it has no server for it."""
    try:
        PEERS[name].command(role)
    except UnavailableError as error:
        if str(error) != f"has no server for {role}":
            pytest.skip(str(error))
        assert name == "c-epoll"
        return
    with (
        contextlib.closing(Upstream()) as upstream,
        ServerProcess(PEERS[name], None, role, upstream.port) as server,
    ):
        if role == "proxy":
            play_proxy(server, upstream)
        else:
            PLAYS[role](server)


def test_node_has_agreed_to_the_same_figures() -> None:
    """What the server of Node repeats is what the others import."""
    text = (ROOT / "benchmarks/servers/node_server.js").read_text()

    def figure(pattern: str) -> int:
        found = re.search(pattern, text)
        assert found is not None, pattern
        product = 1
        for factor in found[1].split("*"):
            product *= int(factor)
        return product

    assert figure(r"CHUNK = Buffer\.alloc\((.*)\)") == len(agreement.CHUNK)
    assert figure(r"PORTION = (.*);") == agreement.PORTION
    assert figure(r"PIECES = (.*);") == agreement.PIECES
    assert figure(r"BLOCK_MS = (.*);") == agreement.BLOCK_S * 1000
    assert figure(r"backlog: (\d+)") == agreement.BACKLOG
    assert f"'{agreement.PIECE.decode()}'" in text


def test_without_a_compiler_the_server_in_c_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is given, and nothing else goes wrong."""
    peers._compiled.cache_clear()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UnavailableError, match="no C compiler"):
        PEERS["c-epoll"].command("echo")


def test_a_source_that_does_not_compile_is_said_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the compiler said is in the reason."""
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho 'no such thing' >&2\nexit 1\n")
    compiler.chmod(0o755)
    peers._compiled.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(UnavailableError, match="does not compile: no such thing"):
        PEERS["c-epoll"].command("echo")
    peers._compiled.cache_clear()


def test_a_peer_takes_gnet_from_its_directory(tmp_path: Path) -> None:
    """A directory that holds another gnet makes a peer of another version."""
    (tmp_path / "gnet").mkdir()
    other = "import sys\nprint(4242, flush=True)\nsys.stdin.read()\n"
    (tmp_path / "gnet" / "__init__.py").write_text(other)
    (tmp_path / "benchmarks").symlink_to(ROOT / "benchmarks")
    with ServerProcess(Peer("other", PEERS["gnet"].command, tmp_path), None) as server:
        assert server.port == 4242


# ---------------------------------------------------------------- client


@contextlib.contextmanager
def answering(count: int, answer: Callable[[int, bytes], bytes]) -> Iterator[list[socket.socket]]:
    """So many connections to a thread that answers what it reads, given which one it was."""
    pairs = [socket.socketpair() for _ in range(count)]
    ours, theirs = [ours for ours, _ in pairs], [theirs for _, theirs in pairs]

    def serve() -> None:
        left = set(theirs)
        while left:
            for sock in select.select(list(left), [], [])[0]:
                try:
                    data = sock.recv(65536)
                except ConnectionResetError:
                    data = b""  # ended with an answer unread
                if data and (reply := answer(theirs.index(sock), data)):
                    sock.sendall(reply)
                elif not data:
                    left.discard(sock)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield ours
    finally:
        for sock in ours:
            sock.close()
        thread.join()
        for sock in theirs:
            sock.close()


def test_no_more_requests_are_under_way_than_allowed() -> None:
    """The connection that rested longest comes next."""
    order: list[int] = []

    def answer(number: int, data: bytes) -> bytes:
        order.append(number)
        return data

    with (
        answering(3, answer) as sockets,
        contextlib.closing(RequestLoad(sockets, b"x", b"x", spin=False, under_way=1)) as load,
    ):
        load.warm_up(0)
        assert order == [0, 1, 2, 0]  # each is tried, then the first one makes load
        assert [load.run(0) for _ in range(3)] == [1, 1, 1]
    assert order[4:] == [1, 2, 0]


def test_each_round_trip_is_timed() -> None:
    """While the load lasts each answer yields one time; those that end it are not counted."""
    with (
        answering(2, lambda _, data: data) as sockets,
        contextlib.closing(RequestLoad(sockets, b"x", b"x", spin=False)) as load,
    ):
        latencies_us = load.time(0.02)
    assert latencies_us
    assert all(0 < latency < 1e6 for latency in latencies_us)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [(b"wrong", "differs"), (b"right!", "differs"), (b"", "nothing came back")],
)
def test_a_wrong_answer_is_noticed(
    answer: bytes, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before load is made the answer is compared, and waited for no longer than a while."""
    monkeypatch.setattr(base, "STALL_S", 0.05)
    with (
        answering(1, lambda _, _data: answer) as sockets,
        contextlib.closing(RequestLoad(sockets, b"x", b"right", spin=True)) as load,
        pytest.raises(LoadError, match=problem),
    ):
        load.warm_up(0)


def test_too_long_an_answer_is_noticed_under_load() -> None:
    """Later only the length is looked at, but that it is."""
    with (
        answering(1, lambda _, _data: b"too long") as sockets,
        contextlib.closing(RequestLoad(sockets, b"x", b"short", spin=False)) as load,
        pytest.raises(LoadError, match="more came back"),
    ):
        load.run(0)


def receive_large(sock: socket.socket) -> bytes:
    """So many bytes as the large message has."""
    received = bytearray()
    while len(received) < len(LARGE):
        received += sock.recv(65536)
    return bytes(received)


def test_the_far_end_of_a_proxy_keeps_what_it_cannot_send() -> None:
    """A proxy that writes all before it reads anything gets it all back."""
    (near, near_proxy), (far, far_proxy) = socket.socketpair(), socket.socketpair()

    def pass_on() -> None:
        far_proxy.sendall(receive_large(near_proxy))
        near_proxy.sendall(receive_large(far_proxy))

    thread = threading.Thread(target=pass_on)
    thread.start()
    with (
        near_proxy,
        far_proxy,
        contextlib.closing(ProxyLoad([(near, far)], LARGE, spin=False)) as load,
    ):
        assert load.run(0) == 1
        thread.join()


# ---------------------------------------------------------------- workloads


def test_the_headlines_come_first() -> None:
    """The order of the report, and what a run measures that names nothing."""
    headlines = [name for name, workload in WORKLOADS.items() if workload.is_headline]
    assert headlines == list(WORKLOADS)[: len(headlines)]
    assert headlines == [
        "echo-100x64",
        "echo-1000x1k",
        "echo-20x64k",
        "connect-echo-close",
        "proxy-64k",
        "small-writes",
        "idle",
    ]


def test_every_echo_is_there() -> None:
    """Each size over each number of connections."""
    for size in ("64", "1k", "64k"):
        for connections in (1, 100, 1000, 10_000):
            assert f"echo-{connections}x{size}" in WORKLOADS


@pytest.mark.parametrize("name", ["echo-1x64", "blocked-listeners", "connect-echo-close"])
def test_a_workload_measures_cost_and_round_trips(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the start of the server to the figures."""
    for module in (answers, echo):
        monkeypatch.setattr(module, "WARM_UP_S", 0)
        monkeypatch.setattr(module, "SLICE_S", 0.01)
    monkeypatch.setattr(short, "WARM_UP", 0)
    [outcome] = run_rounds(WORKLOADS[name], [PEERS["gnet"]], PLAN, lambda *_: None).values()
    assert not outcome.problem
    assert outcome.least > 0
    assert outcome.p50_us is not None
    assert outcome.p99_us is not None
    assert 0 < outcome.p50_us <= outcome.p99_us


def test_idle_connections_cost_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes, and no round trips."""
    monkeypatch.setattr(memory, "CONNECTIONS", 200)
    monkeypatch.setattr(memory, "WARM_UP", 20)
    [outcome] = run_rounds(WORKLOADS["idle"], [PEERS["gnet"]], PLAN, lambda *_: None).values()
    assert not outcome.problem
    assert outcome.samples[0].operations == 200
    assert outcome.p50_us is None


def test_too_low_a_limit_of_files_is_a_remark(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand connections are not tried where they cannot be had."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1024))
    outcomes = run_rounds(WORKLOADS["echo-10000x64"], [PEERS["gnet"]], PLAN, lambda *_: None)
    assert outcomes["gnet"].problem == (
        "missing: the limit of open files, 1024, for 10000 connections"
    )


def test_a_missing_role_is_a_remark() -> None:
    """A peer without a server for a workload fails nothing."""
    outcomes = run_rounds(WORKLOADS["proxy-64k"], [PEERS["c-epoll"]], PLAN, lambda *_: None)
    assert outcomes["c-epoll"].problem == "missing: has no server for proxy"


# ---------------------------------------------------------------- rounds


class Recorded:
    """A workload that asks nothing, and notes what it was told to do."""

    def __init__(self, is_side_by_side: bool = True) -> None:
        self.events: list[str] = []
        self.servers = 0
        self.workload = Workload(
            "recorded",
            "nothing",
            "us/op",
            decimals=0,
            slices=(2, 1),
            prepare=self.prepare,
            is_side_by_side=is_side_by_side,
        )

    @contextlib.contextmanager
    def prepare(self, start: Start, _plan: Plan) -> Iterator[Task]:
        """Note in what order things are done, by the number of the server."""
        number = self.servers
        self.servers += 1
        latencies = iter([[float(n) for n in range(50)], [float(n) for n in range(50, 100)]])

        def measure() -> Slice:
            self.events.append(f"measure {number}")
            return Slice(10.0, 2)

        def take_times() -> list[float]:
            self.events.append(f"time {number}")
            return next(latencies)

        self.events.append(f"open {number}")
        yield Task(lambda: self.events.append(f"warm up {number}"), measure, take_times)
        self.events.append(f"close {number}")


TWO = (Peer("a", lambda _: []), Peer("b", lambda _: []))


def run_recorded(recorded: Recorded) -> dict[str, Outcome]:
    """One quick round of two peers."""
    return run_rounds(recorded.workload, TWO, PLAN, lambda *_: None)


def test_servers_take_turns() -> None:
    """All are warm before the first is measured; round trips are timed after the costs."""
    recorded = Recorded()
    run_recorded(recorded)
    warm = ["open 0", "warm up 0", "open 1", "warm up 1"]
    turns = ["measure 0", "measure 1", "time 0", "time 1", "time 1", "time 0"]
    assert recorded.events == [*warm, *turns, "close 1", "close 0"]


def test_servers_run_one_after_the_other_if_they_must() -> None:
    """The first has ended before the second one starts."""
    recorded = Recorded(is_side_by_side=False)
    run_recorded(recorded)
    one = ["open 0", "warm up 0", "measure 0", "time 0", "time 0", "close 0"]
    assert recorded.events == [*one, *(event.replace("0", "1") for event in one)]


def test_a_sample_knows_its_round_trips() -> None:
    """The middle one, and the one that one in a hundred exceeds, of all slices together."""
    outcome = run_recorded(Recorded())["a"]
    assert (outcome.p50_us, outcome.p99_us) == (50.0, 99.0)
    assert outcome.least == 5.0


def test_what_the_server_said_last_is_part_of_the_problem() -> None:
    """A server that fails takes only its own figures with it."""
    words = "import sys; print(1, flush=True); print('oh dear', file=sys.stderr); sys.stdin.read()"
    peer = Peer("dying", lambda role: [sys.executable, "-c", words, role])

    @contextlib.contextmanager
    def prepare(start: Start, _plan: Plan) -> Iterator[Task]:
        server = start("echo")

        def warm_up() -> None:
            while server.last_words() == "no message":
                pass
            raise LoadError("it went wrong")

        yield Task(warm_up, lambda: Slice(1.0, 1))

    workload = Workload("w", "w", "us/op", decimals=0, slices=(1, 1), prepare=prepare)
    outcome = run_rounds(workload, [peer], PLAN, lambda *_: None)["dying"]
    assert outcome.problem == "failed: it went wrong (server: oh dear)"
    assert not outcome.is_complete


def test_the_default_peers_exist() -> None:
    """Each is one of all."""
    assert set(DEFAULT_PEERS) <= set(PEERS)
