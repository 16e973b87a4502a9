"""The peers: which servers are compared, and how each one is started, watched and stopped.

Every server is a program of its own, so that its process holds nothing but the server. It prints
its port first and ends when its standard input closes, so none can outlive the benchmark, however
that ends.
"""

import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from benchmarks.machine import pinned

__all__ = [
    "DEFAULT_PEERS",
    "PEERS",
    "Peer",
    "ServerProcess",
    "UnavailableError",
    "node_executable",
    "node_version",
]

ROOT = Path(__file__).resolve().parent.parent
SERVERS = Path(__file__).resolve().parent / "servers"

#: Seconds a server may take from its start to the line with its port.
START_S = 15.0


class UnavailableError(Exception):
    """A peer cannot be run on this machine; the text says why."""


@dataclass(frozen=True)
class Peer:
    """One server to compare.

    Attributes:
        name: Name on the command line and in the report.
        command: Returns the command that starts it, or raises ``UnavailableError``.
        directory: Where it is started, which is where ``python -m`` finds ``gnet`` and
            ``benchmarks``: another directory makes a peer of another version of gnet.
    """

    name: str
    command: Callable[[], list[str]]
    directory: Path = ROOT


def _python(module: str) -> Callable[[], list[str]]:
    """Return the command of a server module, run by the interpreter that runs this."""
    return lambda: [sys.executable, "-m", f"benchmarks.servers.{module}"]


def _node() -> list[str]:
    """Return the command of Node's server."""
    return [node_executable(), str(SERVERS / "node_echo.js")]


def node_executable() -> str:
    """Return the path of the Node that is compared; raise ``UnavailableError`` without one."""
    return _ask_node("process.execPath")


def node_version() -> str:
    """Return the version of the Node that is compared; raise ``UnavailableError`` without one."""
    return _ask_node("process.versions.node")


def _ask_node(expression: str) -> str:
    """Return what Node prints for an expression.

    A ``node`` that was installed beside this interpreter comes first. It may be a small program
    that starts the real one as a child; the server is started from ``process.execPath``, since
    that child is the process to be measured.
    """
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    node = shutil.which("node", path=beside)
    if node is None:
        raise UnavailableError("no node beside the Python interpreter or on PATH")
    try:
        answer = subprocess.run(
            [node, "-p", expression], capture_output=True, text=True, timeout=START_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise UnavailableError(f"node does not run: {error}") from error
    return answer.stdout.strip()


_ALL = (
    Peer("gnet", _python("gnet_echo")),
    Peer("StreamServer", _python("stream_server")),
    Peer("uvloop", _python("uvloop_echo")),
    Peer("node", _node),
    Peer("asyncio", _python("asyncio_echo")),
)

#: All peers by name, in the order of the report.
PEERS = {peer.name: peer for peer in _ALL}

#: The peers of a run that names none.
DEFAULT_PEERS = ("gnet", "StreamServer", "uvloop", "node")


class ServerProcess:
    """A running server: started on entering the block, killed on leaving it.

    Args:
        peer: Which server.
        core: The core it is pinned to with all its threads, or ``None``.
    Raises:
        UnavailableError: It did not come up; the text is what it said last.

    Attributes:
        pid: Its process id.
        port: The port it listens on.
    """

    pid: int
    port: int

    def __init__(self, peer: Peer, core: int | None) -> None:
        self._peer = peer
        self._core = core

    def __enter__(self) -> "ServerProcess":
        command = self._peer.command()
        self._stderr = tempfile.TemporaryFile()
        # In a session of its own, Ctrl-C on the terminal reaches the benchmark alone, which then
        # ends its servers in order.
        with pinned(self._core):
            self._process = subprocess.Popen(
                command,
                cwd=self._peer.directory,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                start_new_session=True,
            )
        self.pid = self._process.pid
        try:
            self.port = self._read_port()
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._release()

    def stop(self) -> None:
        """Kill the server and wait for its end; there is nothing in it to be saved."""
        self._process.kill()
        self._process.wait()

    def last_words(self) -> str:
        """Return the last line the server wrote to standard error, or how it ended."""
        # Through the same open file as the server's, whose position must stay where it is.
        size = os.fstat(self._stderr.fileno()).st_size
        tail = os.pread(self._stderr.fileno(), 4096, max(0, size - 4096))
        lines = [line for line in tail.decode(errors="replace").splitlines() if line.strip()]
        if lines:
            return lines[-1].strip()
        status = self._process.poll()
        return "no message" if status is None else f"no message, exit status {status}"

    def _read_port(self) -> int:
        """Wait for the first line of standard output, and return the port in it."""
        assert self._process.stdout is not None
        stdout = self._process.stdout.fileno()
        deadline = time.monotonic() + START_S
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([stdout], [], [], left)[0]:
                raise UnavailableError(f"named no port within {START_S:g} s: {self.last_words()}")
            byte = os.read(stdout, 1)
            if not byte:
                self._process.wait(START_S)
                raise UnavailableError(self.last_words())
            line += byte
        return int(line)

    def _release(self) -> None:
        """Stop the server and close what connects it to this process."""
        self.stop()
        for pipe in (self._process.stdin, self._process.stdout, self._stderr):
            assert pipe is not None
            pipe.close()
