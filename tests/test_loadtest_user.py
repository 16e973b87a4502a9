"""``NetUser`` as Locust runs it: in this process, and with a locustfile as a program."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gevent import monkey
from gevent.event import Event
from gevent.pool import Group
from loadtest_peers import echoing, host_at
from locust_runs import Ran, run_until
from locust_unpatched import Environment, StopUser, constant, task
from support import guarded, passed

from gnet import Server
from gnet.loadtest import NetUser


@pytest.fixture
def echo() -> Iterator[Server]:
    """A gnet server that sends back what it gets."""
    with echoing() as server:
        yield server


class Told:
    """What a Locust environment is told, by name, with the exceptions."""

    def __init__(self, environment: Environment) -> None:
        self.events: list[tuple[str, BaseException | None]] = []
        environment.events.request.add_listener(self._on_request)

    def _on_request(self, name: str, exception: BaseException | None, **_: Any) -> None:
        self.events.append((name, exception))

    @property
    def names(self) -> list[str]:
        """The names of all events so far."""
        return [name for name, _ in self.events]


def run(user: NetUser) -> Group:
    """Start the user as Locust does."""
    group = Group()
    user.start(group)
    return group


# ---------------------------------------------------------------- in this process


def test_the_tests_run_unpatched() -> None:
    """Though Locust is imported: it is what most of gnet's users do."""
    modules = ("os", "queue", "select", "socket", "subprocess", "threading", "time")
    assert not [name for name in modules if monkey.is_module_patched(name)]


def test_a_user_runs_its_tasks_and_may_stop_itself(echo: Server) -> None:
    """As any Locust user; ``on_stop`` has its connection still, which is closed then."""

    class EchoUser(NetUser):
        host = host_at(echo)
        wait_time = constant(0)

        def on_start(self) -> None:
            self.client.connect()

        @task
        def ask(self) -> None:
            reply = self.client.request(b"hello\n", until=b"\n")
            assert reply.text == "hello\n"
            raise StopUser

        def on_stop(self) -> None:
            self.client.request(b"bye\n", until=b"\n", name="bye")

    environment = Environment(user_classes=[EchoUser])
    told = Told(environment)
    with guarded("the user's end"):
        run(EchoUser(environment)).join()
    assert told.events == [("connect", None), ("request", None), ("bye", None)]


def test_a_user_that_is_killed_says_goodbye_and_leaves_nothing(echo: Server) -> None:
    """The request that it was in the middle of is not told."""
    waiting = Event()

    class WaitingUser(NetUser):
        host = host_at(echo)
        wait_time = constant(0)

        @task
        def wait_in_vain(self) -> None:
            self.client.connect()
            waiting.set()
            self.client.request(b"hello", until=b"never")

        def on_stop(self) -> None:
            self.client.connect(name="connect again")

    environment = Environment(user_classes=[WaitingUser])
    told = Told(environment)
    user = WaitingUser(environment)
    group = run(user)
    passed(waiting)
    user.stop(force=True)
    with guarded("the user's end"):
        group.join()
    assert told.events == [("connect", None), ("connect again", None)]


def test_a_user_that_fails_to_start_leaves_nothing(echo: Server, uncaught: list[Any]) -> None:
    """Locust reports what ``on_start`` raised; the connection is closed all the same."""

    class BrokenUser(NetUser):
        host = host_at(echo)

        def on_start(self) -> None:
            self.client.connect()
            raise ValueError("no good start")

        @task
        def never(self) -> None:
            raise AssertionError

    user = BrokenUser(Environment(user_classes=[BrokenUser]))
    with guarded("the user's end"):
        run(user).join()
    assert [kind for _, kind, _ in uncaught] == [ValueError]


def test_a_listener_may_stop_the_user(echo: Server) -> None:
    """Such as at the first failure."""

    class FailingUser(NetUser):
        host = "wrong"
        wait_time = constant(0)

        @task
        def fail(self) -> None:
            self.client.connect()

    environment = Environment(user_classes=[FailingUser])
    told = Told(environment)

    def stop_at_failure(exception: BaseException | None, **_: Any) -> None:
        if exception is not None:
            raise StopUser

    environment.events.request.add_listener(stop_at_failure)
    with guarded("the user's end"):
        run(FailingUser(environment)).join()
    assert told.names == ["connect"]


def test_the_class_sets_the_timeouts_and_options() -> None:
    """In seconds, as all that is Locust's."""

    class HastyUser(NetUser):
        host = "tcp://127.0.0.1:1"
        connection_timeout = 1.5
        network_timeout = 2.5
        connect_options = {"no_delay": True}  # noqa: RUF012  # read only

    client = HastyUser(Environment(user_classes=[HastyUser])).client
    assert (client.connection_timeout, client.network_timeout) == (1.5, 2.5)
    assert client.connect_options == {"no_delay": True}


# ---------------------------------------------------------------- as a program

LOCUSTFILE = """
from locust import constant_pacing, events, tag, task
from gnet.loadtest import Latencies, NetUser

class EchoUser(NetUser):
    wait_time = constant_pacing(0.01)
    connection_timeout = network_timeout = 5

    def context(self):
        return {"user": "ann"}

    @task
    @tag("echo")
    def echo(self):
        if self.client.connected or self.client.connect():
            self.client.request(b"hello\\n", until=b"\\n", context={"size": 6})
            with self.client.request(b"no\\n", b"\\n", catch_response=True, name="no") as reply:
                if reply.data == b"no\\n":
                    reply.failure("said no")

    @task
    @tag("quiet")
    def quiet(self):
        self.client.request(b"", until=b"\\n", name="never to be seen")

@events.init.add_listener
def on_init(environment, **kwargs):
    environment.latencies = Latencies(environment)
    environment.contexts = set()

@events.request.add_listener
def on_request(context, name, **kwargs):
    contexts.add((name, tuple(sorted(context.items()))))

contexts = set()

@events.quitting.add_listener
def on_quitting(environment, **kwargs):
    import json, sys
    counts = {key[1]: value.count for key, value in environment.latencies.summaries().items()}
    print("SEEN", json.dumps([sorted(contexts), counts]), file=sys.stderr)
"""


def run_saved(directory: Path, code: str, host: str, last: str) -> Ran:
    """Run this text as a locustfile with two users, until ten requests of that name."""
    path = directory / "locustfile.py"
    path.write_text(code, encoding="utf-8")
    return run_until(last, 10, path, "--host", host, "-u", "2", "-r", "2", "-T", "echo")


def test_a_locustfile_runs_to_its_end(echo: Server, tmp_path: Path) -> None:
    """With tags, pacing, context and judged replies; Locust exits with 1, as requests failed."""
    ran = run_saved(tmp_path, LOCUSTFILE, host_at(echo), "no")
    assert ran.code == 1
    assert set(ran.statistics) == {"connect", "request", "no"}
    connects, not_connected = ran.count("connect")
    requests, failures = ran.count("request")
    judged, refused = ran.count("no")
    assert (1 <= connects <= 2, not_connected) == (True, 0)
    assert (requests >= judged, failures) == (True, 0)
    assert 10 <= judged == refused
    [line] = [line for line in ran.errors.splitlines() if line.startswith("SEEN ")]
    contexts, counts = json.loads(line.removeprefix("SEEN "))
    assert contexts == [
        ["connect", [["user", "ann"]]],
        ["no", [["user", "ann"]]],
        ["request", [["size", 6], ["user", "ann"]]],
    ]
    assert counts == {"connect": connects, "request": requests, "no": judged}


def test_a_run_without_a_failure_exits_with_0(echo: Server, tmp_path: Path) -> None:
    """By Locust's rule."""
    fine = LOCUSTFILE.replace('reply.failure("said no")', "reply.success()")
    ran = run_saved(tmp_path, fine, host_at(echo), "no")
    assert ran.code == 0
    assert ran.count("no")[1] == 0


def test_a_wrong_host_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    """Each connection fails with the forms that a host may have; no user dies."""
    ran = run_saved(tmp_path, LOCUSTFILE, "http://127.0.0.1:4000", "connect")
    assert ran.code == 1
    connects, failures = ran.count("connect")
    assert connects == failures >= 10
    assert set(ran.statistics) == {"connect"}
    assert "ERR_INVALID_URL" in ran.errors
    assert "tcp://host:port" in ran.errors


@pytest.mark.parametrize("missing", ["locust", "hdrh"])
def test_without_the_extra_it_is_said_what_to_install(missing: str) -> None:
    """Not just the name of a module that the user has never heard of."""
    code = f"import sys; sys.modules[{missing!r}] = None; import gnet.loadtest"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stderr.splitlines()[-1] == (
        "ModuleNotFoundError: gnet.loadtest needs Locust and HdrHistogram: "
        "pip install 'gevent-net[load]', or '.[load]' in a checkout"
    )
