"""Bulk: one connection, as many bytes as it takes in one direction."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

from benchmarks.load import BulkInLoad, BulkOutLoad
from benchmarks.workloads.base import Plan, Start, Task, Workload, metered

__all__ = ["BULK_IN", "BULK_OUT"]

#: Portions of 16 MiB in a slice; the eight slices of a round make 1 GiB.
SLICE = 8


@contextmanager
def _bulk(
    role: str, kind: type[BulkInLoad] | type[BulkOutLoad], start: Start, plan: Plan
) -> Iterator[Task]:
    """Measure a server that only reads or only writes."""
    server = start(role)
    with closing(kind(server.port, plan.spin)) as load:
        yield Task(
            warm_up=lambda: load.run(SLICE),
            measure=lambda: metered(server, lambda: load.run(SLICE)),
        )


BULK_IN = Workload(
    "bulk-in",
    "bulk data to a server that only counts it, over one connection",
    "us/MiB",
    decimals=1,
    slices=(8, 3),
    prepare=partial(_bulk, "sink", BulkInLoad),
)

BULK_OUT = Workload(
    "bulk-out",
    "bulk data from a server that writes 64 KiB chunks and minds backpressure, over one connection",
    "us/MiB",
    decimals=1,
    slices=(8, 3),
    prepare=partial(_bulk, "source", BulkOutLoad),
)
