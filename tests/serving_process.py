"""``gnet serve`` as a program of its own: started, waited for, told to stop, killed in the end.

Whoever waits here lets greenlets run meanwhile: clients of the process may be some.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import gevent
from support import ROOT

__all__ = [
    "ECHO",
    "SERVING_GUARD_S",
    "Serving",
    "clean_environment",
    "gnet_serve",
    "running",
    "write_app",
]

#: Seconds after which what a test waits for is taken to be lost.
SERVING_GUARD_S = 15.0

#: Seconds between two looks at what a process has written, and whether it has ended.
_LOOK_S = 0.004

#: An application that sends back what it gets.
ECHO = """\
def on_connection(socket):
    socket.on("data", socket.write)
"""


class Serving:
    """A process that runs, in a session of its own, and what it has written so far."""

    def __init__(self, process: subprocess.Popen[bytes], out: IO[bytes], err: IO[bytes]) -> None:
        self.process = process
        self._out = out
        self._err = err
        self._addresses: list[str] = []
        self._seen = 0  # lines that wait_for() has gone past

    @property
    def pid(self) -> int:
        """The process's number."""
        return self.process.pid

    @property
    def printed(self) -> str:
        """What is on standard output."""
        return _content(self._out)

    @property
    def told(self) -> str:
        """What is on standard error."""
        return _content(self._err)

    @property
    def lines(self) -> list[str]:
        """The whole lines on standard error."""
        return self.told.split("\n")[:-1]

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until a line of standard error has this in it, behind the one waited for before."""
        deadline = time.monotonic() + SERVING_GUARD_S
        while True:
            ended = self.process.poll() is not None  # asked before its last lines are read
            for number, line in enumerate(self.lines[self._seen :], self._seen + 1):
                if found := re.search(pattern, line):
                    self._seen = number
                    return found
            assert not ended, f"it ended without saying {pattern!r}: {self.told}"
            assert time.monotonic() < deadline, f"it never said {pattern!r}: {self.told}"
            gevent.sleep(_LOOK_S)

    def address(self, index: int = 0) -> str:
        """Where it listens, once it does: ``tcp://127.0.0.1:49152``; by the order of the lines."""
        while len(self._addresses) <= index:
            self._addresses.append(self.wait_for(r"listening on ([^\s\"]+)")[1])
        return self._addresses[index]

    def port(self, index: int = 0) -> int:
        """The TCP port that it listens on, once it does."""
        return int(self.address(index).rsplit(":", 1)[1])

    def connect(self, index: int = 0) -> socket.socket:
        """A connection to it over TCP; blocking, with a guard."""
        return socket.create_connection(("127.0.0.1", self.port(index)), SERVING_GUARD_S)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def stop(self) -> int:
        """Have it drain, and wait for its end; its exit code."""
        self.send(signal.SIGTERM)
        return self.end()

    def end(self) -> int:
        """Wait for its end; its exit code."""
        deadline = time.monotonic() + SERVING_GUARD_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end: {self.told}"
            gevent.sleep(_LOOK_S)
        return self.process.wait()


def _content(file: IO[bytes]) -> str:
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode()


def clean_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what steers ``gnet serve``, and with what is given."""
    steering = ("GNET_", "LISTEN_", "GUNICORN_", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(steering)}
    return {**kept, "PYTHONPATH": str(ROOT), **(environ or {})}


@contextlib.contextmanager
def running(
    command: Sequence[str],
    directory: Path,
    environ: Mapping[str, str] | None = None,
    **options: Any,
) -> Iterator[Serving]:
    """Run a command; it, and all it has started, is killed in the end.

    Args:
        command: Program and arguments.
        directory: Where it runs.
        environ: Variables beside those of `clean_environment`.
        options: More of `subprocess.Popen`'s, such as ``pass_fds``.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command,
            **{
                "cwd": directory,
                "env": clean_environment(environ),
                "stdin": subprocess.DEVNULL,
                "stdout": out,
                "stderr": err,
                "start_new_session": True,
                **options,
            },
        )
        try:
            yield Serving(process, out, err)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def gnet_serve(
    directory: Path, *arguments: str, environ: Mapping[str, str] | None = None, **options: Any
) -> contextlib.AbstractContextManager[Serving]:
    """Run ``python -m gnet serve …`` in a directory.

    Example:
        write_app(tmp_path)
        with gnet_serve(tmp_path, "--listen", "tcp://127.0.0.1:0", "app:on_connection") as served:
            with served.connect() as peer: …
            assert served.stop() == 0
    """
    command = [sys.executable, "-m", "gnet", "serve", *arguments]
    return running(command, directory, environ, **options)


def write_app(directory: Path, code: str = ECHO, name: str = "app.py") -> Path:
    """Write an application's module, at one go: a process that starts may be reading it."""
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(code)
    return new.replace(path)
