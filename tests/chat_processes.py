"""What the tests of the chat share: its processes, and peers that talk as ``nc`` does."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import gevent.socket
from gevent.hub import get_hub
from support import GUARD_S, ROOT, guarded

__all__ = [
    "CUT_OFF",
    "GOODBYE",
    "IN_TOUCH",
    "NOT_HEARD",
    "SERVED",
    "STAND_ALONE",
    "Chat",
    "Peer",
    "chat",
]

#: The two ways to serve it.
STAND_ALONE = ("examples/chat.py", "--port", "0")
SERVED = ("-m", "gnet", "serve", "--app-dir", "examples", "chat:make_server")

GOODBYE = "* the server is closing: goodbye"
CUT_OFF = "* cut off from the other hosts: nobody hears what you say"
NOT_HEARD = "* cut off from the other hosts: nobody has heard that, try again later"
IN_TOUCH = "* in touch with the other hosts"


class Peer:
    """One end of a connection to a chat."""

    def __init__(self, port: int, name: str = "", receive_buffer: int = 0) -> None:
        self.socket = gevent.socket.socket()
        if receive_buffer:
            option = gevent.socket.SO_RCVBUF
            self.socket.setsockopt(gevent.socket.SOL_SOCKET, option, receive_buffer)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self._read = b""
        if name:
            self.sign_in(name)

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def sign_in(self, name: str) -> None:
        """Give a name, and wait until the lobby is told of it."""
        self.say(name)
        self.hears(f"* {name} has come into lobby")

    def say(self, *lines: str) -> None:
        """Send lines."""
        self.socket.sendall("".join(f"{line}\n" for line in lines).encode())

    def line(self) -> str | None:
        """The next line that the chat sends; None at its end."""
        with guarded("a line"):
            while b"\n" not in self._read:
                part = self.socket.recv(65536)
                if not part:
                    assert not self._read
                    return None
                self._read += part
        line, _, self._read = self._read.partition(b"\n")
        return line.decode()

    def hears(self, text: str) -> list[str]:
        """Read on until this line; what came before it."""
        before: list[str] = []
        with guarded(repr(text)):
            while (line := self.line()) != text:
                assert line is not None, f"{text!r} is not among {before}"
                before.append(line)
        return before

    def rest(self) -> list[str]:
        """All lines up to the end of the connection, which is closed then."""
        lines = []
        while (line := self.line()) is not None:
            lines.append(line)
        self.socket.close()
        return lines


class Chat:
    """A process that serves the chat."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        #: What it has written to standard error, as far as that was waited for.
        self.said: list[str] = []
        #: Where it listens.
        self.port = int(self.wait(r"listening on tcp://127[.\d]+:(\d+)")[1])

    def wait(self, pattern: str) -> re.Match[str]:
        """A line like this of its standard error, which is read on until there is one."""
        assert self.process.stderr is not None
        with guarded(repr(pattern)):
            while not (found := re.search(pattern, "".join(self.said))):
                line: str = get_hub().threadpool.apply(self.process.stderr.readline)
                assert line, self.said
                self.said.append(line)
        return found

    def peer(self, name: str = "", **options: Any) -> Peer:
        """A new connection, signed in if there is a name."""
        return Peer(self.port, name, **options)

    def terminate(self) -> None:
        """Tell it to close."""
        self.process.send_signal(signal.SIGTERM)

    def end(self) -> tuple[str, int]:
        """Wait for its end: what it has still said, and its exit code."""
        communicate = self.process.communicate
        _, errors = get_hub().threadpool.apply(communicate, kwds={"timeout": GUARD_S})
        return errors, self.process.returncode


@contextlib.contextmanager
def chat(*command: str, redis: str = "", **environment: str) -> Iterator[Chat]:
    """A chat that listens, and if it uses Redis has heard of it; killed in the end."""
    own = {
        "PYTHONPATH": str(ROOT),
        "GNET_LISTEN": "tcp://127.0.0.1:0",
        "GNET_CHAT_REDIS": redis,
        "GNET_CHAT_PACE": "0",
    }
    process = subprocess.Popen(
        [sys.executable, "-W", "error", *(command or STAND_ALONE)],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": "", **own, **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Chat(process)
    finally:
        process.kill()
        process.communicate(timeout=GUARD_S)
