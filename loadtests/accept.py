"""How many connections per second a server accepts, as users step up.

Each user connects, waits for the server's first byte (whose time counts from the beginning of the
connection), and closes, over and over. The number of users grows in steps.
``locust -f loadtests/accept.py --headless`` runs it to its end; it fails if a request fails, or if
server and clients have counted differently.
"""

from __future__ import annotations

from typing import Any

from locust import LoadTestShape, task
from locust.argument_parser import LocustArgumentParser

from gnet.loadtest import NetUser
from loadtests.agreement import GREETING
from loadtests.harness import LoadTest, Run
from loadtests.options import count, positive
from loadtests.verdict import Expectation, equal


class AcceptTest(LoadTest):
    """Accepting under a load that grows in steps."""

    name = "accept"
    sample_s = 0.25  # what the server does to tell its statistics counts as its CPU time

    def add_options(self, parser: LocustArgumentParser) -> None:
        """Add how the load grows."""
        parser.add_argument(
            "--first-users", type=positive, default=10, help="Users in the first step"
        )
        parser.add_argument("--users-per-step", type=count, default=20, help="Users more per step")
        parser.add_argument("--steps", type=positive, default=4, help="Number of steps")
        parser.add_argument("--step-seconds", type=positive, default=3, help="Length of a step")

    def server_arguments(self, options: Any) -> list[str]:
        """Nothing: its defaults will do."""
        return []

    def judge(self, run: Run) -> list[Expectation]:
        """Every connection was accepted, and none had to try twice."""
        return [
            equal("server and clients counted as many", self.count("connect"), run.accepted),
            equal("no connection was refused", 0, run.dropped),
            equal(
                "the accept queue did not overflow",
                0,
                run.last.socket_drops - run.start.socket_drops,
            ),
            Expectation("connections were made", "> 0", str(run.accepted), run.accepted > 0),
        ]


test = AcceptTest()


class Steps(LoadTestShape):
    """More users in each step."""

    _step = 0

    def tick(self) -> tuple[int, float] | None:
        """Return the users of this second, or None after the last step."""
        assert self.runner is not None
        options: Any = self.runner.environment.parsed_options
        # While the server starts, or the run is judged, nothing changes.
        if test.run is not None:
            self._step = int(test.run.seconds // max(options.step_seconds, 1))
        if self._step >= options.steps:
            return None
        users = options.first_users + self._step * options.users_per_step
        return users, float(users)

    def reset_time(self) -> None:
        """Begin anew; Locust calls this in front of each run."""
        super().reset_time()  # type: ignore[no-untyped-call]  # of Locust's
        self._step = 0


class Visitor(NetUser):
    """Connects, waits for the first byte, and closes."""

    connection_timeout = 10.0
    network_timeout = 10.0

    @task
    @test.visit
    def visit(self) -> None:
        """One connection."""
        connecting = self.client.connect()
        if connecting:
            with self.client.receive(GREETING, name="first byte", catch_response=True) as greeting:
                greeting.response_time += connecting.response_time  # since it began to connect
                if greeting and greeting.data != GREETING:
                    greeting.failure(f"not the server's greeting: {greeting.data!r}")
            self.client.close()
