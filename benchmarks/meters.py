"""What a process has used: CPU time and resident memory, read from outside it.

Linux only. Nothing here knows what the process does.
"""

import os
import time
from pathlib import Path

__all__ = ["cpu_seconds", "resident_bytes"]


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process in seconds: user and system, all threads.

    The process's CPU clock counts in nanoseconds. Where it may not be read, the figure comes
    from ``/proc``, which counts in ticks (10 ms as a rule).
    """
    # clock_getcpuclockid(3) in one line: the complement of the pid, then three bits that say
    # "whole process" (0) and "the scheduler's exact count" (2).
    clock = (~pid << 3) | 2
    try:
        return time.clock_gettime(clock)
    except OSError:
        return _cpu_seconds_in_ticks(pid)


def _cpu_seconds_in_ticks(pid: int) -> float:
    """Return the same from ``/proc/<pid>/stat``, in steps of a tick."""
    # The second field is the program's name in parentheses, which may hold spaces itself.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process in bytes."""
    try:
        # Added up page by page; the count in statm may lag behind by some pages per core.
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:")) * 1024
