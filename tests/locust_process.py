"""Locust as a program of its own, for the tests that run the locustfiles for real.

Locust patches the process that imports it, so nothing here does.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
from support import ROOT

__all__ = [
    "ALL_SPAWNED",
    "LOCUST_GUARD_S",
    "Locust",
    "broken_lines",
    "check_passed",
    "found",
    "listening_port",
    "locust",
    "results_of",
]

#: Seconds after which a run that a test waits for is taken to be lost.
LOCUST_GUARD_S = 40.0

#: Seconds between two looks at something that cannot be waited for.
_LOOK_S = 0.02

#: What each run prints once its users are there.
ALL_SPAWNED = "All users spawned"

Found = TypeVar("Found")


def found(look: Callable[[], Found | None], what: str) -> Found:
    """Look until there is something."""
    deadline = time.monotonic() + LOCUST_GUARD_S
    while not (seen := look()):
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(_LOOK_S)
    return seen


@dataclass
class Locust:
    """A Locust that runs, in a session of its own, and the file that it writes to."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def output(self) -> str:
        """What it has printed so far, on either stream."""
        return self.log.read_text()

    def wait_for(self, text: str) -> None:
        """Wait until it has printed this."""
        found(lambda: text in self.output or self.process.poll() is not None, text)
        assert text in self.output, self.output

    def children(self) -> list[psutil.Process]:
        """The processes that it has started, and those that these have."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def send_to_all(self, number: signal.Signals) -> None:
        """Send a signal to its process group, as a terminal does."""
        os.killpg(self.process.pid, number)

    def end(self) -> tuple[int, str]:
        """Wait for its end; its exit code, and all that it has printed."""
        try:
            code = self.process.wait(LOCUST_GUARD_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end: {self.output}") from None
        return code, self.output


@contextlib.contextmanager
def locust(
    tmp_path: Path, test: str | Path, *arguments: str, name: str = "locust"
) -> Iterator[Locust]:
    """Run a locustfile, one of ``loadtests/`` by its name; killed in the end, if it still runs."""
    path = ROOT / "loadtests" / f"{test}.py" if isinstance(test, str) else test
    log = tmp_path / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", str(path), "--only-summary", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Locust(process, log)
    finally:
        # A server under load ends with its Locust.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def listening_port(program: Locust) -> int:
    """The port of the only socket that it listens on, once it does."""

    def look() -> int | None:
        assert program.process.poll() is None, program.output
        connections = psutil.Process(program.process.pid).net_connections("tcp")
        ports = [each.laddr.port for each in connections if each.status == psutil.CONN_LISTEN]
        return ports[0] if ports else None

    return found(look, "a listening socket")


def results_of(path: Path) -> Any:
    """The results that a run has written."""
    return json.loads(path.read_text())


def broken_lines(output: str) -> list[str]:
    """The lines of the verdict that tell what did not hold."""
    return [line for line in output.splitlines() if line.startswith("BROKEN")]


def check_passed(test: str, code: int, output: str) -> None:
    """All that was expected held, and the verdict and the exit code say so."""
    assert broken_lines(output) == [], output
    assert "Traceback" not in output
    assert code == 0, output
    assert f"{test}: passed" in output.splitlines()
