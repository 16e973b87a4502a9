"""Requests with an answer that is no plain echo, on lasting connections."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from benchmarks.load import BlockedLoad, ProxyLoad, RequestLoad, Upstream, open_many, open_sockets
from benchmarks.servers.agreement import PIECE, PIECES
from benchmarks.workloads.base import Plan, Slice, Start, Task, Workload, metered
from benchmarks.workloads.echo import SLICE_S, WARM_UP_S, message

__all__ = ["BLOCKED_LISTENERS", "PROXY", "SMALL_WRITES"]

#: Connections through the proxy.
PROXY_CONNECTIONS = 20

#: Connections that get many small writes, few enough for the accept queue.
SMALL_WRITES_CONNECTIONS = 100

#: Connections whose listeners answer at once, and those whose listeners sleep.
AWAKE, ASLEEP = 99, 1


@contextmanager
def _proxy(start: Start, plan: Plan) -> Iterator[Task]:
    """Measure messages that go through a proxy to the client's own echo server, and back."""
    with closing(Upstream()) as upstream:
        server = start("proxy", upstream.port)
        pairs = upstream.open_pairs(server.port, PROXY_CONNECTIONS)
        with closing(ProxyLoad(pairs, message(65536), plan.spin)) as load:
            yield Task(
                warm_up=lambda: load.warm_up(WARM_UP_S),
                measure=lambda: metered(server, lambda: load.run(SLICE_S)),
                time=lambda: load.time(SLICE_S),
            )


@contextmanager
def _small_writes(start: Start, plan: Plan) -> Iterator[Task]:
    """Measure requests that are answered with many small writes."""
    server = start("small-writes")
    sockets = open_sockets(server.port, SMALL_WRITES_CONNECTIONS)
    with closing(RequestLoad(sockets, message(64), PIECE * PIECES, plan.spin)) as load:
        yield Task(
            warm_up=lambda: load.warm_up(WARM_UP_S),
            measure=lambda: metered(server, lambda: load.run(SLICE_S)),
            time=lambda: load.time(SLICE_S),
        )


@contextmanager
def _blocked_listeners(start: Start, plan: Plan) -> Iterator[Task]:
    """Measure echoes while some other listeners of the same server sleep all the time."""
    server = start("blocked")
    awake = open_many(server.port, AWAKE)
    asleep = open_many(server.port, ASLEEP)
    with closing(BlockedLoad(awake, asleep, message(64), plan.spin)) as load:

        def warm_up() -> None:
            load.warm_up(WARM_UP_S)
            load.settle()

        def measure() -> Slice:
            measured = metered(server, lambda: load.run(SLICE_S))
            load.settle()
            return measured

        def time() -> list[float]:
            latencies_us = load.time(SLICE_S)
            load.settle()
            return latencies_us

        yield Task(warm_up, measure, time)


PROXY = Workload(
    "proxy-64k",
    f"{PROXY_CONNECTIONS} connections, 64 KiB through the server to an upstream and back",
    "us/op",
    decimals=1,
    slices=(5, 2),
    prepare=_proxy,
    is_headline=True,
)

SMALL_WRITES = Workload(
    "small-writes",
    f"{SMALL_WRITES_CONNECTIONS} connections, 64 bytes answered with "
    f"{PIECES} writes of {len(PIECE)} bytes",
    "us/op",
    decimals=1,
    slices=(5, 2),
    prepare=_small_writes,
    is_headline=True,
)

BLOCKED_LISTENERS = Workload(
    "blocked-listeners",
    f"echo of 64 bytes on {AWAKE} connections while the listener of {ASLEEP} more sleeps",
    "us/op",
    decimals=2,
    slices=(5, 2),
    prepare=_blocked_listeners,
)
