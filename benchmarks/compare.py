"""gnet of the working tree beside gnet of another commit: ``python -m benchmarks.compare main``.

Benchmark and servers are those of the working tree for both; only ``gnet/`` is taken from the
commit. The two take turns as peers do, and the commit takes part twice: how much it seems to
differ from itself is the noise. With ``--instructions`` nothing is timed: instructions are counted
(see ``instructions.py``), which a busy machine does not change.

The exit status is 1 if something is slower beyond noise and by more than 3 %, or could not be
compared, and 2 if there is no such commit.
"""

import argparse
import compileall
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.emit import EMITS, EMITTERS, run_emit
from benchmarks.instructions import count_instructions
from benchmarks.load import LoadError
from benchmarks.machine import choose_cores, raise_file_limit
from benchmarks.measured import SUBJECT
from benchmarks.peers import PEERS, ROOT, UnavailableError
from benchmarks.progress import Progress
from benchmarks.rounds import Outcome, run_rounds
from benchmarks.verdict import Comparison, estimate, ratios_of_rounds
from benchmarks.workloads import WORKLOADS, Plan

__all__ = ["RefError", "main", "unpacked"]

#: Many short rounds tell more than a few long ones: each starts the servers afresh.
ROUNDS = 12

#: Slower by more than this share of the cost is what the exit status tells.
TOLERATED = 0.03

BASE, HERE, BASE_AGAIN = "base", "here", "base again"


class RefError(Exception):
    """There is no such commit, or no gnet in it; the text says which."""


@dataclass(frozen=True)
class Sides:
    """Directories with the two versions; a program that is started in one finds its ``gnet``."""

    base: Path
    here: Path


@contextmanager
def unpacked(ref: str) -> Iterator[Sides]:
    """Put ``gnet/`` of a commit and of the working tree into directories that last for the block.

    Both are copies, with paths of the same length, so that nothing but their content differs; and
    the working tree may be worked on meanwhile. Beside each ``gnet`` is a link to the
    ``benchmarks`` of the working tree.

    Raises:
        RefError: The repository has no such commit, or that one has no ``gnet/``.
    """
    if ref.startswith("-") or _git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}") is None:
        raise RefError(f"there is no commit {ref!r}")
    archive = _git("archive", ref, "gnet")
    if archive is None:
        raise RefError(f"there is no gnet/ in {ref!r}")
    with tempfile.TemporaryDirectory(prefix="gnet-compare-") as folder:
        sides = Sides(Path(folder, "base"), Path(folder, "here"))
        sides.base.mkdir()
        subprocess.run(["tar", "-x", "-C", sides.base], input=archive, check=True)
        without_caches = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "gnet", sides.here / "gnet", ignore=without_caches)
        for side in (sides.base, sides.here):
            (side / "benchmarks").symlink_to(ROOT / "benchmarks")
            # Otherwise the first server of each would compile, and no other.
            compileall.compile_dir(side / "gnet", quiet=2)
        yield sides


def _git(*arguments: str) -> bytes | None:
    """Return what git prints; ``None`` if it fails."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    except OSError as error:
        raise RefError(f"git does not run: {error}") from error
    return done.stdout if done.returncode == 0 else None


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the settings of a comparison."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compare",
        description="Is gnet here faster or slower than gnet of another commit?",
    )
    parser.add_argument("base", metavar="BASE", help="commit, branch or tag to compare with")
    parser.add_argument(
        "--workload",
        action="append",
        choices=[*WORKLOADS, *EMITS],
        metavar="NAME",
        help="compare this one; may be repeated (default: the headlines, and emit-1)",
    )
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help=f"rounds of each workload (default {ROUNDS})"
    )
    parser.add_argument(
        "--instructions", action="store_true", help="count instructions with valgrind instead"
    )
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if not options.workload:
        headlines = [name for name, workload in WORKLOADS.items() if workload.is_headline]
        options.workload = [*headlines, "emit-1"]
    options.workload = list(dict.fromkeys(options.workload))
    return options


def _measure(
    name: str,
    directories: Mapping[str, Path],
    plan: Plan,
    on_progress: Callable[[int, str], None],
) -> Mapping[str, Outcome]:
    """Measure one workload with gnet of several directories, by the names of those."""
    if name in EMITS:
        emitter = EMITTERS[SUBJECT]
        emitters = [replace(emitter, name=n, directory=d) for n, d in directories.items()]
        return run_emit(EMITS[name], emitters, plan, on_progress).outcomes
    peer = PEERS[SUBJECT]
    peers = [replace(peer, name=n, directory=d) for n, d in directories.items()]
    return run_rounds(WORKLOADS[name], peers, plan, on_progress)


def compare_costs(options: argparse.Namespace, sides: Sides) -> int:
    """Compare CPU time or memory; print a line per workload, and return the exit status."""
    plan = Plan(options.rounds, True, choose_cores())
    directories = {BASE: sides.base, HERE: sides.here, BASE_AGAIN: sides.base}
    print(f"cost here / cost at {options.base}; rounds: {plan.rounds}; {plan.cores}")
    print(f"{'workload':20}{'ratio':>7}  {'95 % interval':16}{'noise':16}verdict", flush=True)
    is_slower = is_broken = False
    with Progress(options.workload, plan.rounds) as progress:
        for name in options.workload:
            outcomes = _measure(name, directories, plan, progress.of(name))
            progress.clear()
            found = _compared(outcomes)
            if isinstance(found, str):
                is_broken = True
                print(f"{name:20}{found}", flush=True)
                continue
            is_slower = is_slower or found.is_slower_by(TOLERATED)
            print(
                f"{name:20}{found.change.ratio:7.3f}  {found.change!s:16}{found.noise!s:16}"
                f"{_in_words(found, name)}",
                flush=True,
            )
    return 1 if is_slower or is_broken else 0


def _compared(outcomes: Mapping[str, Outcome]) -> Comparison | str:
    """Return what comes of the outcomes, or why nothing does."""
    for outcome in outcomes.values():
        if outcome.problem:
            return outcome.problem
    change = ratios_of_rounds(outcomes[HERE], outcomes[BASE])
    noise = ratios_of_rounds(outcomes[BASE_AGAIN], outcomes[BASE])
    if not change or not noise:
        return "nothing was used that can be compared"
    return Comparison(estimate(change), estimate(noise))


def _in_words(found: Comparison, name: str) -> str:
    """Return the verdict, in other words where memory is compared."""
    words = {"slower": "more memory", "faster": "less memory"} if _is_of_memory(name) else {}
    return words.get(found.verdict, found.verdict)


def _is_of_memory(name: str) -> bool:
    return name in WORKLOADS and WORKLOADS[name].unit.startswith("bytes")


def compare_instructions(options: argparse.Namespace, sides: Sides) -> int:
    """Compare instructions per operation; print a line per workload, and return the exit status."""
    print(f"instructions per operation, here and at {options.base}")
    print(f"{'workload':20}{'base':>10}{'here':>10}{'ratio':>8}", flush=True)
    is_slower = False
    for name in options.workload:
        if name in EMITS or _is_of_memory(name):
            print(f"{name:20}not a matter of a server's instructions", flush=True)
            continue
        counts = [
            count_instructions(WORKLOADS[name], replace(PEERS[SUBJECT], directory=directory))
            for directory in (sides.base, sides.here)
        ]
        ratio = counts[1] / counts[0]
        is_slower = is_slower or ratio > 1 + TOLERATED
        print(f"{name:20}{counts[0]:10,.0f}{counts[1]:10,.0f}{ratio:8.3f}", flush=True)
    return 1 if is_slower else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and return the exit status of the program."""
    options = parse(arguments)
    raise_file_limit()
    try:
        with unpacked(options.base) as sides:
            return (compare_instructions if options.instructions else compare_costs)(options, sides)
    except (RefError, UnavailableError, LoadError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
