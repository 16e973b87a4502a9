"""The command line: ``python -m benchmarks``, from the root of the repository."""

import argparse
import os
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.charts import write_charts
from benchmarks.emit import EMITS, EMITTERS, run_emit
from benchmarks.environment import describe
from benchmarks.machine import choose_cores, raise_file_limit
from benchmarks.measured import Measured, Results, measured_of, write_json
from benchmarks.peers import DEFAULT_PEERS, PEERS
from benchmarks.progress import Progress
from benchmarks.report import WIDTH, matrix, table
from benchmarks.rounds import run_rounds
from benchmarks.workloads import WORKLOADS, Plan

ROUNDS = 6
QUICK_ROUNDS = 2

#: Where results are written.
OUTPUT = Path(__file__).resolve().parent / "results"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the settings of a run."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="CPU time and memory per operation of gnet, as a ratio to its peers.",
    )
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--all", action="store_true", help="run all workloads, not the headlines")
    chosen.add_argument(
        "--workload",
        action="append",
        choices=[*WORKLOADS, *EMITS],
        metavar="NAME",
        help=f"run this one; may be repeated: {', '.join([*WORKLOADS, *EMITS])}",
    )
    parser.add_argument(
        "--peer",
        action="append",
        choices=list(dict.fromkeys([*PEERS, *EMITTERS])),
        help=f"measure this one; may be repeated (default: {', '.join(DEFAULT_PEERS)}, pyee)",
    )
    parser.add_argument("--rounds", type=positive, help=f"turns of each server (default {ROUNDS})")
    parser.add_argument(
        "--quick", action="store_true", help=f"a first look: fewer slices, {QUICK_ROUNDS} rounds"
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=OUTPUT,
        metavar="DIR",
        help=f"where results.json and the charts go (default {os.path.relpath(OUTPUT)})",
    )
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    return options


def positive(text: str) -> int:
    """Read a whole number above zero."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def run(options: argparse.Namespace) -> int:
    """Measure, print a table per workload as soon as it is done, and return the exit status."""
    options.output.mkdir(parents=True, exist_ok=True)
    raise_file_limit()
    plan = Plan(options.rounds, options.quick, choose_cores())
    environment = describe()
    print(textwrap.fill(", ".join(f"{key} {value}" for key, value in environment.items()), WIDTH))
    print(f"rounds: {plan.rounds}; {plan.cores}", flush=True)
    measured = []
    for found in _measure(options, plan):
        measured.append(found)
        print(f"\n{table(found)}", flush=True)
    if not measured:
        print("none of these peers has such a workload", file=sys.stderr)
        return 2
    print(f"\n{summary(measured)}\n")
    results = options.output / "results.json"
    write_json(results, Results(environment, asdict(plan), measured))
    for path in (results, *write_charts(options.output, measured)):
        print(f"wrote {os.path.relpath(path)}")
    return 0 if any(found.complete for found in measured) else 1


def _measure(options: argparse.Namespace, plan: Plan) -> Iterable[Measured]:
    """Measure what the options name, one thing at a time."""
    # In the order of the report, each one once, whatever the order on the command line.
    names = options.peer or (*DEFAULT_PEERS, *EMITTERS)
    peers = [peer for name, peer in PEERS.items() if name in names]
    emitters = [emitter for name, emitter in EMITTERS.items() if name in names]
    if options.workload:
        workloads = [w for name, w in WORKLOADS.items() if name in options.workload]
        emits = [emit for name, emit in EMITS.items() if name in options.workload]
    else:
        workloads = [w for w in WORKLOADS.values() if options.all or w.is_headline]
        emits = list(EMITS.values())
    # A peer that is no server, or no emitter, may be the only one that was named.
    workloads, emits = workloads if peers else [], emits if emitters else []
    names = [*(workload.name for workload in workloads), *(emit.name for emit in emits)]
    with Progress(names, plan.rounds) as progress:
        for workload in workloads:
            outcomes = run_rounds(workload, peers, plan, progress.of(workload.name))
            progress.clear()
            yield measured_of(workload, outcomes)
        for emit in emits:
            found = run_emit(emit, emitters, plan, progress.of(emit.name))
            progress.clear()
            yield found


def summary(measured: Sequence[Measured]) -> str:
    """Return the ratios of all workloads, and of the emits, at a glance."""
    workloads = [found for found in measured if found.name not in EMITS]
    emits = [found for found in measured if found.name in EMITS]
    parts = [
        matrix(f"gnet's {what}, as a share of the peer's (least by least)", found)
        for what, found in (("cost", workloads), ("emit", emits))
        if found
    ]
    return "\n\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks and return the exit status of the program."""
    options = parse(arguments)
    if sys.platform != "linux":
        print("these benchmarks need Linux (epoll, /proc, pinning to cores)", file=sys.stderr)
        return 2
    try:
        return run(options)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
