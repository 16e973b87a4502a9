"""What the tests share: a server of their own, samples of its statistics, and a verdict.

A locustfile makes one `LoadTest`. Where the test is led from, in the only process or in the
master, it starts the server before the users, samples what the server tells while they are there,
and judges when the last of them has ended. In a worker it does nothing, but for the latencies.

Users are drained before they are stopped (`loadtests.draining`), so that server and clients have
counted the same connections when the run is judged.
"""

from __future__ import annotations

import datetime
import logging
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import gevent
from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner
from locust.web import WebUI

from gnet.loadtest import Latencies
from loadtests import webui
from loadtests.agreement import Statistics
from loadtests.draining import Visit, Visits
from loadtests.kernel import tcp_settings
from loadtests.process import ServerError, ServerProcess
from loadtests.record import Record, sample
from loadtests.statistics_client import StatisticsClient, StatisticsError
from loadtests.verdict import Expectation, broken, equal, verdict_table

__all__ = ["LoadTest", "Run"]

#: Seconds between two looks at something that is waited for.
_LOOK_S = 0.05

#: Seconds in which a server has to notice that its clients are gone.
_SETTLE_S = 5.0

#: Why Locust's statistics must not begin anew in the middle.
_NO_RESET = "what clients count from then on can't be compared with what the server counts"

logger = logging.getLogger(__name__)


@dataclass
class Run:
    """One run of a test, from the start of its server to the verdict."""

    options: Any
    statistics: StatisticsClient
    server: ServerProcess | None
    start: Statistics
    last: Statistics
    started: float = field(default_factory=time.perf_counter)
    started_at: str = field(
        default_factory=lambda: datetime.datetime.now(datetime.timezone.utc).isoformat()
    )
    samples: list[dict[str, Any]] = field(default_factory=list)
    failure: str | None = None
    all_ended: bool = False  # whether every user has ended its visit by itself
    was_reset: bool = False  # whether Locust's statistics began anew in the middle
    sampling: gevent.Greenlet[[Run], None] | None = None

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.perf_counter() - self.started

    @property
    def accepted(self) -> int:
        """Connections that the server has accepted in this run."""
        return self.last.accepted - self.start.accepted

    @property
    def dropped(self) -> int:
        """Connections that the server has refused in this run."""
        return self.last.dropped - self.start.dropped


class LoadTest(ABC):
    """A test of a server, joined to Locust's events."""

    #: Its name, in reports.
    name: ClassVar[str]

    #: Seconds between two samples of the server's statistics.
    sample_s: ClassVar[float] = 0.05

    def __init__(self) -> None:
        #: The run that is under way: from when its server is ready until it is to be judged.
        self.run: Run | None = None
        self.latencies: Latencies | None = None
        self.expectations: Sequence[Expectation] = ()
        self._environment: Any = None
        self._samples: Sequence[dict[str, Any]] = ()  # of the run, or the last one if there is none
        self._ending: gevent.Greenlet[[Run], None] | None = None
        self._visits = Visits()
        events.init_command_line_parser.add_listener(self._on_parser)
        events.init.add_listener(self._on_init)

    # ---------------------------------------------------------------- what each test says

    @abstractmethod
    def add_options(self, parser: LocustArgumentParser) -> None:
        """Add the options of this test."""

    @abstractmethod
    def server_arguments(self, options: Any) -> list[str]:
        """Return what the server is started with, by the options."""

    @abstractmethod
    def judge(self, run: Run) -> list[Expectation]:
        """Return what was expected of a run, and what was seen."""

    def before_users(self, run: Run) -> None:  # noqa: B027  # most have nothing to do here
        """Prepare a server before the first user comes."""

    def notes(self) -> dict[str, Any]:
        """Return what clients know at this moment, for the sample of what the server does.

        It is asked only where the clients are: not in a master.
        """
        return {}

    # ---------------------------------------------------------------- for judging

    def count(self, name: str) -> int:
        """How many requests of this name there were that did not fail, of all workers."""
        entry = self._environment.stats.get(name, "TCP")
        return int(entry.num_requests - entry.num_failures)

    @property
    def processes(self) -> int:
        """How many processes there are users in."""
        return 1 if self.is_local else max(1, self._environment.runner.worker_count)

    @property
    def is_local(self) -> bool:
        """Whether all users are in this process."""
        return not isinstance(self._environment.runner, MasterRunner)

    # ---------------------------------------------------------------- Locust's events

    def _on_parser(self, parser: LocustArgumentParser, **_: Any) -> None:
        parser.add_argument(
            "--server",
            choices=["gnet", "streamserver", "node", "external"],
            default="gnet",
            help="The server to load; external: the one at --host, started by somebody else",
        )
        parser.add_argument(
            "--statistics",
            default="",
            metavar="URL",
            help="Where an external server tells its statistics, as loadtests.server has printed",
        )
        parser.add_argument(
            "--results",
            default="",
            metavar="FILE",
            help="Write what was seen there, as JSON",
            include_in_web_ui=False,
        )
        self.add_options(parser)

    def _on_init(
        self, environment: Environment, runner: Any, web_ui: WebUI | None, **_: Any
    ) -> None:
        self._environment = environment
        self.latencies = Latencies(environment)
        self._visits.join(environment)
        if isinstance(runner, WorkerRunner):
            return
        environment.events.test_start.add_listener(self._on_test_start)
        environment.events.test_stopping.add_listener(self._on_test_stopping)
        environment.events.test_stop.add_listener(self._on_test_stop)
        environment.events.quitting.add_listener(self._on_quitting)
        environment.events.reset_stats.add_listener(self._on_reset_stats)
        if environment.shape_class is not None:
            # As Ctrl-C: Locust has no handler before the end of a shape that runs without a web UI.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
        if web_ui is not None:
            webui.extend(web_ui, self.tables)

    def _on_test_start(self, **_: Any) -> None:
        self.expectations = ()
        self._samples = ()
        try:
            run = self._begin()
        except Exception as error:  # whatever it is, nothing would be judged in the end
            if not isinstance(error, (ServerError, StatisticsError)):
                logger.exception("The test cannot begin")
            self._visits.forbid()
            reason = str(error) or type(error).__name__
            self._conclude([Expectation("the test can begin", "yes", reason, holds=False)])
            runner = self._environment.runner
            # Whoever looks at the web UI may mend it and start again.
            gevent.spawn(runner.quit if self._environment.web_ui is None else runner.stop)
            return
        # Not before the server is ready: Locust starts anew if a shape asks for other users before.
        self.run = run
        self._samples = run.samples
        run.sampling = gevent.spawn(self._sample, run)

    def _begin(self) -> Run:
        """Start a server, or find the one that runs."""
        options = self._environment.parsed_options
        if options.reset_stats:
            raise ServerError(f"leave out --reset-stats: {_NO_RESET}")
        server = None
        if options.server == "external":
            url = options.statistics
            if not url or not self._environment.host:
                raise ServerError("--server external needs --host and --statistics")
        else:
            arguments = ["--server", options.server, *self.server_arguments(options)]
            server = ServerProcess(arguments)
            ready = server.ready
            self._environment.host = f"tcp://{ready.host}:{ready.port}"
            url = ready.statistics
        statistics = StatisticsClient(url)
        try:
            start = statistics.read()
            run = Run(options, statistics, server, start, start)
            self.before_users(run)
        except BaseException:
            statistics.close()
            if server is not None:
                server.stop()
            raise
        return run

    def _sample(self, run: Run) -> None:
        """Sample the server's statistics until it is killed."""
        while run.failure is None:
            self._take_sample(run)
            gevent.sleep(self.sample_s)

    def _take_sample(self, run: Run) -> None:
        # Before the server is asked, so that they are not ahead of it.
        notes = self.notes() if self.is_local else {}
        try:
            run.last = run.statistics.read()
        except StatisticsError as error:
            run.failure = str(error)
            return
        users = self._environment.runner.user_count
        run.samples.append(sample(run.seconds, users, run.last, run.start) | notes)

    def visit(self, task: Visit) -> Visit:
        """Decorate what a user does, so that it is ended before the run is judged."""
        return self._visits.counted(task)

    def _on_test_stopping(self, **_: Any) -> None:
        """Judge the run before Locust says that it has stopped: its web UI asks no more then."""
        run = self.run
        if run is not None:
            run.all_ended = self._visits.drain()
        self._finish()

    # ---------------------------------------------------------------- the verdict

    def _on_test_stop(self, **_: Any) -> None:
        self._finish()

    def _finish(self) -> None:
        """Judge the run, if nobody does, and wait until it is judged."""
        run, self.run = self.run, None
        if run is not None:
            # In a greenlet of its own, as Locust may kill the one that stops when Ctrl-C comes.
            self._ending = gevent.spawn(self._end, run)
        if self._ending is not None:
            self._ending.join()

    def _on_reset_stats(self, **_: Any) -> None:
        if self.run is not None:
            self.run.was_reset = True

    def _on_quitting(self, **_: Any) -> None:
        """Have the verdict before Locust decides about the exit code; its master does so itself."""
        if self.is_local:
            self._environment.runner.quit()
        if self._ending is not None:
            self._ending.join()
        if not self.expectations and self._environment.web_ui is None:
            text = "no: it ended before the server was ready, or had no users"
            self._conclude([Expectation("the test has run", "yes", text, holds=False)])

    def _end(self, run: Run) -> None:
        """Judge a run, and end its server."""
        try:
            if run.sampling is not None:
                run.sampling.kill()
            until = run.seconds + _SETTLE_S
            self._take_sample(run)
            while run.last.connections and run.failure is None and run.seconds < until:
                gevent.sleep(_LOOK_S)
                self._take_sample(run)
            expectations = [*self._expect_order(run), *self.judge(run)]
            if run.failure is not None:
                expectations.append(
                    Expectation("the server tells its statistics", "yes", run.failure, holds=False)
                )
            if run.options.results:
                expectations += self._write_results(run, expectations)
            self._conclude(expectations)
        except Exception as error:  # whatever it is, a run that was not judged has not passed
            logger.exception("The run cannot be judged")
            self._conclude([Expectation("the run can be judged", "yes", repr(error), holds=False)])
        finally:
            run.statistics.close()
            if run.server is not None:
                run.server.stop()

    def _write_results(self, run: Run, expectations: Sequence[Expectation]) -> list[Expectation]:
        """Write what was seen; return what is wrong with that."""
        try:
            self._results(run, expectations).write(Path(run.options.results))
        except OSError as error:
            return [Expectation("the results can be written", "yes", str(error), holds=False)]
        return []

    def _expect_order(self, run: Run) -> list[Expectation]:
        """What is expected of every test."""
        failures = self._environment.stats.total.num_failures
        failures += sum(each["count"] for each in self._environment.runner.exceptions.values())
        found = [
            equal("no request fails, and no user", 0, failures),
            equal("connections left in the end", 0, run.last.connections),
        ]
        if not run.all_ended:
            text = "no: they were stopped in the middle, and not all is counted"
            found.append(Expectation("all users end by themselves", "yes", text, holds=False))
        if run.was_reset:
            found.append(Expectation("all is counted", "yes", f"no: {_NO_RESET}", holds=False))
        return found

    def _conclude(self, expectations: Sequence[Expectation]) -> None:
        """Say the verdict, and keep it for the exit code."""
        self.expectations = expectations
        print(f"\n{verdict_table(self.name, expectations)}\n", flush=True)
        self._environment.process_exit_code = max(
            self._environment.process_exit_code or 0, int(bool(broken(expectations)))
        )

    # ---------------------------------------------------------------- what is shown

    def _results(self, run: Run, expectations: Sequence[Expectation]) -> Record:
        environment = self._environment
        assert self.latencies is not None
        return Record(
            test=self.name,
            started=run.started_at,
            seconds=round(run.seconds, 3),
            options={
                name: value
                for name, value in vars(run.options).items()
                if name in self._own_options()
            },
            statistics=run.last.to_dict(),
            samples=run.samples,
            latencies={
                " ".join(key): asdict(summary)
                for key, summary in sorted(self.latencies.summaries().items())
            },
            requests={
                f"{kind} {name}": {"count": entry.num_requests, "failures": entry.num_failures}
                for (name, kind), entry in sorted(environment.stats.entries.items())
            },
            errors=[
                {"name": each.name, "error": str(each.error), "occurrences": each.occurrences}
                for each in environment.stats.errors.values()
            ],
            expectations=expectations,
            retry_times=tcp_settings().syn_retry_times,
        )

    def _own_options(self) -> set[str]:
        """The names of this test's options, as against Locust's."""
        parser = LocustArgumentParser(add_help=False)
        self._on_parser(parser)
        return {action.dest for action in parser._actions} - {"results"}

    def tables(self) -> list[webui.Table]:
        """Return what the web UI shows in tabs of its own."""
        assert self.latencies is not None
        server: list[webui.Row] = []
        if self._samples:
            server = webui.server_rows(self._samples)
        return [
            webui.Table("Server", ("name", "value"), server),
            webui.Table(
                "Latencies (ms)",
                ("name", "count", "min", "p50", "p90", "p99", "max"),
                webui.latency_rows(self.latencies.summaries()),
            ),
            webui.Table(
                "Verdict",
                ("name", "expected", "seen", "holds"),
                [
                    asdict(each) | {"holds": "yes" if each.holds else "NO"}
                    for each in self.expectations
                ],
            ),
        ]
