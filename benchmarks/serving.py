"""Connections per second of ``gnet serve`` with one worker and with two, turn by turn.

``python -m benchmarks.serving``, from the root of the repository. Clients connect, have 64 bytes
echoed, and end. Two workers can be twice as fast only where two cores have nothing else to do: with
four cores and more, the last two are the workers', the others the clients'. With fewer, the workers
share the last one, and what tells is

- ``--busy``: each connection costs its worker 2 ms of CPU time, thirty times what it costs the
  client. So two cores are all but free of the clients, though these run there, too;
- the CPU time of the workers per connection: if two that share a core need no more of it than one
  that has it, two that have one each serve twice as many;
- ``--blocking``: each connection has its worker wait for 2 ms, with the CPU left to others. Two
  workers wait side by side, so this shows whether they share the work; it shows nothing of cores.
"""

import argparse
import contextlib
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import ConnectLoad
from benchmarks.meters import cpu_seconds
from benchmarks.peers import ROOT

WORKERS = (1, 2)

#: CPU time that each worker has used in a warming run when all of them serve.
_WARM_S = 0.005


@dataclass(frozen=True)
class Turn:
    """What one run has shown."""

    rate: float  # connections per second
    cost_us: float  # CPU time of all workers per connection
    least_share: float  # of that CPU time, the worker's that had the least

    def __str__(self) -> str:
        return f"{self.rate:9.0f} {self.cost_us:9.1f} {self.least_share:6.0%}"


def choose(*, share: bool = False) -> tuple[set[int], set[int]]:
    """Cores for the workers, and for the clients; the same, if there are few and they may share."""
    usable = sorted(os.sched_getaffinity(0))
    has_enough = len(usable) >= 2 * max(WORKERS)
    if len(usable) == 1 or (share and not has_enough):
        return set(usable), set(usable)
    own = max(WORKERS) if has_enough else 1
    return set(usable[-own:]), set(usable[:-own])


@contextlib.contextmanager
def serving(workers: int, application: str, cores: set[int]) -> Iterator[tuple[int, list[int]]]:
    """``gnet serve --workers``: its port, and its workers' process numbers."""
    command = [sys.executable, "-m", "gnet", "serve", "--workers", str(workers)]
    command += ["--listen", "tcp://127.0.0.1:0", f"benchmarks.serving_app:{application}"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        os.sched_setaffinity(process.pid, cores)  # before it forks
        try:
            port = 0
            for line in process.stderr:
                if found := re.search(r"listening on tcp://.*:(\d+)$", line.rstrip()):
                    port = int(found[1])
                    break
            if not port:
                raise SystemExit("the server did not start")
            yield port, _workers(process.pid, port, workers)
        finally:
            process.terminate()
            process.stderr.read()


def _workers(arbiter: int, port: int, count: int) -> list[int]:
    """The numbers of the workers, as soon as all of them serve."""
    while True:
        children = Path(f"/proc/{arbiter}/task/{arbiter}/children").read_text().split()
        before = [cpu_seconds(int(pid)) for pid in children]
        run(port, 200, 64)
        used = [cpu_seconds(int(pid)) - was for pid, was in zip(children, before, strict=True)]
        if len(children) == count and min(used) > _WARM_S:
            return [int(pid) for pid in children]


def run(port: int, connections: int, window: int) -> None:
    """Make so many connections, a window of them at a time."""
    with contextlib.closing(ConnectLoad(port, window, 64, spin=False)) as load:
        load.run(connections)


def measure(
    workers: int, options: argparse.Namespace, clients: ProcessPoolExecutor, own: set[int]
) -> Turn:
    """One run."""
    count = options.clients
    with serving(workers, options.application, own) as (port, pids):
        each = options.connections // count
        before = [cpu_seconds(pid) for pid in pids]
        started = time.perf_counter()
        jobs = [clients.submit(run, port, each, options.window) for _ in range(count)]
        for job in jobs:
            job.result()
        took = time.perf_counter() - started
        used = [cpu_seconds(pid) - was for pid, was in zip(pids, before, strict=True)]
    done = each * count
    return Turn(done / took, sum(used) / done * 1e6, min(used) / sum(used))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (default 5)")
    parser.add_argument("--connections", type=int, default=20000, help="in a turn (20000)")
    parser.add_argument("--window", type=int, default=50, help="of a client at once (50)")
    kinds = parser.add_mutually_exclusive_group()
    for kind, text in (
        ("busy", "each costs its worker 2 ms of CPU time"),
        ("blocking", "each blocks its worker for 2 ms"),
    ):
        kinds.add_argument(
            f"--{kind}", dest="application", action="store_const", const=kind, help=text
        )
    parser.set_defaults(application="echo")
    options = parser.parse_args()
    own, theirs = choose(share=options.application == "busy")
    count = options.clients = len(theirs - own) or 1
    print(
        f"clients on cores {theirs}, {options.window} connections of each at once; workers on {own}"
    )
    heads = f"{'conn/s':>9} {'CPU us':>9} {'least':>6}"
    print("round  " + "   ".join(f"{heads} (of {workers})" for workers in WORKERS))
    faster: list[float] = []
    dearer: list[float] = []
    with ProcessPoolExecutor(count, initializer=os.sched_setaffinity, initargs=(0, theirs)) as pool:
        for number in range(1, options.rounds + 1):
            turns = [measure(workers, options, pool, own) for workers in WORKERS]
            print(f"{number:5}  " + "          ".join(map(str, turns)), flush=True)
            faster.append(turns[-1].rate / turns[0].rate)
            dearer.append(turns[-1].cost_us / turns[0].cost_us)
    print(
        f"Two workers serve {statistics.median(faster):.2f} times the connections of one (median; "
        f"{min(faster):.2f} to {max(faster):.2f}), each for {statistics.median(dearer):.2f} times "
        "the CPU time."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
