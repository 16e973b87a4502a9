"""The command line: ``python -m benchmarks``, from the root of the repository."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.environment import describe
from benchmarks.machine import choose_cores, raise_file_limit
from benchmarks.peers import DEFAULT_PEERS, PEERS
from benchmarks.report import table, write_json
from benchmarks.rounds import Outcome, run_rounds
from benchmarks.workloads import WORKLOADS, Plan, Workload

ROUNDS = 6
QUICK_ROUNDS = 2


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the settings of a run."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Server CPU time and memory per operation of gnet, as a ratio to its peers.",
    )
    parser.add_argument("--rounds", type=_positive, help=f"turns of each server (default {ROUNDS})")
    parser.add_argument(
        "--workload",
        action="append",
        choices=WORKLOADS,
        help="run this one; may be repeated (default: all)",
    )
    parser.add_argument(
        "--peer",
        action="append",
        choices=PEERS,
        help=f"measure this one; may be repeated (default: {', '.join(DEFAULT_PEERS)})",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all samples there")
    parser.add_argument(
        "--quick", action="store_true", help=f"a first look: fewer slices, {QUICK_ROUNDS} rounds"
    )
    options = parser.parse_args(arguments)
    if options.json is not None and not options.json.parent.is_dir():
        parser.error(f"no such directory: {options.json.parent}")
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    return options


def _positive(text: str) -> int:
    """Read a whole number above zero."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def show_progress(text: str) -> None:
    """Replace the progress line, if standard error is a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def run(options: argparse.Namespace) -> int:
    """Measure, print a table per workload as soon as it is done, and return the exit status."""
    # In the order of the report, each one once, whatever the order on the command line.
    peers = [peer for name, peer in PEERS.items() if name in (options.peer or DEFAULT_PEERS)]
    workloads = [w for name, w in WORKLOADS.items() if name in (options.workload or WORKLOADS)]
    raise_file_limit()
    plan = Plan(options.rounds, options.quick, choose_cores())
    environment = describe()
    print(", ".join(f"{key} {value}" for key, value in environment.items()))
    print(f"{plan.rounds} rounds; {plan.cores}", flush=True)
    results: dict[Workload, dict[str, Outcome]] = {}
    for workload in workloads:

        def on_progress(number: int, what: str, name: str = workload.name) -> None:
            show_progress(f"{name}: round {number} of {plan.rounds}, {what}")

        outcomes = run_rounds(workload, peers, plan, on_progress)
        results[workload] = outcomes
        show_progress("")
        print(f"\n{table(workload, outcomes)}", flush=True)
    if options.json is not None:
        write_json(options.json, environment, asdict(plan), results)
    measured = any(o.is_complete for outcomes in results.values() for o in outcomes.values())
    return 0 if measured else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks and return the exit status of the program."""
    options = parse(arguments)
    if sys.platform != "linux":
        print("these benchmarks need Linux (epoll, /proc, pinning to cores)", file=sys.stderr)
        return 2
    try:
        return run(options)
    except KeyboardInterrupt:
        show_progress("")
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
