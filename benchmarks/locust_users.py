"""The same Locust user with `gnet.loadtest.NetUser`, with a plain socket, and with neither.

A locustfile, run by `benchmarks.users`. Both send 64 bytes to an echo server, read up to the end
of the line, have a deadline, and fire one request event; both go on whatever happens. The third
only fires the event: what it costs is Locust's own, and no client can take it away.
"""

import json
import resource
import socket
import time
from typing import Any

from locust import User, events, task
from locust.env import Environment

from gnet.loadtest import NetUser

MESSAGE = b"x" * 63 + b"\n"
TIMEOUT_S = 10.0


class Net(NetUser):
    """The user of gnet."""

    network_timeout = TIMEOUT_S

    @task
    def echo(self) -> None:
        """One request."""
        if self.client.connected or self.client.connect():
            self.client.request(MESSAGE, b"\n", name="echo")


class Plain(User):
    """As one writes it by hand, with a socket that gevent has patched."""

    socket: Any = None

    def connect(self) -> None:
        """Open the connection."""
        host, _, port = str(self.host).removeprefix("tcp://").partition(":")
        self.socket = socket.create_connection((host, int(port)), TIMEOUT_S)

    @task
    def echo(self) -> None:
        """One request."""
        error = None
        reply = b""
        start_time = time.time()
        started = time.perf_counter()
        try:
            if self.socket is None:
                self.connect()
            self.socket.sendall(MESSAGE)
            while not reply.endswith(b"\n"):
                chunk = self.socket.recv(65536)
                if not chunk:
                    raise ConnectionResetError("closed in the middle of a reply")
                reply += chunk
        except OSError as failure:
            error = failure
            self.socket = None
        self.environment.events.request.fire(
            request_type="TCP",
            name="echo",
            response_time=(time.perf_counter() - started) * 1000,
            response_length=len(reply),
            response=reply,
            context=self.context(),
            exception=error,
            start_time=start_time,
        )


class Nothing(User):
    """Tells of a request that it has not made."""

    @task
    def echo(self) -> None:
        """No request."""
        self.environment.events.request.fire(
            request_type="TCP",
            name="echo",
            response_time=1.0,
            response_length=len(MESSAGE),
            response=MESSAGE,
            context=self.context(),
            exception=None,
            start_time=time.time(),
        )


def cpu_seconds() -> tuple[float, float]:
    """CPU time of this process: all of it, and the kernel's part."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, used.ru_stime


_before: list[tuple[float, float]] = []


@events.test_start.add_listener  # type: ignore[untyped-decorator]  # of Locust's
def on_test_start(**_: Any) -> None:
    """Don't count what it cost to get here."""
    _before.append(cpu_seconds())


@events.quitting.add_listener  # type: ignore[untyped-decorator]  # of Locust's
def on_quitting(environment: Environment, **_: Any) -> None:
    """Say how many there were, in how many seconds, for how much CPU time."""
    entry = environment.stats.get("echo", "TCP")
    assert entry.last_request_timestamp is not None
    (cpu, kernel), (cpu_before, kernel_before) = cpu_seconds(), _before[-1]
    found = {
        "requests": entry.num_requests,
        "failures": environment.stats.total.num_failures,
        "seconds": entry.last_request_timestamp - entry.start_time,
        "cpu_seconds": cpu - cpu_before,
        "kernel_seconds": kernel - kernel_before,
    }
    print(f"RESULT {json.dumps(found)}", flush=True)
