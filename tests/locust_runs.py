"""Locust as a program of its own, without a web UI: what it says of a locustfile.

A run ends when there have been enough requests, not after some seconds: Locust's ``--run-time``
begins while it still starts, and on a busy machine may be over before the first request.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from gevent.hub import get_hub
from support import ROOT

__all__ = ["Ran", "run_locust", "run_until"]

#: Seconds that a run of Locust may take; its start is most of it.
RUN_S = 18


#: A second locustfile: it ends the run when so many requests of a name were told.
ENOUGH = """
import gevent
from locust import events

@events.init.add_listener
def on_init(environment, **kwargs):
    left = [None] * {count}

    @environment.events.request.add_listener
    def on_request(name, **kwargs):
        if name == {name!r} and left:
            left.pop()
            if not left:
                gevent.spawn(environment.runner.quit)
"""


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


def run_locust(locustfile: Path, beside: Path, *options: str) -> Ran:
    """Run two locustfiles, the second of which must end the run; other greenlets go on."""
    program = [sys.executable, "-m", "locust", "-f", f"{locustfile},{beside}"]
    command = [*program, "--headless", "--json", "-t", "15", *options]
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


def run_until(name: str, count: int, locustfile: Path, *options: str) -> Ran:
    """Run a locustfile until there were so many requests of this name."""
    beside = locustfile.with_name("enough.py")
    beside.write_text(ENOUGH.format(name=name, count=count), encoding="utf-8")
    return run_locust(locustfile, beside, *options)
