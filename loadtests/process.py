"""The server under load, as a process of its own that ends with this one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from loadtests.agreement import Ready

__all__ = ["ServerError", "ServerProcess"]

ROOT = Path(__file__).resolve().parent.parent

#: Seconds in which it has to end when told to.
_PATIENCE_S = 10


class ServerError(Exception):
    """The server did not start; the text says why."""


class ServerProcess:
    """Starts ``python -m loadtests.server`` and waits until one can connect.

    Args:
        arguments: For its command line.
    Raises:
        ServerError: It ended instead, with what it had to say.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        command = [sys.executable, "-m", "loadtests.server", "--end-with-parent", *arguments]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C on the terminal reaches Locust alone, which then ends the server.
            start_new_session=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        try:
            self.ready = Ready.from_json(line)
        except ValueError as error:
            self.stop()
            code = self._process.returncode
            text = f"said {line!r}" if line else f"ended with {code}; its last words are above"
            raise ServerError(f"the server {text}") from error

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
