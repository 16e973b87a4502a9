"""The metrics: each is shown by what it counts, and by how much."""

from __future__ import annotations

import contextlib
import os
import resource
import socket as stdlib_socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as open_metrics_families,
)
from prometheus_client.parser import text_string_to_metric_families
from serving_observed import connect, dial, echo, ended, reset, serving
from support import ROOT, guarded

import gnet
from gnet.serving.metrics import LAG_PERIOD, Metrics
from gnet.serving.service import OUTCOMES, Service


class Watched:
    """A service, and what its metrics say."""

    def __init__(self, service: Service, metrics: Metrics, registry: CollectorRegistry) -> None:
        self.service = service
        self.metrics = metrics
        self.registry = registry

    @property
    def listen(self) -> str:
        """The label of its only address."""
        return self.service.endpoints[0].name

    def __call__(self, name: str, **labels: str) -> float | None:
        """What a scrape would see now; the label of the address goes without saying."""
        self.metrics.refresh()
        return self.registry.get_sample_value(name, {"listen": self.listen, **labels})


@contextlib.contextmanager
def watched(target: Any = echo, **options: Any) -> Iterator[Watched]:
    """A service with metrics."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    with serving(target, metrics, **options) as service:
        metrics.watch(service)
        try:
            yield Watched(service, metrics, registry)
        finally:
            metrics.stop()


def quiet_echo(socket: Any) -> None:
    """Send back what comes, and let errors be."""
    socket.on("data", socket.write).on("error", lambda _: None)


# ---------------------------------------------------------------- connections


def test_connections_open_and_accepted() -> None:
    """One counts what is, the other what was."""
    with watched() as value:
        assert value("gnet_connections_open") == 0
        assert value("gnet_connections_accepted_total") == 0
        peers = [connect(value.service) for _ in range(5)]
        assert value("gnet_connections_open") == 5
        assert value("gnet_connections_accepted_total") == 5
        for peer in peers[:3]:
            peer.close()
        ended(value.service, left=2)
        assert value("gnet_connections_open") == 2
        assert value("gnet_connections_accepted_total") == 5
        for peer in peers[3:]:
            peer.close()
        ended(value.service)


def test_connections_dropped_at_the_limit() -> None:
    """They were neither accepted nor ended."""
    with watched(max_connections=2) as value:
        peers = [connect(value.service) for _ in range(2)]
        refused = [dial(value.service) for _ in range(3)]
        for peer in refused:
            assert peer.recv(1) == b""
        assert value("gnet_connections_dropped_total", reason="max_connections") == 3
        assert value("gnet_connections_dropped_total", reason="no_descriptor") == 0
        assert value("gnet_connections_dropped_total", reason="blocked") == 0
        assert value("gnet_connections_accepted_total") == 2
        for peer in peers + refused:
            peer.close()
        ended(value.service)
        assert value("gnet_connections_closed_total", outcome="end") == 2


def test_connections_dropped_as_blocked() -> None:
    """By the server's block list, of which no event tells."""
    blocked = gnet.BlockList()
    blocked.add_address("127.0.0.1")

    def make_server() -> gnet.Server:
        return gnet.create_server(block_list=blocked)

    with watched(make_server) as value:
        for _ in range(2):
            peer = dial(value.service)
            assert peer.recv(1) == b""
            peer.close()
        assert value("gnet_connections_dropped_total", reason="blocked") == 2
        assert value("gnet_connections_dropped_total", reason="max_connections") == 0
        assert value("gnet_connections_accepted_total") == 0


def test_connections_dropped_without_a_descriptor() -> None:
    """The process has as many as it may have."""
    with watched() as value, contextlib.ExitStack() as undo:
        where = value.listen.removeprefix("tcp://").split(":")
        # Does not let the loop run: it is connected, and not accepted.
        peer = stdlib_socket.create_connection((where[0], int(where[1])))
        undo.callback(peer.close)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        undo.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))), hard)
        )
        with contextlib.suppress(OSError):
            while True:
                undo.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        with guarded("the connection to be dropped"):
            while not value.service.endpoints[0].dropped.no_descriptor:
                gevent.sleep(0.001)
        assert value("gnet_connections_dropped_total", reason="no_descriptor") == 1
        assert value("gnet_connections_dropped_total", reason="max_connections") == 0


def test_connections_closed_by_outcome() -> None:
    """Each outcome is there from the beginning."""
    with watched(quiet_echo) as value:
        for outcome in (*OUTCOMES, "error"):
            assert value("gnet_connections_closed_total", outcome=outcome) == 0
        for _ in range(2):
            connect(value.service).close()
        ended(value.service)
        reset(connect(value.service))
        ended(value.service)
        peer = connect(value.service)
        assert value.service.drain(0) == 1
        peer.close()
        assert value("gnet_connections_closed_total", outcome="end") == 2
        assert value("gnet_connections_closed_total", outcome="error") == 1
        assert value("gnet_connections_closed_total", outcome="drain-reset") == 1
        assert value("gnet_connections_closed_total", outcome="destroy") == 0


@pytest.mark.parametrize(
    ("options", "outcome"), [({}, "destroy"), ({"idle_timeout": 0.02}, "idle-timeout")]
)
def test_connections_closed_by_this_side(options: dict[str, float], outcome: str) -> None:
    """By the application, or for being idle."""

    def serve(socket: Any) -> None:
        socket.on("data", lambda _: socket.destroy())

    with watched(serve, **options) as value:
        peer = connect(value.service)
        if not options:
            peer.sendall(b"x")
        assert peer.recv(1) == b""
        ended(value.service)
        peer.close()
        assert value("gnet_connections_closed_total", outcome=outcome) == 1


# ---------------------------------------------------------------- errors


def test_errors_by_code() -> None:
    """A reset by the peer is ECONNRESET; there is no line for what has not happened."""
    with watched(quiet_echo) as value:
        assert value("gnet_connection_errors_total", code="ECONNRESET") is None
        for count in (1, 2):
            reset(connect(value.service))
            ended(value.service)
            assert value("gnet_connection_errors_total", code="ECONNRESET") == count


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("ETIMEDOUT", "ETIMEDOUT"),
        ("ENOTFOUND", "ENOTFOUND"),
        ("EAI_AGAIN", "EAI_AGAIN"),
        ("ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_PREMATURE_CLOSE"),
        ("ABORT_ERR", "ABORT_ERR"),
        ("of_my_own_42", "exception"),
        (None, "exception"),
    ],
)
def test_a_code_of_which_there_may_be_many_is_no_label(code: str | None, label: str) -> None:
    """Each would be a series of its own, for ever."""

    def serve(socket: Any) -> None:
        error: Any = RuntimeError("x")
        error.code = code
        socket.on("error", lambda _: None)
        socket.destroy(error)

    with watched(serve) as value:
        peer = dial(value.service)
        assert peer.recv(1) == b""
        peer.close()
        ended(value.service)
        assert value("gnet_connection_errors_total", code=label) == 1
        assert value("gnet_connections_closed_total", outcome="error") == 1


# ---------------------------------------------------------------- bytes


def test_bytes_of_both_directions() -> None:
    """Those of open connections, and of ended ones, each once."""

    def serve(socket: Any) -> None:
        socket.on("data", lambda data: socket.write(data * 3))

    with watched(serve) as value:
        first, second = connect(value.service), connect(value.service)
        first.sendall(b"x" * 10)
        assert len(first.recv(100)) == 30
        assert value("gnet_received_bytes_total") == 10
        assert value("gnet_sent_bytes_total") == 30
        first.close()
        ended(value.service, left=1)
        second.sendall(b"x" * 7)
        assert len(second.recv(100)) == 21
        assert value("gnet_received_bytes_total") == 17
        assert value("gnet_sent_bytes_total") == 51
        second.close()
        ended(value.service)
        assert value("gnet_received_bytes_total") == 17
        assert value("gnet_sent_bytes_total") == 51


def test_bytes_that_wait_count_as_sent() -> None:
    """What the application has written: the peer need not have read it."""
    size = 8_000_000

    def serve(socket: Any) -> None:
        socket.on("error", lambda _: None)
        socket.write(b"x" * size)

    with watched(serve) as value:
        peer = connect(value.service)
        assert value("gnet_sent_bytes_total") == size
        peer.close()


# ---------------------------------------------------------------- the accept queue


def test_the_accept_queue() -> None:
    """How many wait, and how many may: the backlog."""
    with watched(backlog=7) as value:
        assert value("gnet_accept_queue_length") == 0
        assert value("gnet_accept_queue_maximum") == 7
        value.service.endpoints[0].server.pause(60_000)
        peers = [dial(value.service) for _ in range(3)]
        assert value("gnet_accept_queue_length") == 3
        value.service.stop_accepting()
        assert value("gnet_accept_queue_length") == 0
        assert value("gnet_accept_queue_maximum") == 0
        for peer in peers:
            peer.close()


def test_a_unix_socket_has_no_accept_queue_to_tell_of(tmp_path: Path) -> None:
    """Rather nothing than a zero."""
    with watched(path=str(tmp_path / "s")) as value:
        assert value("gnet_accept_queue_length") is None
        assert value("gnet_connections_open") == 0


# ---------------------------------------------------------------- the loop


def test_the_loops_lag() -> None:
    """A greenlet that holds up the loop is seen as that."""
    held_up = 0.12
    with watched() as value:

        def lag(name: str, **labels: str) -> float:
            return value.registry.get_sample_value(f"gnet_loop_lag_seconds_{name}", labels) or 0.0

        gevent.sleep(0)  # the first measurement has begun
        assert lag("count") == 0
        time.sleep(LAG_PERIOD + held_up)  # nothing else runs meanwhile
        with guarded("the measurement"):
            while not lag("count"):
                gevent.sleep(0.001)
        assert lag("count") == 1
        assert lag("sum") > held_up - 0.02
        assert lag("bucket", le="0.05") == 0
        assert lag("bucket", le="+Inf") == 1


def test_the_lag_of_an_idle_loop_is_small() -> None:
    """Measured from where the wait has begun."""
    with watched() as value:
        with guarded("a measurement"):
            while not value.registry.get_sample_value("gnet_loop_lag_seconds_count"):
                gevent.sleep(0.01)
        total = value.registry.get_sample_value("gnet_loop_lag_seconds_sum")
        assert total is not None
        assert 0 <= total < LAG_PERIOD


# ---------------------------------------------------------------- telling


def test_the_values_are_told_without_a_scrape() -> None:
    """Each second: for a worker that is killed, others tell what it had counted."""
    with watched() as value:
        peer = connect(value.service)
        name, labels = "gnet_connections_accepted_total", {"listen": value.listen}
        assert value.registry.get_sample_value(name, labels) == 0
        with guarded("the next second"):
            while not value.registry.get_sample_value(name, labels):
                gevent.sleep(0.01)
        peer.close()


def test_the_last_values_are_told_at_the_end() -> None:
    """What happened since the last second."""
    with watched() as value:
        connect(value.service).close()
        ended(value.service)
        value.metrics.stop()
        labels = {"listen": value.listen, "outcome": "end"}
        assert value.registry.get_sample_value("gnet_connections_closed_total", labels) == 1


def test_each_address_is_told_of_by_itself() -> None:
    """By the label ``listen``."""
    with watched() as value:
        listener = stdlib_socket.create_server(("127.0.0.1", 0))
        second = value.service.listen(listener).name
        peer = connect(value.service)
        assert value("gnet_connections_open") == 1
        assert value.registry.get_sample_value("gnet_connections_open", {"listen": second}) == 0
        peer.close()


NAMES = {
    "gnet_connections_open",
    "gnet_connections_accepted",
    "gnet_connections_dropped",
    "gnet_connections_closed",
    "gnet_connection_errors",
    "gnet_received_bytes",
    "gnet_sent_bytes",
    "gnet_accept_queue_length",
    "gnet_accept_queue_maximum",
    "gnet_loop_lag_seconds",
}


def test_what_is_exposed_can_be_read() -> None:
    """In Prometheus' format, and, for who asks for it, in OpenMetrics; with all names."""
    with watched() as value:
        connect(value.service).close()
        ended(value.service)
        kind, content = value.metrics.expose()
        assert kind.startswith("text/plain; version=0.0.4")
        families = {family.name for family in text_string_to_metric_families(content.decode())}
        assert {name for name in families if not name.endswith("_created")} == NAMES
        kind, content = value.metrics.expose("application/openmetrics-text; version=1.0.0")
        assert kind.startswith("application/openmetrics-text")
        read: Any = open_metrics_families  # not typed
        assert {family.name for family in read(content.decode())} == NAMES


def test_a_scrape_is_exact() -> None:
    """It does not wait for the next second."""
    with watched() as value:
        peer = connect(value.service)
        _, content = value.metrics.expose()
        line = f'gnet_connections_open{{listen="{value.listen}"}} 1.0'
        assert line in content.decode().splitlines()
        peer.close()


def test_the_library_may_have_been_imported_before(tmp_path: Path) -> None:
    """By an application that a master has loaded: what was made by then is not shared, ours is."""
    code = """if True:
        import os, sys, prometheus_client
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = sys.argv[1]
        from gnet.serving.metrics import Metrics
        Metrics(prometheus_client.CollectorRegistry())._lag.observe(1)
    """
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=15, cwd=ROOT)
    assert len(list(tmp_path.glob("histogram_*.db"))) == 1
