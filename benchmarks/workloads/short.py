"""Connections that live for one request."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from benchmarks.load import ConnectLoad
from benchmarks.workloads.base import Plan, Start, Task, Workload, metered

__all__ = ["CONNECT_ECHO_CLOSE"]

#: Connections in a slice, and before the first one. Counted, not timed: each stays in TIME_WAIT
#: for a minute, and the kernel keeps a limited number of those (131,072 as a rule; a full run
#: with five peers makes 108,000).
SLICE = 300
WARM_UP = 1500

#: Connections that are open at a time.
WINDOW = 50


@contextmanager
def _connect_echo_close(start: Start, plan: Plan) -> Iterator[Task]:
    """Measure short connections that make one echo each."""
    server = start("echo")
    with closing(ConnectLoad(server.port, WINDOW, size=64, spin=plan.spin)) as load:
        yield Task(
            warm_up=lambda: load.run(WARM_UP),
            measure=lambda: metered(server, lambda: load.run(SLICE)),
            time=lambda: load.time(SLICE),
        )


CONNECT_ECHO_CLOSE = Workload(
    "connect-echo-close",
    f"connect, echo 64 bytes, client ends; {WINDOW} connections at a time",
    "us/op",
    decimals=1,
    slices=(5, 2),
    prepare=_connect_echo_close,
    is_headline=True,
)
