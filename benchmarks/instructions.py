"""Instructions that an operation takes a server: counted by valgrind, not timed.

What runs under ``callgrind`` is slower by a factor of fifty or so; its figures compare two versions
of one server and nothing else. They hardly depend on what else the machine does. Counting begins
once the server is warm, so starting and connecting are left out.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks.machine import Cores
from benchmarks.peers import Peer, ServerProcess, UnavailableError
from benchmarks.workloads import Plan, Workload

__all__ = ["count_instructions"]

#: Seconds that a server may take to start, and to begin counting.
START_S = 120.0

#: Slices that are counted: some thousand operations.
SLICES = 10


def count_instructions(workload: Workload, peer: Peer) -> float:
    """Return the number of instructions that a server takes per operation.

    Raises:
        UnavailableError: There is no valgrind, or the server does not run under it.
        LoadError: It did not do what an echo server does.
    """
    if shutil.which("callgrind_control") is None:
        raise UnavailableError("valgrind is not installed")
    with tempfile.TemporaryDirectory(prefix="gnet-callgrind-") as folder:
        counted = Path(folder, "counted")
        # With seeds of their own, hashes of strings would differ from run to run, and with them
        # how many steps a look-up takes.
        under = ["env", "PYTHONHASHSEED=0", "valgrind", "--tool=callgrind", "--instr-atstart=no"]
        under.append(f"--callgrind-out-file={counted}")
        watched = replace(peer, command=lambda role: [*under, *peer.command(role)], start_s=START_S)
        servers: list[ServerProcess] = []
        with ExitStack() as stack:

            def start(role: str, *arguments: object) -> ServerProcess:
                servers.append(stack.enter_context(ServerProcess(watched, None, role, *arguments)))
                return servers[0]

            with workload.prepare(start, Plan(1, True, Cores(None, None))) as task:
                [server] = servers
                task.warm_up()
                _begin_to_count(server.pid)
                operations = sum(task.measure().operations for _ in range(SLICES))
            # The count is written when the server ends, which a kill would not let it do.
            os.kill(server.pid, signal.SIGTERM)
            os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
        return _total(counted) / operations


def _begin_to_count(pid: int) -> None:
    """Tell callgrind to count from now on."""
    command = ["callgrind_control", "--instr=on", str(pid)]
    try:
        subprocess.run(command, capture_output=True, check=True, timeout=START_S)
    except subprocess.SubprocessError as error:
        raise UnavailableError(f"valgrind does not begin to count: {error}") from error


def _total(counted: Path) -> int:
    """Return the number of instructions in a file of callgrind's."""
    found = re.search(r"^(?:totals|summary): (\d+)", counted.read_text(), re.MULTILINE)
    if found is None:
        raise UnavailableError("valgrind has written no total")
    return int(found[1])
