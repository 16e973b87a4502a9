"""Drive the echo server with hundreds of connections, and compare what both sides have counted.

The server runs in a process of its own. The clients here do, over TCP and over a Unix socket:

1. as many connections as the server allows, all open at the same time, each of which sends
   messages one by one and checks what comes back;
2. while these are open, some more, each of which the server has to refuse;
3. all of them close.

The exit code is 0 if no byte was wrong and every count agrees.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import gevent
import gevent.pool

import gnet

CONNECTIONS = 300
MESSAGES = 20
REFUSED = 50
#: Seconds after which something must be wrong.
PATIENCE = 60
EVENTS = ("connection", "data", "drop", "close")

Connect = Callable[[], gnet.Socket]


def start_server(path: str) -> tuple[subprocess.Popen[str], dict[str, Connect]]:
    """Start the server; return its process, and how to connect to each listener."""
    echo = Path(__file__).with_name("echo.py")
    command = [sys.executable, str(echo), "--host", "127.0.0.1", "--port", "0", "--path", path]
    command += ["--max-connections", str(CONNECTIONS), "--report"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    connects: dict[str, Connect] = {}
    while len(connects) < 2:
        words = server.stdout.readline().split()
        if not words:
            raise SystemExit("the server did not start")
        where = (int(words[3]), words[2]) if words[1] == "tcp" else (path,)
        connects[words[1]] = functools.partial(gnet.connect, *where)
    return server, connects


def converse(connect: Connect, number: int, seen: Counter[str]) -> gnet.Socket:
    """Connect, send messages and check the echo; leave the connection open."""
    socket = connect()
    gnet.once(socket, "connect")
    seen["connection"] += 1
    for turn in range(MESSAGES):
        message = f"{number} says {turn}\n".encode() * 10
        socket.write(message)
        (answer,) = gnet.once(socket, "data")
        if answer != message:
            raise SystemExit(f"connection {number} got {answer!r} for {message!r}")
        seen["data"] += 1
    return socket


def be_refused(connect: Connect, seen: Counter[str]) -> None:
    """Connect, and expect nothing but the end."""
    with connect() as socket:
        if not list(socket):
            seen["drop"] += 1


def drive(connect: Connect) -> Counter[str]:
    """Do the three steps on one listener; return what the clients saw."""
    seen: Counter[str] = Counter()
    group = gevent.pool.Group()
    talks = [group.spawn(converse, connect, number, seen) for number in range(CONNECTIONS)]
    group.join(raise_error=True)
    for _ in range(REFUSED):
        group.spawn(be_refused, connect, seen)
    group.join(raise_error=True)
    sockets = [talk.get() for talk in talks]
    for socket in sockets:
        socket.on("close", lambda had_error: seen.update(close=1))
        socket.end()
    for socket in sockets:
        if not socket.destroyed:
            gnet.once(socket, "close")
    return seen


def main() -> int:
    """Run the demonstration; return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        server, connects = start_server(os.path.join(folder, "echo.sock"))
        begin = time.perf_counter()
        try:
            with gevent.Timeout(PATIENCE):
                seen = {name: drive(connect) for name, connect in connects.items()}
        finally:
            server.terminate()
        took = time.perf_counter() - begin
        output, _ = server.communicate(timeout=30)
    counted = json.loads(output)

    print(f"{CONNECTIONS} connections at once, {MESSAGES} messages each, then {REFUSED} too many:")
    print(f"{'':10}{'':>12}{'server':>10}{'clients':>10}")
    agree = server.returncode == 0
    for name, mine in seen.items():
        for event in EVENTS:
            theirs = counted[name].get(event, 0)
            agree &= theirs == mine[event] > 0
            verdict = "" if theirs == mine[event] else "  <- differs"
            print(f"{name:10}{event:>12}{theirs:10}{mine[event]:10}{verdict}")
        agree &= "error" not in counted[name]
    messages = sum(mine["data"] for mine in seen.values())
    print(f"{messages} messages there and back in {took:.1f} s.")
    print("Both sides agree." if agree else "The two sides do NOT agree.")
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
