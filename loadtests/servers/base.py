"""What the servers under load have in common: counts, statistics, pauses.

A subclass says how it listens, counts and stops accepting. None of them logs anything about a
connection, and none lets what the network does (resets, clients that vanish) reach anybody.
"""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import gevent
from gevent.lock import RLock

from gnet import kernel_options
from gnet.kernel_options import AcceptQueue
from loadtests.agreement import Address, Statistics
from loadtests.kernel import listen_counters, read_setting, socket_drops

__all__ = ["Counts", "LoadedServer", "ServerOptions", "UnavailableError"]


class UnavailableError(Exception):
    """The server cannot be run on this machine; the text says why, and what to do."""


@dataclass(frozen=True)
class ServerOptions:
    """What a server is started with.

    Attributes:
        host: IP address to listen on.
        port: Port; 0 lets the system choose.
        backlog: Length of the accept queue asked for, at least 1.
        max_connections: How many connections may be open at once; None for no limit.
    """

    host: str
    port: int
    backlog: int
    max_connections: int | None


@dataclass
class Counts:
    """Connections counted, as in `Statistics`."""

    connections: int = 0
    peak_connections: int = 0
    accepted: int = 0
    dropped: int = 0


class LoadedServer(ABC):
    """A server that greets, echoes and counts.

    Args:
        options: What it is started with.
        on_failure: Called with a readable text if it ends by itself after its start.
    """

    #: Its name on the command line.
    name: ClassVar[str]

    def __init__(self, options: ServerOptions, on_failure: Callable[[str], None]) -> None:
        self._options = options
        self._on_failure = on_failure
        self._is_paused = False
        self._end_of_pause: gevent.Greenlet[[], None] | None = None
        self._pausing = RLock()

    # ---------------------------------------------------------------- what differs

    @abstractmethod
    def start(self) -> None:
        """Listen.

        Raises:
            OSError: It cannot listen there.
            UnavailableError: It cannot be run.
        """

    @abstractmethod
    def stop(self) -> None:
        """Listen no more. Open connections end with the process."""

    @property
    @abstractmethod
    def address(self) -> Address:
        """Where it listens, once it has started."""

    @property
    @abstractmethod
    def version(self) -> str:
        """Version of the library that serves."""

    @property
    def pid(self) -> int:
        """The process that accepts: this one, if it is no other."""
        return os.getpid()

    def cpu_seconds(self) -> float:
        """CPU time of that process, user and system."""
        return time.process_time()

    @abstractmethod
    def counts(self) -> Counts:
        """What it has counted so far."""

    @abstractmethod
    def listening_fd(self) -> int:
        """The descriptor of the socket that it listens on."""

    def accept_queue(self) -> AcceptQueue | None:
        """How many connections wait in the kernel, and how many may."""
        return kernel_options.accept_queue(self.listening_fd())

    @abstractmethod
    def _stop_accepting(self, msecs: float) -> None:
        """Accept nothing from now on, for so many milliseconds; may be called again meanwhile."""

    @abstractmethod
    def _start_accepting(self) -> None:
        """Accept again: the milliseconds are over."""

    # ---------------------------------------------------------------- what does not

    def pause(self, msecs: float) -> None:
        """Leave connections in the kernel's queue for so many milliseconds.

        When this returns nothing is accepted any more. A second call starts the time anew.
        """
        with self._pausing:  # a subclass may have to wait for another process
            if self._end_of_pause is not None:
                self._end_of_pause.kill(block=False)
            self._is_paused = True
            self._stop_accepting(msecs)
            self._end_of_pause = gevent.spawn_later(msecs / 1000, self._resume)

    def _resume(self) -> None:
        self._end_of_pause = None
        self._is_paused = False
        self._start_accepting()

    def statistics(self) -> Statistics:
        """What can be told now.

        Raises:
            KernelError: The kernel does not tell its part.
        """
        counts = self.counts()
        drops = socket_drops(self.listening_fd())  # first, so as not to be ahead of the counters
        listen = listen_counters()
        return Statistics(
            server=self.name,
            version=self.version,
            pid=self.pid,
            address=self.address,
            backlog=self._options.backlog,
            max_connections=self._options.max_connections,
            connections=counts.connections,
            peak_connections=counts.peak_connections,
            accepted=counts.accepted,
            dropped=counts.dropped,
            paused=self._is_paused,
            accept_queue=self.accept_queue(),
            socket_drops=drops,
            listen_overflows=listen.overflows,
            listen_drops=listen.drops,
            somaxconn=read_setting("net.core.somaxconn"),
            cpu_seconds=self.cpu_seconds(),
            time=time.monotonic(),
        )
