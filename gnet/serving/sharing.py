"""Metrics of several workers: a directory in which each writes its own, for all to add up.

This is prometheus_client's way, who reads the directory's name from ``PROMETHEUS_MULTIPROC_DIR``:
https://prometheus.github.io/client_python/multiprocess/. What is added here is that nobody has to
make the directory, nor to tell of workers that have died: who reads, sees to it.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from typing import Any

__all__ = [
    "VARIABLE",
    "bury_the_dead",
    "collected",
    "directory",
    "join",
    "leave",
    "locked",
    "make_directory",
]

#: The environment's variable that says where; prometheus_client looks there, too.
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

_OF_PROCESS = re.compile(r"(?P<kind>[a-z]+)(?P<mode>_[a-z]+)?_(?P<pid>\d+)\.db")
_MASTER = "master-"
_PREFIX = "gnet-metrics-"

#: Seconds to wait for another worker that reads; one that was stopped must not stop all.
LONGEST_WAIT = 1.0


def directory() -> str | None:
    """Where the workers write; None if this process is alone."""
    return os.environ.get(VARIABLE) or None


def make_directory() -> str:
    """A new one, in memory if the system has a place for that."""
    in_memory = "/dev/shm"
    usable = os.path.isdir(in_memory) and os.access(in_memory, os.W_OK | os.X_OK)
    return tempfile.mkdtemp(prefix=_PREFIX, dir=in_memory if usable else None)


# ---------------------------------------------------------------- masters


def join(path: str) -> None:
    """Note that this process has workers that use the directory."""
    with open(os.path.join(path, f"{_MASTER}{os.getpid()}"), "w"):
        pass


def leave(path: str, *, remove: bool) -> bool:
    """Note that it has none any more.

    Args:
        path: The directory.
        remove: Whether to remove it, if nobody is left.
    Returns:
        Whether nobody is left.
    """
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(path, f"{_MASTER}{os.getpid()}"))
    masters = glob.glob(os.path.join(glob.escape(path), f"{_MASTER}*"))
    if any(_is_alive(int(name.rpartition("-")[2])) for name in masters):
        return False
    if remove:
        shutil.rmtree(path, ignore_errors=True)
    return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    return True


# ---------------------------------------------------------------- reading


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    """Have nobody else add up meanwhile, who might not find what is moved."""
    with open(os.path.join(path, "lock"), "w") as lock:
        deadline = time.monotonic() + LONGEST_WAIT
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    break  # without it, then: the numbers may be off by a worker's for once
                time.sleep(0.005)
            else:
                break
        yield


def bury_the_dead(path: str) -> None:
    """Forget what workers that have died had at the time, and keep what they had counted.

    Their counts are added to one file, so that there are not more of them with each worker.
    """
    for name in os.listdir(path):
        found = _OF_PROCESS.fullmatch(name)
        if found is None or _is_alive(int(found["pid"])):
            continue
        file = os.path.join(path, name)
        if found["kind"] in ("counter", "histogram", "summary"):
            _add(file, os.path.join(path, f"{found['kind']}_past.db"))
        elif (found["mode"] or "").startswith("_live"):
            os.unlink(file)


def _add(file: str, past: str) -> None:
    from prometheus_client import mmap_dict

    values: Any = mmap_dict.MmapedDict  # not typed
    entries = list(values.read_all_values_from_file(file))
    os.unlink(file)
    sums = values(past)
    try:
        for key, value, _, _ in entries:
            sums.write_value(key, sums.read_value(key)[0] + value, 0.0)
    finally:
        sums.close()


def collected(path: str) -> Any:
    """A registry of what all workers have written, which one can encode."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path)  # type: ignore[no-untyped-call]
    return registry
