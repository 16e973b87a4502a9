"""The peers: which servers are compared, and how each one is started, watched and stopped.

Every server is a program of its own, so that its process holds nothing but the server. It prints
its port first and ends when its standard input closes, so none can outlive the benchmark, however
that ends.
"""

import atexit
import functools
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

#: Seconds a server or Node may take to start, as a rule.
START_S = 15.0

#: Seconds that a compiler may take.
COMPILE_S = 30.0


class UnavailableError(Exception):
    """A peer cannot be run on this machine; the text says why."""


@dataclass(frozen=True)
class Peer:
    """One server to compare.

    Attributes:
        name: Name on the command line and in the report.
        command: Returns the command that starts it in a role (see ``servers/__init__.py``), or
            raises ``UnavailableError``.
        directory: Where it is started, which is where ``python -m`` finds ``gnet`` and
            ``benchmarks``: another directory makes a peer of another version of gnet.
        start_s: Seconds it may take from its start to the line with its port.
    """

    name: str
    command: Callable[[str], list[str]]
    directory: Path = ROOT
    start_s: float = START_S


def _python(module: str) -> Callable[[str], list[str]]:
    """Return the command of a server module, run by the interpreter that runs this."""
    return lambda role: [sys.executable, "-m", f"benchmarks.servers.{module}", role]


def _node(role: str) -> list[str]:
    """Return the command of Node's server."""
    return [node_executable(), str(SERVERS / "node_server.js"), role]


def _c(role: str) -> list[str]:
    """Return the command of the server in C, which is made from its source once in a run."""
    if role != "echo":
        raise UnavailableError(f"has no server for {role}")
    return [_compiled("echo.c")]


@functools.cache
def _compiled(source: str) -> str:
    """Return the path of a program made from a source; raise ``UnavailableError`` if none is."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise UnavailableError("no C compiler (cc) on PATH")
    directory = tempfile.mkdtemp(prefix="gnet-benchmarks-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    program = str(Path(directory, Path(source).stem))
    command = [compiler, "-O2", "-Wall", "-o", program, str(SERVERS / source)]
    try:
        subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_S, check=True)
    except subprocess.CalledProcessError as error:
        raise UnavailableError(f"{source} does not compile: {error.stderr.strip()}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"the C compiler does not run: {error}") from error
    return program


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
    Peer("gnet", _python("gnet_server")),
    Peer("StreamServer", _python("stream_server")),
    Peer("uvloop", _python("uvloop_protocol")),
    Peer("uvloop-streams", _python("uvloop_streams")),
    Peer("asyncio", _python("asyncio_protocol")),
    Peer("node", _node),
    Peer("c-epoll", _c),
)

#: All peers by name, in the order of the report.
PEERS = {peer.name: peer for peer in _ALL}

#: The peers of a run that names none.
DEFAULT_PEERS = ("gnet", "StreamServer", "uvloop", "node", "c-epoll")


class ServerProcess:
    """A running server: started on entering the block, killed on leaving it.

    Args:
        peer: Which server.
        core: The core it is pinned to with all its threads, or ``None``.
        role: What it does; see ``servers/__init__.py``.
        arguments: What else it is told on its command line.
    Raises:
        UnavailableError: It did not come up; the text is what it said last.

    Attributes:
        pid: Its process id.
        port: The port it listens on.
    """

    pid: int
    port: int

    def __init__(
        self, peer: Peer, core: int | None, role: str = "echo", *arguments: object
    ) -> None:
        self._peer = peer
        self._core = core
        self._role = role
        self._arguments = [str(argument) for argument in arguments]

    def __enter__(self) -> "ServerProcess":
        command = [*self._peer.command(self._role), *self._arguments]
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
        readable = select.poll()  # Unlike select(), it takes descriptors past 1,023.
        readable.register(stdout, select.POLLIN)
        start_s = self._peer.start_s
        deadline = time.monotonic() + start_s
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not readable.poll(left * 1000):
                raise UnavailableError(f"named no port within {start_s:g} s: {self.last_words()}")
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
