"""How many handshakes the kernel completes for a server that does not accept.

The server pauses, and more users connect than its accept queue holds: as many as it does plus
``--extra-users``. The kernel completes the handshakes that it has a place for, and drops the first
packet of the others, which their clients send again a second later (docs/backlog.md). When the
server goes on, all are served. ``locust -f loadtests/backlog.py --headless`` runs it to its end.
"""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import gevent
from locust import LoadTestShape, constant, events, task
from locust.argument_parser import LocustArgumentParser

from gnet.loadtest import NetUser
from loadtests.agreement import GREETING
from loadtests.harness import LoadTest, Run
from loadtests.kernel import accept_queue_capacity, accept_queue_maximum, tcp_settings
from loadtests.options import positive, seconds
from loadtests.process import ServerError
from loadtests.verdict import Expectation, equal

#: What each user says.
WORD = b"here\n"

#: Seconds that Locust may take between the start of the pause and that of the users.
STARTING_S = 1.0

#: The kernel's timers are late by an eighth at most (docs/backlog.md).
_LATE = 1.125

#: Seconds more that everybody may take to be accepted: a busy machine's.
SLACK_S = 3.0

#: Seconds after which users that are not served yet are not waited for.
_PATIENCE_S = 60.0


class BacklogTest(LoadTest):
    """A pause, and a queue that fills."""

    name = "backlog"

    def __init__(self) -> None:
        super().__init__()
        self._connected = 0
        events.request.add_listener(self._on_request)

    def add_options(self, parser: LocustArgumentParser) -> None:
        """Add what decides how long the queue is and how many come."""
        parser.add_argument("--backlog", type=positive, default=16, help="Backlog of the server")
        parser.add_argument("--pause", type=seconds, default=2.5, help="Seconds that it pauses")
        parser.add_argument(
            "--spread", type=seconds, default=1.0, help="Seconds in which the users come"
        )
        parser.add_argument(
            "--extra-users", type=positive, default=20, help="Users beyond what the queue holds"
        )

    def server_arguments(self, options: Any) -> list[str]:
        """The backlog."""
        return ["--backlog", str(options.backlog)]

    def before_users(self, run: Run) -> None:
        """Have the server pause."""
        if run.options.pause < run.options.spread + STARTING_S:
            raise ServerError(
                f"--pause must be longer than --spread by {STARTING_S:g} s at least, or not all "
                "users come while the server pauses"
            )
        self._connected = 0
        run.statistics.pause(run.options.pause * 1000)

    def notes(self) -> dict[str, Any]:
        """How many handshakes clients have completed."""
        return {"connected": self._connected}

    def _on_request(self, name: str, exception: BaseException | None, **_: Any) -> None:
        if name == "connect" and exception is None:
            self._connected += 1

    def users(self, run: Run) -> int:
        """How many users there are: one connection each."""
        return accept_queue_capacity(run.start.backlog, run.start.somaxconn) + int(
            run.options.extra_users
        )

    def is_over(self, run: Run) -> bool:
        """Whether everybody was served, or is not waited for any longer."""
        if run.seconds > run.options.pause + _PATIENCE_S:
            return True
        ended = self.count("close") + self._environment.stats.total.num_failures
        return bool(ended >= self.users(run))

    def judge(self, run: Run) -> list[Expectation]:
        """The kernel's rule, while the server paused; and everybody was served in the end."""
        backlog, somaxconn = run.start.backlog, run.start.somaxconn
        capacity = accept_queue_capacity(backlog, somaxconn)
        extra = self.users(run) - capacity
        # The last look at the paused server.
        paused: dict[str, Any] = max(
            (each for each in run.samples if each["paused"]), key=lambda each: each["t"], default={}
        )
        queue = paused.get("accept_queue") or {}
        retries = [each for each in tcp_settings().syn_retry_times if each < paused.get("t", 0.0)]
        drops = paused.get("socket_drops", 0)
        overflows = paused.get("listen_overflows", 0)
        most = extra * (1 + len(retries))
        found = [
            equal(
                "maximum of the queue: the backlog, or somaxconn if that is less",
                accept_queue_maximum(backlog, somaxconn),
                queue.get("maximum"),
            ),
            self._completed(capacity, queue.get("length")),
            Expectation(
                "SYNs dropped while paused, by the socket: those without a place",
                f"{extra} to {most}",
                str(drops),
                extra <= drops <= most,
            ),
            Expectation(
                "overflows while paused, in its network namespace: at least those",
                f">= {drops}",
                str(overflows),
                overflows >= drops,
            ),
            equal("everybody was served in the end", self.users(run), self.count("request")),
            equal("the server has accepted as many", self.users(run), run.accepted),
            equal("the server has refused none", 0, run.dropped),
            self._served_in_time(run),
            equal(
                "the queue is empty in the end",
                0,
                run.last.accept_queue.length if run.last.accept_queue else None,
            ),
        ]
        if self.is_local:
            found.insert(
                2,
                equal(
                    "handshakes completed while paused, by the clients",
                    capacity,
                    paused.get("connected"),
                ),
            )
        return found

    def _served_in_time(self, run: Run) -> Expectation:
        """The last user is served when its kernel has sent the next SYN."""
        times = [0.0, *tcp_settings().syn_retry_times]
        ended = [late for early, late in itertools.pairwise(times) if early < run.options.pause]
        latest = STARTING_S + run.options.spread + max(ended) * _LATE + SLACK_S
        served = next(
            (
                each["t"]
                for each in run.samples
                if each["accepted"] - run.start.accepted >= self.users(run)
            ),
            math.inf,
        )
        name = "everybody was accepted by the time of the next SYN, seconds"
        return Expectation(name, f"<= {latest:.1f}", f"{served:.1f}", served <= latest)

    def _completed(self, capacity: int, length: int | None) -> Expectation:
        """The kernel's rule: to the unit, if one process connects.

        Several may find the last place free at the same moment, one more for each of them.
        """
        name = "handshakes completed while paused, by the kernel"
        most = capacity + self.processes - 1
        if most == capacity:
            return equal(name, capacity, length)
        holds = length is not None and capacity <= length <= most
        return Expectation(name, f"{capacity} to {most}", str(length), holds)


test = BacklogTest()


class AllAtOnce(LoadTestShape):
    """All users at once, until everybody was served."""

    _users = 1

    def tick(self) -> tuple[int, float] | None:
        """Return the users, or None when all is over."""
        if test.run is not None:  # else the server starts, or the run is judged
            if test.is_over(test.run):
                return None
            self._users = test.users(test.run)
        return self._users, float(self._users)

    def reset_time(self) -> None:
        """Begin anew; Locust calls this in front of each run."""
        super().reset_time()  # type: ignore[no-untyped-call]  # of Locust's
        self._users = 1


class Visitor(NetUser):
    """Connects once, sends a word, waits for the answer, and closes.

    The client speaks first. Where SYN cookies are in use, a server forgets a handshake whose last
    packet found the queue full, and only what the client sends next brings it back: a client that
    waits for the server's greeting would wait forever (docs/backlog.md).
    """

    connection_timeout = 40.0
    network_timeout = 40.0
    wait_time = constant(3600)

    @task
    @test.visit
    def visit(self) -> None:
        """One connection.

        Users come one by one, as those of a network do. If all whom the queue has no place for came
        in the same moment, their kernels would send SYNs again in the same moment as well, and
        overwhelm a short queue each time anew.
        """
        gevent.sleep(random.uniform(0, self.environment.parsed_options.spread))
        if not self.client.connect():
            return
        answer = GREETING + WORD
        with self.client.request(WORD, len(answer), catch_response=True) as reply:
            if reply and reply.data != answer:
                reply.failure(f"not the server's answer: {reply.data!r}")
        if reply:
            self.client.close()
