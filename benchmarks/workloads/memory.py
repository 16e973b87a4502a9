"""Memory: what a server needs for a connection that does nothing."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.load import LoadError, end_politely, open_many, reset_all
from benchmarks.meters import resident_bytes
from benchmarks.peers import ServerProcess
from benchmarks.workloads.base import SPARE_FILES, Plan, Slice, Start, Task, Workload

__all__ = ["IDLE"]

#: Idle connections. With far fewer, the steps in which a heap grows (Node's) blur the figure.
CONNECTIONS = 8000

#: Connections opened and closed, and as many opened again, before memory is read first.
WARM_UP = 300

#: Pause between two readings of memory, and how often it is read at most, until two agree.
SETTLE_S = 0.05
SETTLE_READINGS = 40


@contextmanager
def _idle(start: Start, _plan: Plan) -> Iterator[Task]:
    """Measure resident memory per connection that was accepted and then left alone."""
    server = start("echo")
    yield Task(
        warm_up=lambda: end_politely(open_many(server.port, WARM_UP)),
        measure=lambda: _hold(server, CONNECTIONS),
    )


def _hold(server: ServerProcess, wanted: int) -> Slice:
    """Open idle connections and read what they add to the server's memory; then stop it."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_FILES - WARM_UP
    count = min(wanted, allowed)
    if count < wanted // 10:
        raise LoadError(f"the limit of open files leaves {max(count, 0)} of {wanted} connections")
    # What the warm-up freed is filled again first, or it would be counted as costing nothing.
    sockets = open_many(server.port, WARM_UP)
    try:
        before = _settled_bytes(server.pid)
        sockets += open_many(server.port, count)
        after = _settled_bytes(server.pid)
    finally:
        # In this order, since a server may take thousands of resets badly.
        server.stop()
        reset_all(sockets)
    note = "" if count == wanted else f"{count} of {wanted} connections: limit of open files"
    return Slice(after - before, count, note=note)


def _settled_bytes(pid: int) -> int:
    """Return the resident memory in bytes once it has stopped changing."""
    last = resident_bytes(pid)
    for _ in range(SETTLE_READINGS):
        time.sleep(SETTLE_S)
        now = resident_bytes(pid)
        if now == last:
            break
        last = now
    return last


IDLE = Workload(
    "idle",
    "resident memory of the server per connection that was accepted and left alone",
    "bytes/conn",
    decimals=0,
    slices=(1, 1),
    prepare=_idle,
    is_headline=True,
)
