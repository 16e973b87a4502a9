"""A program in Locust's place: it takes the options and does what a test has told it.

Beside the results file it is to write, in ``fake_locust.json``, stand the documents and the
misdeeds by the name of the run: ``crash`` leaves with status 3 and no results, ``exit`` writes them
but leaves with status 1, ``hang`` waits for ever, ``deaf`` even when told to end, ``partial`` waits
for ever and writes what it has when told to end.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--results", type=Path, required=True)
parser.add_argument("--html", type=Path, required=True)
options, _ = parser.parse_known_args()

told = json.loads(options.results.with_name("fake_locust.json").read_text())
name = options.results.stem
misdeed = told["misdeeds"].get(name)
print(f"{name} begins", flush=True)


def finish() -> None:
    """Write what Locust and a locustfile write."""
    options.results.write_text(json.dumps(told["documents"][name]))
    options.html.write_text("<!doctype html>")


def finish_early(*_: object) -> None:
    """Write what there is, and leave."""
    finish()
    sys.exit(0)


if misdeed == "crash":
    print("Traceback: it broke", file=sys.stderr)
    sys.exit(3)
if misdeed == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if misdeed == "partial":
    signal.signal(signal.SIGTERM, finish_early)
if misdeed in ("hang", "deaf", "partial"):
    options.results.with_suffix(".waiting").touch()
    while True:
        signal.pause()
finish()
sys.exit(1 if misdeed == "exit" else 0)
