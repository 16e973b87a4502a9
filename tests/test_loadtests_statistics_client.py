"""`loadtests.statistics_client` and `…_server`: both ends of one HTTP interface."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from gevent.hub import get_hub
from support import GUARD_S, load_server

from loadtests.agreement import Address
from loadtests.kernel import KernelError
from loadtests.servers.base import Counts, LoadedServer, ServerOptions
from loadtests.statistics_client import Statistics, StatisticsClient, StatisticsError
from loadtests.statistics_server import StatisticsServer


class Mute(LoadedServer):
    """A server on a kernel that tells nothing."""

    name = "mute"
    version = "0"
    pid = 1
    address = Address("127.0.0.1", 1)

    def start(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""

    def cpu_seconds(self) -> float:
        """None."""
        return 0.0

    def counts(self) -> Counts:
        """None."""
        return Counts()

    def listening_fd(self) -> int:
        """None."""
        return -1

    def _stop_accepting(self, msecs: float) -> None:
        """Do nothing."""

    def _start_accepting(self) -> None:
        """Do nothing."""

    def statistics(self) -> Statistics:
        """Fail as the kernel's part fails."""
        raise KernelError("this kernel has no setting net.core.somaxconn")


@pytest.fixture
def url() -> Iterator[str]:
    """Where a server's statistics are."""
    with load_server("gnet") as server:
        yield server.ready.statistics


@contextlib.contextmanager
def answering(body: bytes) -> Iterator[str]:
    """An HTTP server that answers everything with this."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def ask(method: str, url: str) -> requests.Response:
    """One request, without what `StatisticsClient` makes of the answer."""
    return requests.request(method, url, timeout=GUARD_S)


# ---------------------------------------------------------------- over HTTP


def test_statistics_are_json(url: str) -> None:
    """For whoever reads them with another program."""
    answer = ask("GET", url)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["server"] == "gnet"


def test_a_pause_is_answered(url: str) -> None:
    """Once nothing is accepted any more."""
    assert ask("POST", f"{url}pause?msecs=100").json() == {"paused": True}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "nothing"), ("GET", "pause?msecs=1"), ("POST", ""), ("PUT", "")]
)
def test_what_nothing_answers_is_not_found(url: str, method: str, path: str) -> None:
    """And there is said what there is."""
    answer = ask(method, url + path)
    assert answer.status_code == 404
    assert "there are GET / and POST /pause?msecs=N" in answer.text


@pytest.mark.parametrize(
    "query", ["", "?msecs=", "?msecs=soon", "?msecs=-1", "?msecs=nan", "?ms=1"]
)
def test_a_pause_without_a_time_is_refused(url: str, query: str) -> None:
    """With what a right one looks like; nothing is paused."""
    answer = ask("POST", f"{url}pause{query}")
    assert answer.status_code == 400
    assert "msecs must be a number of milliseconds from 0 to 3600000" in answer.text
    assert not ask("GET", url).json()["paused"]


def test_a_kernel_that_tells_nothing_is_named() -> None:
    """It is no fault of the request's, and none that will pass."""
    server = StatisticsServer(
        Mute(ServerOptions("127.0.0.1", 0, 1, None), pytest.fail), "127.0.0.1", 0
    )
    server.start()
    try:
        answer = get_hub().threadpool.apply(ask, ("GET", server.url))
    finally:
        server.stop()
    assert answer.status_code == 501
    assert answer.text == "this kernel has no setting net.core.somaxconn\n"


# ---------------------------------------------------------------- the client


def test_the_client_goes_by_a_url_with_or_without_its_end(url: str) -> None:
    """A slash is easily lost."""
    with StatisticsClient(url.rstrip("/")) as client:
        client.pause(60_000)
        assert client.read().paused


def test_a_pause_that_is_refused_is_told_in_the_servers_words(url: str) -> None:
    """With the status."""
    with (
        StatisticsClient(url) as client,
        pytest.raises(StatisticsError, match="400 msecs must be a number of milliseconds"),
    ):
        client.pause(-1)


def test_a_server_that_is_gone_is_told_in_one_sentence() -> None:
    """Not in a stack of wrapped errors."""
    with load_server("gnet") as server:
        url = server.ready.statistics
    with StatisticsClient(url) as client, pytest.raises(StatisticsError) as caught:
        client.read()
    assert "Connection refused; does the server still run?" in str(caught.value)
    assert "HTTPConnectionPool" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"<html>", "answers, but not in JSON; is it the right URL?"),
        (b"{}", "is it the URL that loadtests.server has printed?"),
    ],
)
def test_another_server_is_found_out(body: bytes, text: str) -> None:
    """By what it answers."""
    with (
        answering(body) as url,
        StatisticsClient(url) as client,
        pytest.raises(StatisticsError, match=text.replace("?", r"\?")),
    ):
        client.read()
