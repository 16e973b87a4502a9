"""A real Redis server for a test, which may stop it and start it again."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from gevent.hub import get_hub
from support import GUARD_S, guarded

__all__ = ["redis_server"]


@contextlib.contextmanager
def redis_server(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Have a Redis server that keeps nothing listen at a path; without one the test is skipped."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server; Debian has it in the package of that name")
    options = {"port": "0", "unixsocket": str(path), "save": "", "dir": str(path.parent)}
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    process = subprocess.Popen(
        [program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        said: list[str] = []
        with guarded("Redis to be ready"):
            while "ready to accept connections" not in "".join(said):
                said.append(get_hub().threadpool.apply(process.stdout.readline))
                assert said[-1], said
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=GUARD_S)
