"""Locust as a program of its own, without a web UI: what it says of a locustfile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from gevent.hub import get_hub
from support import ROOT

__all__ = ["Ran", "run_locust"]

#: Seconds that a run of Locust may take; its start is most of it.
RUN_S = 18


class Ran:
    """What a headless run of Locust has said."""

    def __init__(self, code: int, output: str, errors: str) -> None:
        self.code = code
        self.output = output
        self.errors = errors
        start = output.find("[\n")  # an array over several lines, among what the locustfile prints
        assert start >= 0, output + errors
        entries, _ = json.JSONDecoder().raw_decode(output, start)
        self.statistics = {entry["name"]: entry for entry in entries}

    def count(self, name: str) -> tuple[int, int]:
        """How many requests of this name there were, and how many failed."""
        entry = self.statistics[name]
        return entry["num_requests"], entry["num_failures"]


def run_locust(locustfile: str | Path, *options: str) -> Ran:
    """Run a locustfile, or several with commas between, to the end; other greenlets go on."""
    program = [sys.executable, "-m", "locust", "-f", str(locustfile)]
    command = [*program, "--headless", "--json", *options]
    done = get_hub().threadpool.apply(
        subprocess.run,
        (command,),
        {
            "env": {**os.environ, "PYTHONPATH": str(ROOT)},
            "capture_output": True,
            "text": True,
            "timeout": RUN_S,
            "check": False,
        },
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)
