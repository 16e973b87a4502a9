"""Echoes: lasting connections with one message under way on each."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

from benchmarks.load import RequestLoad, open_many
from benchmarks.workloads.base import Plan, Start, Task, Workload, metered, require_files

__all__ = ["ECHOES", "SLICE_S", "WARM_UP_S", "message"]

#: Seconds of load in a slice, and before the first one.
SLICE_S = 0.1
WARM_UP_S = 0.4

SIZES = {"64": 64, "1k": 1024, "64k": 65536}

#: Connections and size of each echo; the three first are headlines.
HEADLINES = ((100, "64"), (1000, "1k"), (20, "64k"))
CELLS = (
    *HEADLINES,
    *(
        (connections, size)
        for size in SIZES
        for connections in (1, 100, 1000, 10_000)
        if (connections, size) not in HEADLINES
    ),
)

#: Most bytes under way at a time. More would only fill the kernel's memory.
UNDER_WAY = 16 * 1024 * 1024

#: Most connections to each server if all servers of a round are to run at the same time.
SIDE_BY_SIDE = 1000


def message(size: int) -> bytes:
    """Return a message of that many bytes, which does not look alike everywhere."""
    return bytes(i % 251 for i in range(size))


@contextmanager
def _echo(connections: int, size: int, start: Start, plan: Plan) -> Iterator[Task]:
    """Measure messages that are sent and come back."""
    require_files(connections)
    server = start("echo")
    sockets = open_many(server.port, connections)
    under_way = UNDER_WAY // size
    with closing(
        RequestLoad(sockets, message(size), message(size), plan.spin, under_way=under_way)
    ) as load:
        yield Task(
            warm_up=lambda: load.warm_up(WARM_UP_S),
            measure=lambda: metered(server, lambda: load.run(SLICE_S)),
            time=lambda: load.time(SLICE_S),
        )


def _cell(connections: int, label: str) -> Workload:
    """Return the workload of one number of connections and one size."""
    size = SIZES[label]
    under_way = min(connections, UNDER_WAY // size)
    return Workload(
        f"echo-{connections}x{label}",
        f"{connections} connections, {size} bytes, {under_way} messages under way"
        if connections > 1
        else f"1 connection, {size} bytes, one message under way",
        "us/op",
        decimals=2,
        slices=(5, 2),
        prepare=partial(_echo, connections, size),
        is_side_by_side=connections <= SIDE_BY_SIDE,
        is_headline=(connections, label) in HEADLINES,
    )


#: All of them, headlines first.
ECHOES = tuple(_cell(*cell) for cell in CELLS)
