"""``gnet health``: the exit code tells whether a service is healthy."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving_process import clean_environment, gnet_serve, write_app
from support import ROOT

from gnet.serving import cli, health


@contextlib.contextmanager
def answering(answer: bytes | None, path: str | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives each client this answer, and what the clients have sent.

    None is a server that says nothing until the client has gone.
    """
    requests: list[bytes] = []
    if path is None:
        listener = socket.create_server(("127.0.0.1", 0))
        where = "{}:{}".format(*listener.getsockname())
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        where = path

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return  # it was shut down
            with peer, contextlib.suppress(OSError):
                requests.append(peer.recv(4096))
                if answer is None:
                    peer.recv(4096)
                else:
                    peer.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield where, requests
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def closed_port() -> int:
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"


def test_a_service_that_says_ok(capsys: pytest.CaptureFixture[str]) -> None:
    """It is asked for the path that was given, and nothing is printed."""
    with answering(OK) as (where, requests):
        assert health.main([f"http://{where}/live?x"], {}) == 0
        assert requests[0].startswith(b"GET /live?x HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        assert health.main([f"http://{where}"], {}) == 0
        assert requests[1].startswith(b"GET /health HTTP/1.1\r\n")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\ndraining\n", "503 Service Unavailable"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "404 Not Found"),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", "302 Found"),
        (b"", "no answer over HTTP"),
        (b"220 mail.example ESMTP\r\n", "no answer over HTTP"),
        (b"x" * 5000, "no answer over HTTP"),
    ],
)
def test_a_service_that_says_something_else(
    answer: bytes, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says what."""
    with answering(answer) as (where, _):
        assert health.main([f"http://{where}/health"], {}) == 1
    assert capsys.readouterr().err == f"gnet health: http://{where}/health: {why}\n"


def test_a_service_that_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """It has as much time as was given."""
    with answering(None) as (where, _):
        before = time.monotonic()
        assert health.main(["--timeout", "0.1", f"http://{where}"], {}) == 1
        assert 0.09 < time.monotonic() - before < 2
    assert capsys.readouterr().err == f"gnet health: http://{where}: no answer in 0.1 s\n"


def test_a_service_that_never_comes_to_an_end() -> None:
    """The time is for all of the answer, not for each piece of it."""
    gone = threading.Event()

    def trickle() -> None:
        peer, _ = listener.accept()
        with peer, contextlib.suppress(OSError):
            while not gone.wait(0.02):
                peer.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=trickle)
        thread.start()
        before = time.monotonic()
        where = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert health.main(["--timeout", "0.1", where], {}) == 1
        assert time.monotonic() - before < 2
        gone.set()
        thread.join()


@pytest.mark.parametrize("scheme", ["http", "tcp"])
def test_nobody_listens(scheme: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not healthy."""
    address = f"{scheme}://127.0.0.1:{closed_port()}"
    assert health.main([address], {}) == 1
    assert capsys.readouterr().err == f"gnet health: {address}: connection refused\n"


def test_to_connect_is_enough() -> None:
    """Where there is nothing to ask; also on an address that means any."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        for host in ("127.0.0.1", "", "0.0.0.0", "localhost"):
            assert health.main([f"tcp://{host}:{port}"], {}) == 0


def test_ipv6() -> None:
    """In brackets, as everywhere; any address there is the loopback address there."""
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listener:
        port = listener.getsockname()[1]
        for address in ("tcp://[::1]", "tcp://[::]", "tcp6://[::]", "tcp6://"):
            assert health.main([f"{address}:{port}"], {}) == 0


def test_a_unix_socket(tmp_path: Path) -> None:
    """Also one without a file (Linux)."""
    path = f"{tmp_path}/s"
    assert health.main([f"unix:{path}"], {}) == 1
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        assert health.main([f"unix:{path}"], {}) == 0
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0{path}")
        listener.listen()
        assert health.main([f"unix:@{path}"], {}) == 0


@pytest.mark.parametrize(
    "address",
    [
        "x",
        "http://h",
        "tcp://h:1/path",
        "tcp://h:99999",
        "tcp://h:0",
        "unix:",
        "fd:3",
        "http://h:1/ x",
    ],
)
def test_what_is_no_address(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told in one line, and is certainly not healthy."""
    assert health.main([address], {}) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "x"])
def test_what_is_no_timeout(seconds: str) -> None:
    """Wrong usage."""
    with pytest.raises(SystemExit) as caught:
        health.main(["--timeout", seconds], {})
    assert caught.value.code == 2


# ---------------------------------------------------------------- without an address


def test_it_asks_where_the_metrics_are(tmp_path: Path) -> None:
    """Before all else, over HTTP."""
    with answering(OK) as (where, requests):
        port = where.rpartition(":")[2]
        environ = {
            "GNET_METRICS": f"tcp://0.0.0.0:{port}",
            "GNET_LISTEN": f"tcp://127.0.0.1:{closed_port()}",
        }
        assert health.main([], environ) == 0
        assert requests[0].startswith(b"GET /health HTTP/1.1\r\n")
    path = f"{tmp_path}/m"
    with answering(OK, path) as (_, requests):
        assert health.main([], {"GNET_METRICS": f"unix:{path}"}) == 0
        assert requests[0].startswith(b"GET /health HTTP/1.1\r\n")


def test_it_connects_to_what_is_listened_on() -> None:
    """The first of them, if there are no metrics."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        up = f"tcp://:{listener.getsockname()[1]}"
        down = f"tcp://127.0.0.1:{closed_port()}"
        assert health.main([], {"GNET_LISTEN": f"{up} {down}"}) == 0
        assert health.main([], {"GNET_LISTEN": f"{down} {up}"}) == 1
        assert health.main([], {"GNET_METRICS": "", "GNET_LISTEN": up}) == 0


def test_it_connects_to_the_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That of ``gnet serve``."""
    from gnet.serving.settings import DEFAULT_LISTEN

    def refuse(*_: object) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert health.main([], {}) == 1
    assert capsys.readouterr().err == f"gnet health: {DEFAULT_LISTEN}: connection refused\n"


# ---------------------------------------------------------------- the command


def run(*arguments: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the ``gnet`` command."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=clean_environment(environ),
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )


GNET = ("-m", "gnet")


def test_the_command() -> None:
    """As a program."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        assert run(*GNET, "health", address).returncode == 0
    done = run(*GNET, "health", address)
    assert (done.returncode, done.stderr) == (1, f"gnet health: {address}: connection refused\n")
    assert run(*GNET, "health", environ={"GNET_LISTEN": address}).returncode == 1


def test_the_help_of_the_command_has_it() -> None:
    """Beside what serves, and one of its own."""
    text = run(*GNET, "--help").stdout
    assert "serve " in text
    assert "health " in text
    assert "GNET_METRICS" in run(*GNET, "health", "--help").stdout
    assert run(*GNET, "serve").returncode == 2


def test_the_command_in_this_process(capsys: pytest.CaptureFixture[str]) -> None:
    """As a function."""
    assert cli.main(["health", "x"]) == 1
    assert capsys.readouterr().err.startswith("gnet health: x: ")


def test_it_tells_of_a_process_that_serves_and_drains(tmp_path: Path) -> None:
    """By the same variables as the process was started with."""
    write_app(tmp_path)
    with gnet_serve(
        tmp_path,
        *("--listen", "tcp://127.0.0.1:0", "--metrics", "tcp://:0"),
        "app:on_connection",
    ) as served:
        port = served.wait_for(r"metrics on http://\S+:(\d+)/metrics")[1]
        environ = {"GNET_METRICS": f"tcp://:{port}"}
        with served.connect() as peer:
            peer.sendall(b"hello")
            assert peer.recv(10) == b"hello"
            assert run(*GNET, "health", environ=environ).returncode == 0
            assert health.main([served.address()], {}) == 0
            served.send(signal.SIGTERM)
            served.wait_for("draining")
            done = run(*GNET, "health", environ=environ)
            assert done.returncode == 1
            assert done.stderr == f"gnet health: tcp://:{port}: 503 Service Unavailable\n"
        assert served.end() == 0
    assert run(*GNET, "health", environ=environ).returncode == 1
