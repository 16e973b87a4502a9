"""What becomes of more clients than a server allows.

Users connect, hold the connection for a while if they are greeted, close, and come again. Those
beyond the limit must see a clean close, at once. ``locust -f loadtests/max_connections.py
--headless -u 1000 -r 1000 -t 15s`` runs it with a thousand users for a limit of 200.
"""

from __future__ import annotations

from typing import Any

import gevent
from locust import between, task
from locust.argument_parser import LocustArgumentParser

from gnet.loadtest import NetUser
from loadtests.agreement import GREETING
from loadtests.harness import LoadTest, Run
from loadtests.process import ServerError
from loadtests.verdict import Expectation, equal

#: The name of an expected refusal, which is a success.
REFUSED = "connect [refused]"


class MaxConnectionsTest(LoadTest):
    """A limit, and more users than it allows."""

    name = "max_connections"

    def __init__(self) -> None:
        super().__init__()
        self.held = 0
        self.most_held = 0

    def add_options(self, parser: LocustArgumentParser) -> None:
        """Add the limit."""
        parser.add_argument("--limit", type=int, default=200, help="Most connections at once")
        parser.add_argument("--hold", type=float, default=1.0, help="Seconds to hold one")

    def server_arguments(self, options: Any) -> list[str]:
        """The limit."""
        return ["--max-connections", str(options.limit)]

    def before_users(self, run: Run) -> None:
        """Nobody holds anything yet, and there is a limit."""
        if run.start.max_connections is None:
            raise ServerError("the server has no limit; start it with --max-connections N")
        self.held = self.most_held = 0

    def notes(self) -> dict[str, Any]:
        """How many connections clients hold."""
        return {"held": self.held}

    def judge(self, run: Run) -> list[Expectation]:
        """Both sides agree, the limit held, and it was used."""
        limit = run.start.max_connections or 0
        accepted, refused, peak = run.accepted, self.count(REFUSED), run.last.peak_connections
        found = [
            equal("drops counted by server and clients agree", run.dropped, refused),
            equal(
                "connections counted by server and clients agree", accepted, self.count("connect")
            ),
            equal(
                "connections at once, by the server: the limit was reached, and held", limit, peak
            ),
            Expectation("some had to be refused", "> 0", str(refused), refused > 0),
            Expectation(
                "freed slots were filled again", f"> {limit}", str(accepted), accepted > limit
            ),
            equal("connections left in the end", 0, run.last.connections),
        ]
        if self.is_local:
            found.insert(
                3,
                Expectation(
                    "connections at once, by the clients",
                    f"<= {limit}",
                    str(self.most_held),
                    self.most_held <= limit,
                ),
            )
        return found


test = MaxConnectionsTest()


class Visitor(NetUser):
    """Connects; holds the connection if it is allowed to."""

    connection_timeout = 10.0
    network_timeout = 10.0
    wait_time = between(0.5, 1.5)

    @task
    @test.visit
    def visit(self) -> None:
        """One attempt."""
        with self.client.connect(until=GREETING, catch_response=True) as attempt:
            if attempt.code == "ERR_CONNECTION_ENDED" and not attempt.data:
                attempt.name = REFUSED
                attempt.success()
        if self.client.connected:
            test.held += 1
            test.most_held = max(test.most_held, test.held)
            gevent.sleep(self.environment.parsed_options.hold)
            test.held -= 1
            self.client.close()
