"""The port for those who run the service: /metrics, /health, /live, over HTTP."""

from __future__ import annotations

import contextlib
import os
import signal
import socket as stdlib_socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
import pytest
from prometheus_client import CollectorRegistry
from serving_observed import connect, echo, ended, reset, serving
from serving_process import ECHO, gnet_serve, write_app
from support import GUARD_S, ROOT, guarded

from gnet.serving import operations
from gnet.serving.metrics import Metrics
from gnet.serving.operations import Operations
from gnet.serving.service import Service


class Answer:
    """What came back."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.content = raw.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        self.status = int(status.split()[1])
        self.headers = dict(line.lower().split(": ", 1) for line in lines)


class Asked:
    """Operations of a service, and a client of theirs."""

    def __init__(self, service: Service, where: Any, running: Operations, other: Any) -> None:
        self.service = service
        self.where = where
        self.operations = running
        #: Another process's descriptor of the listening socket.
        self.other = other

    def dial(self) -> Any:
        """A connection."""
        is_file = isinstance(self.where, str)
        peer = gevent.socket.socket(gevent.socket.AF_UNIX if is_file else gevent.socket.AF_INET)
        peer.settimeout(GUARD_S)
        try:
            peer.connect(self.where)
        except OSError:
            peer.close()
            raise
        return peer

    def __call__(self, path: str, method: str = "GET", headers: str = "") -> Answer:
        """Ask, and read to the end."""
        with contextlib.closing(self.dial()) as peer:
            peer.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
            return Answer(read_all(peer))


def read_all(peer: Any) -> bytes:
    """Read to the end."""
    parts = []
    while part := peer.recv(65536):
        parts.append(part)
    return b"".join(parts)


@contextlib.contextmanager
def asked(path: str | None = None, **options: Any) -> Iterator[Asked]:
    """A service that can be asked how it is."""
    metrics = Metrics(CollectorRegistry())
    if path is None:
        listener = stdlib_socket.create_server(("127.0.0.1", 0))
    else:
        listener = stdlib_socket.socket(stdlib_socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
    where = listener.getsockname()
    other = listener.dup()
    with contextlib.closing(other), serving(echo, metrics) as service:
        metrics.watch(service)
        running = Operations(listener, service, metrics, **options)
        running.start()
        try:
            yield Asked(service, where, running, other)
        finally:
            running.close()
            metrics.stop()


# ---------------------------------------------------------------- answers


def test_health_says_ok() -> None:
    """While it serves."""
    with asked() as ask:
        answer = ask("/health")
        assert (answer.status, answer.content) == (200, b"ok\n")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"


def test_health_says_no_while_it_drains() -> None:
    """From its first moment on, and as long as there are connections; it is alive all the same."""
    with asked() as ask:
        peer = connect(ask.service)
        ask.service.stop_accepting()
        for _ in range(2):
            answer = ask("/health")
            assert (answer.status, answer.content) == (503, b"draining\n")
        assert ask("/live").status == 200
        assert ask("/metrics").status == 200
        peer.close()
        ended(ask.service)


def test_live_says_ok() -> None:
    """It is able to answer."""
    with asked() as ask:
        answer = ask("/live")
        assert (answer.status, answer.content) == (200, b"ok\n")


def test_metrics_are_those_of_this_moment() -> None:
    """A scrape does not get what was so a second ago."""
    with asked() as ask:
        peer = connect(ask.service)
        answer = ask("/metrics")
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        name = ask.service.endpoints[0].name
        assert f'gnet_connections_open{{listen="{name}"}} 1.0' in answer.content.decode()
        peer.close()
        ended(ask.service)


def test_metrics_in_the_format_that_was_asked_for() -> None:
    """As Prometheus asks for OpenMetrics."""
    with asked() as ask:
        answer = ask("/metrics", headers="Accept: application/openmetrics-text; version=1.0.0\r\n")
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        assert answer.content.endswith(b"# EOF\n")


@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/metrics", 200), ("/x", 404)])
def test_head_gets_the_head(path: str, status: int) -> None:
    """HAProxy's check is one, unless told otherwise (OPTIONS in old ones)."""
    with asked() as ask:
        answer = ask(path, "HEAD")
        assert (answer.status, answer.content) == (status, b"")
        assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_not_allowed(method: str) -> None:
    """There is nothing to change here."""
    with asked() as ask:
        answer = ask("/health", method)
        assert answer.status == 405
        assert answer.headers["allow"] == "get, head"


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics/", "/health/x"])
def test_other_paths_are_not_found(path: str) -> None:
    """Rather than taken for healthy."""
    with asked() as ask:
        assert ask(path).status == 404


def test_a_query_is_no_part_of_the_path() -> None:
    """Some send one."""
    with asked() as ask:
        assert ask("/health?verbose=1").status == 200


def test_a_connection_serves_one_request() -> None:
    """So that none is left open between two scrapes."""
    with asked() as ask:
        assert ask("/health").headers["connection"] == "close"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"GET /health HTTP/1\r\n\r\n", 400),
        (b"GET /health HTTP/2.0\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\n" + b"X: x\r\n" * 200 + b"\r\n", 400),
        (b"GET /health HTTP/1.1\r\nX: " + b"x" * 70_000, 400),
        (b"GET /" + b"x" * 10_000, 414),
        (b"GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200),
        (b"GET /health HTTP/1.1\nHost: x\n\n", 200),
        (b"POST /health HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 9_000_000, 405),
        (b"POST /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 405),
    ],
    ids=[
        "no HTTP",
        "half a version",
        "HTTP/2",
        "no length",
        "many fields",
        "a long field",
        "a long line",
        "HTTP/1.0",
        "without CR",
        "a body",
        "no chunk",
    ],
)
def test_what_is_sent_is_read_with_care(
    request_: bytes,
    status: int,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The answer arrives, nothing else happens, and nobody hears of it who did not ask to."""
    with asked() as ask, contextlib.closing(ask.dial()) as peer:
        peer.sendall(request_)
        answer = Answer(read_all(peer))
        assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def test_what_a_client_does_wrong_can_be_heard(caplog: pytest.LogCaptureFixture) -> None:
    """By who looks for it."""
    caplog.set_level("DEBUG", "gnet.operations")
    with asked() as ask:
        assert ask("/", "GET /").status == 400
    [record] = caplog.records
    assert record.levelname == "DEBUG"
    assert "Invalid HTTP method" in record.getMessage()


def test_a_head_may_come_in_pieces() -> None:
    """Its end is found wherever it was cut."""
    with asked() as ask, contextlib.closing(ask.dial()) as peer:
        for piece in (b"GET /hea", b"lth HTTP/1.1\r\nHost: x\r", b"\n\r", b"\n"):
            peer.sendall(piece)
            gevent.sleep(0.005)
        assert Answer(read_all(peer)).status == 200


@pytest.mark.parametrize("sent", [b"GET /health HTTP/1.1\r\nX-Slow: ", b""])
def test_a_request_takes_its_time_and_no_more(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    """One that never ends is cut off."""
    monkeypatch.setattr(operations, "REQUEST_TIMEOUT", 0.05)
    with asked() as ask, contextlib.closing(ask.dial()) as peer:
        peer.sendall(sent)
        assert read_all(peer) == b""
        with guarded("the request to be given up"):
            while ask.operations.requests:
                gevent.sleep(0.001)


def test_a_body_that_never_comes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer does not depend on it; then it has the time that is left."""
    monkeypatch.setattr(operations, "REQUEST_TIMEOUT", 0.1)
    with asked() as ask, contextlib.closing(ask.dial()) as peer:
        peer.sendall(b"POST /health HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
        assert Answer(read_all(peer)).status == 405
        with guarded("the request to be given up"):
            while ask.operations.requests:
                gevent.sleep(0.001)


def test_metrics_that_take_too_long_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the application may wait for something."""
    monkeypatch.setattr(operations, "REQUEST_TIMEOUT", 0.05)
    monkeypatch.setattr(Metrics, "expose", lambda *_: gevent.sleep(GUARD_S))
    with asked() as ask:
        assert ask("/metrics").status == 500


def test_an_answer_that_nobody_reads_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is more than the kernel takes."""
    monkeypatch.setattr(operations, "REQUEST_TIMEOUT", 0.1)
    monkeypatch.setattr(Metrics, "expose", lambda *_: ("text/plain", b"x" * 20_000_000))
    with asked() as ask, contextlib.closing(ask.dial()) as peer:
        peer.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        with guarded("the request to begin and to be given up"):
            while not ask.operations.requests:
                gevent.sleep(0.001)
            while ask.operations.requests:
                gevent.sleep(0.001)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /met",
        b"GET /metrics HTTP/1.1\r\nHo",
        b"GET /metrics HTTP/1.1\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nContent-Length: 9\r\n\r\nx",
    ],
    ids=["silent", "in the first line", "in the head", "in the answer", "in the body"],
)
@pytest.mark.parametrize("go", [reset, gevent.socket.socket.close])
def test_a_client_that_is_gone_is_no_error(
    sent: bytes, go: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """It has not waited for the answer."""
    with asked() as ask:
        for is_being_served in (False, True):
            peer = ask.dial()
            peer.sendall(sent)
            with guarded("the request"):
                while is_being_served and sent.count(b"\n") < 2 and not ask.operations.requests:
                    gevent.sleep(0.001)
            go(peer)
            assert ask("/health").status == 200
        with guarded("its end"):
            while ask.operations.requests:
                gevent.sleep(0.001)
    assert capfd.readouterr() == ("", "")


def test_metrics_that_fail_are_told_as_such(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An application may have metrics of its own that raise."""

    def expose(*_: object) -> object:
        raise ValueError("mine")

    monkeypatch.setattr(Metrics, "expose", expose)
    with asked() as ask:
        assert ask("/metrics").status == 500
        assert ask("/health").status == 200
    [record] = caplog.records
    assert record.name == "gnet.operations"
    assert record.exc_info


def test_the_dns_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may take long to say that it knows nothing, and nobody needs the name."""
    asked_for: list[str] = []
    monkeypatch.setattr(gevent.socket, "getfqdn", asked_for.append)
    with asked() as ask:
        assert ask("/health").status == 200
    assert not asked_for


def test_there_is_an_end_to_how_many_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """More are cut off; when one has ended, the next is welcome."""
    monkeypatch.setattr(operations, "MOST_REQUESTS", 2)
    with asked() as ask:
        slow = [ask.dial() for _ in range(2)]
        with guarded("the requests"):
            while ask.operations.requests < 2:
                gevent.sleep(0.001)
        with contextlib.closing(ask.dial()) as third:
            assert third.recv(10) == b""
        for peer in slow:
            peer.close()
        with guarded("their end"):
            while ask.operations.requests:
                gevent.sleep(0.001)
        assert ask("/health").status == 200


def test_it_can_be_asked_over_a_unix_socket(tmp_path: Path) -> None:
    """A port is not needed where all is on one machine."""
    with asked(str(tmp_path / "m")) as ask:
        assert ask("/health").content == b"ok\n"


def test_closing_ends_a_request_that_is_under_way() -> None:
    """It does not hold up the process."""
    with asked() as ask, contextlib.closing(ask.dial()) as peer:
        with guarded("the request"):
            while not ask.operations.requests:
                gevent.sleep(0.001)
        ask.operations.close()
        assert ask.operations.requests == 0
        assert peer.recv(10) == b""
        ask.other.close()
        with pytest.raises(ConnectionRefusedError):
            ask.dial()


def test_closing_ends_a_request_that_has_not_begun(tmp_path: Path) -> None:
    """Its connection is accepted, but its greenlet has not run."""
    with asked(str(tmp_path / "m")) as ask, contextlib.closing(ask.dial()) as peer:
        hub = gevent.get_hub()
        # Its low priority lets it be called after what accepts, in the same turn.
        with contextlib.closing(hub.loop.io(ask.other.fileno(), 1, priority=-1)) as watcher:
            hub.wait(watcher)
        assert ask.operations.requests == 1
        ask.operations.close()
        assert peer.recv(10) == b""


# ---------------------------------------------------------------- among several


def test_what_is_handed_over_is_for_the_others() -> None:
    """A recycled worker does not say no for the service."""
    with asked(is_shared=True) as ask:
        ask.service.stop_accepting()
        ask.operations.hand_over()
        with contextlib.closing(ask.dial()) as peer:
            peer.sendall(b"GET /health HTTP/1.1\r\n\r\n")
            gevent.sleep(0.05)  # many turns of the loop, in which it does not take it
            taken, _ = ask.other.accept()
            taken.close()


def test_what_nobody_else_takes_is_answered_after_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """All drain: one had better say so."""
    monkeypatch.setattr(operations, "FOR_THE_OTHERS", 0.02)
    with asked(is_shared=True) as ask:
        ask.service.stop_accepting()
        ask.operations.hand_over()
        for _ in range(2):
            assert ask("/health").status == 503
        assert ask("/metrics").status == 200


# ---------------------------------------------------------------- gnet serve

ADDRESS = ("--listen", "tcp://127.0.0.1:0")
METRICS = ("--metrics", "tcp://127.0.0.1:0")


def get(url: str) -> tuple[int, str]:
    """What there is."""
    host, _, rest = url.removeprefix("http://").partition("/")
    name, _, port = host.rpartition(":")
    with stdlib_socket.create_connection((name, int(port)), 15) as peer:
        peer.sendall(f"GET /{rest} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        answer = Answer(read_all(peer))
    return answer.status, answer.content.decode()


@pytest.mark.parametrize(
    "environ", [{}, {"GNET_METRICS": "tcp://127.0.0.1:0"}], ids=["option", "variable"]
)
def test_a_process_tells_of_itself(tmp_path: Path, environ: dict[str, str]) -> None:
    """It says where, before it says where it listens; and goes on while it drains."""
    write_app(tmp_path)
    option = () if environ else METRICS
    with gnet_serve(tmp_path, *ADDRESS, *option, "app:on_connection", environ=environ) as served:
        url = served.wait_for(r"metrics on (http://127\.0\.0\.1:\d+/metrics)$")[1]
        health = url.replace("/metrics", "/health")
        with served.connect() as peer:
            peer.sendall(b"hello")
            assert peer.recv(10) == b"hello"
            status, text = get(url)
            labels = f'{{listen="{served.address()}"}}'
            assert status == 200
            assert f"gnet_connections_open{labels} 1.0" in text
            assert f"gnet_received_bytes_total{labels} 5.0" in text
            assert f"gnet_sent_bytes_total{labels} 5.0" in text
            assert "process_cpu_seconds_total" in text  # the library's own
            assert get(health) == (200, "ok\n")
            served.send(signal.SIGTERM)
            served.wait_for("draining: 1 open")
            assert get(health) == (503, "draining\n")
            assert get(url.replace("/metrics", "/live"))[0] == 200
        assert served.end() == 0
    with pytest.raises(ConnectionRefusedError):
        get(health)


def test_an_open_request_does_not_hold_the_process(tmp_path: Path) -> None:
    """Nor a client that never asks."""
    write_app(tmp_path)
    with gnet_serve(tmp_path, *ADDRESS, *METRICS, "app:on_connection") as served:
        port = int(served.wait_for(r"metrics on .*:(\d+)/metrics$")[1])
        served.address()
        with stdlib_socket.create_connection(("127.0.0.1", port), 15) as peer:
            get(f"http://127.0.0.1:{port}/health")  # by then the one before is accepted
            assert served.stop() == 0
            assert peer.recv(10) == b""


def test_the_metrics_of_the_application_are_told_too(tmp_path: Path) -> None:
    """It uses the library as usual."""
    code = "import prometheus_client\ncount = prometheus_client.Counter('mine', 'x')\n"
    write_app(tmp_path, code + ECHO + "    count.inc()\n")
    with gnet_serve(tmp_path, *ADDRESS, *METRICS, "app:on_connection") as served:
        url = served.wait_for(r"metrics on (\S+)$")[1]
        with served.connect() as peer:
            peer.sendall(b"hello")
            assert peer.recv(10) == b"hello"
            assert "mine_total 1.0" in get(url)[1]
        assert served.stop() == 0


def test_metrics_over_a_unix_socket(tmp_path: Path) -> None:
    """Its file goes with the process."""
    write_app(tmp_path)
    path = tmp_path / "m.sock"
    with gnet_serve(tmp_path, *ADDRESS, "--metrics", f"unix:{path}", "app:on_connection") as served:
        served.wait_for(f"metrics on unix:{path}$")
        served.address()
        with stdlib_socket.socket(stdlib_socket.AF_UNIX) as peer:
            peer.connect(str(path))
            peer.sendall(b"GET /health HTTP/1.1\r\n\r\n")
            assert Answer(read_all(peer)).content == b"ok\n"
        assert served.stop() == 0
        assert not path.exists()


def test_a_port_for_metrics_that_is_taken(tmp_path: Path) -> None:
    """One line, and the exit code of an address that cannot be listened on."""
    write_app(tmp_path)
    with stdlib_socket.create_server(("127.0.0.1", 0)) as other:
        where = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        with gnet_serve(tmp_path, *ADDRESS, "--metrics", where, "app:on_connection") as served:
            assert served.end() == 6
            assert served.lines == [
                f"gnet serve: cannot listen on {where}: address already in use (EADDRINUSE)"
            ]


def test_without_the_library(tmp_path: Path) -> None:
    """One line that says what to install, and the exit code of wrong usage."""
    write_app(tmp_path)
    write_app(tmp_path, "import sys\nsys.modules['prometheus_client'] = None\n", "sitecustomize.py")
    environ = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    with gnet_serve(tmp_path, *ADDRESS, *METRICS, "app:on_connection", environ=environ) as served:
        assert served.end() == 2
        assert served.lines == [
            "gnet serve: --metrics needs prometheus-client: pip install prometheus-client"
        ]
