"""Clients of several processes: who served them, and what became of each connection."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import gevent
import gevent.socket
import psutil
from serving_process import SERVING_GUARD_S, Serving, running

__all__ = [
    "TELLING",
    "Held",
    "Load",
    "accept_queues",
    "activated",
    "ask",
    "eventually",
    "load",
    "wait_for_edition",
    "workers_of",
]

#: An application that tells each client which process serves it, and of what edition it is, and
#: then sends back what it gets.
TELLING = """\
import os
def on_connection(socket):
    socket.write(f"{os.getpid()} first\\n")
    socket.on("data", socket.write)
"""

#: Seconds between two looks at something that cannot be waited for.
_LOOK_S = 0.01

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], what: str) -> Found:
    """Look until there is something."""
    deadline = time.monotonic() + SERVING_GUARD_S
    while not (seen := look()):
        assert time.monotonic() < deadline, f"never came: {what}"
        gevent.sleep(_LOOK_S)
    return seen


def workers_of(served: Serving, count: int) -> list[int]:
    """The worker processes, as soon as there are so many that serve."""

    def look() -> list[int] | None:
        children = psutil.Process(served.pid).children()
        found = [each.pid for each in children if _takes_signals(each)]
        return sorted(found) if len(found) == count else None

    return eventually(look, f"{count} workers")


def _takes_signals(process: psutil.Process) -> bool:
    """Whether it catches SIGUSR1 and leaves SIGHUP alone, as no arbiter does."""
    try:
        with open(f"/proc/{process.pid}/status") as status:
            fields = dict(line.split(":\t", 1) for line in status)
        caught = int(fields["SigCgt"], 16)
    except (FileNotFoundError, ProcessLookupError, KeyError):
        return False
    hears = [bool(caught >> (number - 1) & 1) for number in (signal.SIGUSR1, signal.SIGHUP)]
    return hears == [True, False]


def accept_queues(port: int) -> list[int]:
    """How many connections wait in each socket that listens on the port, of IPv4 (proc(5))."""
    found = []
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, queues, *_ = line.split()
        if state == "0A" and int(local.partition(":")[2], 16) == port:
            found.append(int(queues.partition(":")[2], 16))
    return found


class Held:
    """A connection that stays open."""

    def __init__(self, port: int) -> None:
        self.socket = gevent.socket.create_connection(("127.0.0.1", port), SERVING_GUARD_S)
        try:
            greeting = self._line().split()
        except OSError:
            self.socket.close()
            raise
        #: Which process serves it, and of what edition that is.
        self.pid, self.edition = int(greeting[0]), greeting[1].decode()

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            more = self.socket.recv(100)
            if not more:
                raise ConnectionAbortedError(errno.ECONNABORTED, f"ended after {line!r}")
            line += more
        return line

    def echo(self, text: bytes = b"x" * 63 + b"\n") -> None:
        """Send it and get it back."""
        self.socket.sendall(text)
        got = self._line()
        assert got == text, got

    def finish(self) -> None:
        """End it, and see the other end end it, too."""
        self.socket.shutdown(gevent.socket.SHUT_WR)
        assert self.socket.recv(100) == b""
        self.socket.close()

    def reset(self) -> None:
        """Give it up."""
        linger = struct.pack("ii", 1, 0)
        self.socket.setsockopt(gevent.socket.SOL_SOCKET, gevent.socket.SO_LINGER, linger)
        self.socket.close()

    def fate(self) -> str:
        """Wait until the other end is gone: ``'end'``, or ``'ECONNRESET'``."""
        try:
            while self.socket.recv(100):
                pass
            return "end"
        except ConnectionResetError:
            return "ECONNRESET"
        finally:
            self.socket.close()


def ask(port: int) -> tuple[int, str]:
    """Connect once: who served, and of what edition it is."""
    held = Held(port)
    held.echo()
    held.finish()
    return held.pid, held.edition


def wait_for_edition(port: int, edition: str) -> None:
    """Connect until that edition serves."""
    eventually(lambda: ask(port)[1] == edition, f"the edition {edition}")


class Load:
    """Clients that connect, echo and close, again and again.

    Attributes:
        served: For each process, how many connections it has served.
        editions: What they said they were of, in the order in which that was first heard.
        failures: What went wrong, with the process that served, or None if none did yet.
    """

    def __init__(self, port: int, clients: int) -> None:
        self._port = port
        self.served: dict[int, int] = {}
        self.editions: list[str] = []
        self.failures: list[tuple[int | None, str]] = []
        self.clients = clients
        self._goes_on = True
        self._greenlets = [gevent.spawn(self._run) for _ in range(clients)]

    @property
    def count(self) -> int:
        """How many connections went well."""
        return sum(self.served.values())

    def has_heard_of(self, edition: str) -> bool:
        """Whether somebody was served by that edition."""
        return edition in self.editions

    def wait_for_more(self, count: int) -> None:
        """Wait until so many more have been served."""
        wanted = self.count + count
        eventually(lambda: self.count >= wanted, f"{count} more connections")

    def stop(self) -> None:
        """Let those that are under way come to their end."""
        self._goes_on = False
        gevent.joinall(self._greenlets, raise_error=True)

    def _run(self) -> None:
        while self._goes_on:
            held: Held | None = None
            try:
                held = Held(self._port)
                held.echo()
                held.finish()
            except OSError as error:
                self.failures.append((None if held is None else held.pid, repr(error)))
                continue
            finally:
                if held is not None:
                    held.socket.close()
            self.served[held.pid] = self.served.get(held.pid, 0) + 1
            if held.edition not in self.editions:
                self.editions.append(held.edition)


@contextlib.contextmanager
def load(port: int, clients: int = 8) -> Iterator[Load]:
    """Clients for as long as that lasts; all of them have ended then."""
    running = Load(port, clients)
    try:
        yield running
    finally:
        running.stop()


#: Moves the sockets where systemd has them, and becomes the command.
_ACTIVATE = """\
import fcntl, os, sys
numbers = [int(number) for number in sys.argv[1].split(",")]
spare = [fcntl.fcntl(number, fcntl.F_DUPFD, 100) for number in numbers]
for place, number in enumerate(spare, 3):
    os.dup2(number, place)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(spare)))
os.execv(sys.argv[2], sys.argv[2:])
"""


def activated(
    directory: Path, command: list[str], *sockets: socket.socket
) -> contextlib.AbstractContextManager[Serving]:
    """Run a command as systemd does, with listening sockets from descriptor 3 on."""
    numbers = [each.fileno() for each in sockets]
    launcher = [sys.executable, "-c", _ACTIVATE, ",".join(map(str, numbers))]
    return running([*launcher, *command], directory, pass_fds=numbers)
