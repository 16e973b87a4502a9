"""The examples run as programs of their own, and the README's code is code."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket as stdlib_socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import gevent.socket
import pytest
from gevent.hub import get_hub
from support import GUARD_S, ROOT, receive_exactly

ECHO = ROOT / "examples" / "echo.py"
DEMO = ROOT / "examples" / "demo.py"


def read_line(process: subprocess.Popen[str]) -> str:
    """A line of its output, without stopping the loop."""
    assert process.stdout is not None
    line: str = get_hub().threadpool.apply(process.stdout.readline)
    return line.rstrip("\n")


@contextlib.contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The echo example as a process; killed in the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", str(ECHO), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=GUARD_S)


def finish(process: subprocess.Popen[str]) -> tuple[str, str, int]:
    """What it has still to say, and its exit code."""
    output, errors = get_hub().threadpool.apply(process.communicate, kwds={"timeout": GUARD_S})
    return output, errors, process.returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_echo_ends_gracefully_when_told_to(number: int) -> None:
    """It accepts no more, serves its last connection to the end, and exits with 0."""
    with started("--host", "127.0.0.1", "--port", "0", "--report") as process:
        _, _, host, port = read_line(process).split()
        with contextlib.closing(gevent.socket.create_connection((host, int(port)))) as peer:
            peer.sendall(b"before")
            assert receive_exactly(peer, 6) == b"before"
            process.send_signal(number)
            refused = False
            while not refused:
                try:
                    gevent.socket.create_connection((host, int(port))).close()
                except ConnectionRefusedError:
                    refused = True
            peer.sendall(b"after!")
            assert receive_exactly(peer, 6) == b"after!"
        output, errors, code = finish(process)
    assert (errors, code) == ("", 0)
    counts = json.loads(output)["tcp"]
    assert counts["data"] == 2
    assert counts["connection"] == counts["close"]


def test_echo_serves_a_path_and_removes_its_file(tmp_path: Path) -> None:
    """Beside the port, or without one."""
    path = tmp_path / "echo.sock"
    with started("--path", str(path)) as process:
        assert read_line(process) == f"listening unix {path}"
        with contextlib.closing(gevent.socket.socket(stdlib_socket.AF_UNIX)) as peer:
            peer.connect(str(path))
            peer.sendall(b"hello")
            assert receive_exactly(peer, 5) == b"hello"
        process.terminate()
        assert finish(process) == ("", "", 0)
    assert not path.exists()


def test_echo_says_in_one_line_that_its_port_is_in_use() -> None:
    """And exits with 1."""
    with stdlib_socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with started("--host", "127.0.0.1", "--port", str(port)) as process:
            output, errors, code = finish(process)
    assert (output, code) == ("", 1)
    assert errors == (
        f"cannot listen: listen EADDRINUSE: address already in use 127.0.0.1:{port}\n"
    )


def test_the_demonstration_ends_with_both_sides_agreeing() -> None:
    """The server and its clients have counted the same."""
    done = get_hub().threadpool.apply(
        subprocess.run,
        ([sys.executable, "-W", "error", str(DEMO)],),
        {
            "env": {**os.environ, "PYTHONPATH": str(ROOT)},
            "capture_output": True,
            "text": True,
            "timeout": 18,
            "check": False,
        },
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.endswith("Both sides agree.\n")
    assert "differs" not in done.stdout


def readme_blocks() -> list[str]:
    """The Python in the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_readme_shows_python() -> None:
    """The next test has something to do."""
    assert len(readme_blocks()) >= 3


@pytest.mark.parametrize("number", range(len(readme_blocks())))
def test_each_python_block_of_the_readme_compiles(number: int) -> None:
    """Readers copy it."""
    compile(readme_blocks()[number], f"README.md, block {number + 1}", "exec")
