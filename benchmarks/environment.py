"""The environment: what a reader must know to compare these figures with others."""

import importlib.metadata
import os
import platform
import subprocess
import time
from pathlib import Path

from benchmarks.peers import ROOT, UnavailableError, node_version

__all__ = ["describe"]


def describe() -> dict[str, str | int | None]:
    """Return versions and machine; ``None`` is what is missing or cannot be told."""
    try:
        node: str | None = node_version()
    except UnavailableError:
        node = None
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": platform.python_version(),
        "gnet": _version("gevent-net"),
        "revision": _revision(),
        "gevent": _version("gevent"),
        "greenlet": _version("greenlet"),
        "uvloop": _version("uvloop"),
        "pyee": _version("pyee"),
        "node": node,
        "kernel": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "processor": _processor(),
        "cpu_count": os.cpu_count(),
        "cpus_usable": len(os.sched_getaffinity(0)),
    }


def _version(package: str) -> str | None:
    """Return the version of an installed package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _revision() -> str | None:
    """Return the commit that is checked out, with a mark if files differ from it."""
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--dirty"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None  # no git, or no repository


def _processor() -> str | None:
    """Return the processor's name as the kernel gives it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return None
