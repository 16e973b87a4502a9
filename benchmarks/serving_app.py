"""The applications of ``python -m benchmarks.serving``."""

import time

from gevent import monkey

import gnet

__all__ = ["BLOCK_S", "BUSY_S", "blocking", "busy", "echo"]

#: Seconds for which `blocking` keeps its worker from serving anybody else.
BLOCK_S = 0.002

#: Seconds of CPU time that `busy` takes.
BUSY_S = 0.002

#: That of Python's, which stops the whole process; workers are patched.
_sleep = monkey.get_original("time", "sleep")


def echo(socket: gnet.Socket) -> None:
    """Send back what comes."""
    socket.on("data", socket.write)


def blocking(socket: gnet.Socket) -> None:
    """Do so after the whole process has waited, as for a disk or a library written in C."""
    _sleep(BLOCK_S)
    echo(socket)


def busy(socket: gnet.Socket) -> None:
    """Do so after some work in Python, beside which a client's share of a core is small."""
    end = time.thread_time() + BUSY_S
    while time.thread_time() < end:
        pass
    echo(socket)
