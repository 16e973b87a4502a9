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
from loadtests.options import positive, seconds
from loadtests.process import ServerError
from loadtests.verdict import Expectation, equal

#: The name of an expected refusal, which is a success.
REFUSED = "connect [refused]"

#: Seconds between two visits of a user, at least and at most.
WAIT_S = (0.5, 1.5)

#: What each user says before it closes, to see that its connection was still good.
WORD = b"here\n"

#: Seconds that "at once" may take where a busy machine has a thousand users.
AT_ONCE_S = 3.0


class MaxConnectionsTest(LoadTest):
    """A limit, and more users than it allows."""

    name = "max_connections"

    def __init__(self) -> None:
        super().__init__()
        self.held = 0
        self.most_held = 0

    def add_options(self, parser: LocustArgumentParser) -> None:
        """Add the limit."""
        parser.add_argument("--limit", type=positive, default=200, help="Most connections at once")
        parser.add_argument("--hold", type=seconds, default=1.0, help="Seconds to hold one")

    def server_arguments(self, options: Any) -> list[str]:
        """The limit."""
        return ["--max-connections", str(options.limit)]

    def before_users(self, run: Run) -> None:
        """Nobody holds anything yet, and there is a limit that matters."""
        limit = run.start.max_connections
        if limit is None:
            raise ServerError("the server has no limit; start it with --max-connections N")
        users = run.options.num_users or 1
        if users <= limit:
            raise ServerError(
                f"{users} users can't exceed a limit of {limit}: use more, with -u {5 * limit} or "
                "in the form of the web UI"
            )
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
            self._refused_at_once(),
            Expectation(
                "freed slots were filled again", f"> {limit}", str(accepted), accepted > limit
            ),
        ]
        if self._is_crowded(run):
            late_peak = self._late_peak(run)
            found.append(equal("the limit was reached in the second half, too", limit, late_peak))
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

    def _refused_at_once(self) -> Expectation:
        """Nobody who was refused had to wait for it."""
        assert self.latencies is not None
        refusals = self.latencies.summaries().get(("TCP", REFUSED))
        longest = 0.0 if refusals is None else refusals.max_us / 1e6
        name = "the longest refusal, seconds"
        return Expectation(name, f"<= {AT_ONCE_S:g}", f"{longest:.3f}", longest <= AT_ONCE_S)

    def _is_crowded(self, run: Run) -> bool:
        """Whether many more users than the limit would be connected at any moment without it."""
        share = run.options.hold / (run.options.hold + sum(WAIT_S) / 2)
        users = run.options.num_users or 1
        return bool(users * share > 1.5 * (run.start.max_connections or 0))

    def _late_peak(self, run: Run) -> int:
        """The most connections that were open in the second half of the run."""
        middle = run.samples[-1]["t"] / 2 if run.samples else 0.0
        late = [each["connections"] for each in run.samples if each["t"] > middle]
        return max(late, default=0)


test = MaxConnectionsTest()


class Visitor(NetUser):
    """Connects; holds the connection if it is allowed to."""

    connection_timeout = 10.0
    network_timeout = 10.0
    wait_time = between(*WAIT_S)

    @task
    @test.visit
    def visit(self) -> None:
        """One attempt."""
        with self.client.connect(until=GREETING, catch_response=True) as attempt:
            if attempt.code == "ERR_CONNECTION_ENDED" and not attempt.data:
                attempt.name = REFUSED
                attempt.success()
            elif attempt and attempt.data != GREETING:
                attempt.failure(f"not the server's greeting: {attempt.data!r}")
        if self.client.connected:
            test.held += 1
            test.most_held = max(test.most_held, test.held)
            gevent.sleep(self.environment.parsed_options.hold)
            test.held -= 1
            if self.client.request(WORD, until=WORD, name="echo"):
                self.client.close()
