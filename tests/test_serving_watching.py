"""Watching several workers, who share a port and add up their numbers."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import shutil
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from serving_process import ECHO, Serving, gnet_serve, running, write_app
from support import ROOT
from test_serving_operations import get
from worker_load import eventually, workers_of

LOCAL = ("--listen", "tcp://127.0.0.1:0")
METRICS = ("--metrics", "tcp://127.0.0.1:0")

#: Tells who serves.
WHO = """\
import os
def on_connection(socket):
    socket.write(b"%d" % os.getpid())
    socket.on("data", socket.write).on("error", lambda _: None)
"""


class Watched:
    """A process with workers, and a client of its metrics."""

    def __init__(self, served: Serving, url: str, port: int) -> None:
        self.served = served
        self.url = url
        self.port = port

    def connect(self) -> tuple[int, socket.socket]:
        """A connection, and the worker that serves it."""
        peer = socket.create_connection(("127.0.0.1", self.port), 15)
        return int(peer.recv(100)), peer

    def value(self, name: str) -> float | None:
        """Of a metric, whatever its address is; None if there is none."""
        found = re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", get(self.url)[1], re.MULTILINE)
        return None if found is None else float(found[1])

    def health(self) -> int:
        """The status."""
        return get(self.url.replace("/metrics", "/health"))[0]


@contextlib.contextmanager
def watched(
    directory: Path, *options: str, workers: int = 2, environ: Mapping[str, str] | None = None
) -> Iterator[Watched]:
    """``gnet serve --workers`` with metrics."""
    write_app(directory, WHO)
    number = ("--workers", str(workers))
    with gnet_serve(
        directory, *number, *LOCAL, *METRICS, *options, "app:on_connection", environ=environ
    ) as served:
        url = served.wait_for(r"metrics on (http://\S+)$")[1]
        yield Watched(served, url, served.port())
        assert "Traceback" not in served.told


def directory_of(master: int) -> str | None:
    """Where the workers of a master write."""
    found = glob.glob(f"/dev/shm/gnet-metrics-*/master-{master}")
    return os.path.dirname(found[0]) if found else None


def test_the_numbers_are_those_of_all_workers(tmp_path: Path) -> None:
    """Also after one was killed: what it had counted stays, what it had open does not."""
    with watched(tmp_path) as watch:
        held: dict[int, list[socket.socket]] = {}
        while len(held) < 2 or sum(map(len, held.values())) < 10:
            pid, peer = watch.connect()
            held.setdefault(pid, []).append(peer)
        number = sum(map(len, held.values()))
        for peers in held.values():
            for peer in peers:
                peer.sendall(b"hello")
                assert peer.recv(10) == b"hello"
        eventually(lambda: watch.value("gnet_connections_accepted_total") == number, "all")
        eventually(lambda: watch.value("gnet_received_bytes_total") == 5 * number, "their bytes")
        assert watch.value("gnet_connections_open") == number
        assert watch.value("gnet_accept_queue_maximum") == 511  # it is one queue
        victim, other = held
        os.kill(victim, signal.SIGKILL)
        watch.served.wait_for("SIGKILL")
        left = len(held[other])
        eventually(lambda: watch.value("gnet_connections_open") == left, "those of the other")
        assert watch.value("gnet_connections_accepted_total") == number
        assert watch.value("gnet_received_bytes_total") == 5 * number
        directory = directory_of(watch.served.pid)
        assert directory is not None
        for peers in held.values():
            for peer in peers:
                peer.close()
        assert watch.served.stop() == 0
        assert not os.path.exists(directory)


def test_a_worker_that_is_replaced_does_not_say_no_for_all(tmp_path: Path) -> None:
    """It drains; the service does not."""
    with watched(tmp_path, workers=1) as watch:
        before, peer = watch.connect()
        watch.served.send(signal.SIGHUP)
        watch.served.wait_for(rf"\[{before}\] info gnet.serve: draining: 1 ")
        assert [watch.health() for _ in range(20)] == [200] * 20
        peer.close()
        assert watch.served.stop() == 0


def test_a_service_that_drains_says_so(tmp_path: Path) -> None:
    """When no worker is left that does not, after a moment."""
    with watched(tmp_path) as watch:
        assert watch.health() == 200
        held = [watch.connect()]
        while len({worker for worker, _ in held}) < 2:  # one that still starts does not drain
            held.append(watch.connect())
        watch.served.send(signal.SIGTERM)
        watch.served.wait_for("draining")
        watch.served.wait_for("draining")
        assert watch.health() == 503
        for _, peer in held:
            peer.close()
        assert watch.served.end() == 0


def test_a_directory_of_the_users_is_used_and_left(tmp_path: Path) -> None:
    """By prometheus_client's own variable."""
    directory = tmp_path / "numbers"
    directory.mkdir()
    with watched(tmp_path, environ={"PROMETHEUS_MULTIPROC_DIR": str(directory)}) as watch:
        assert watch.value("gnet_connections_open") == 0
        assert list(directory.glob("counter_*.db"))
        assert watch.served.stop() == 0
    assert directory.is_dir()
    assert not list(directory.glob("master-*"))


def test_a_successor_takes_over_port_and_numbers(tmp_path: Path) -> None:
    """SIGUSR2 starts a new arbiter; the last to leave removes what there is."""
    with watched(tmp_path, workers=1) as watch:
        watch.connect()[1].close()
        eventually(lambda: watch.value("gnet_connections_accepted_total") == 1, "it")
        watch.served.send(signal.SIGUSR2)
        found = watch.served.wait_for(r"\[(\d+)\] info gnet.serve: metrics on (\S+)$")
        successor = int(found[1])
        assert successor != watch.served.pid
        assert found[2] == watch.url
        watch.served.wait_for(r"listening on")
        assert watch.served.stop() == 0
        eventually(lambda: "promoted" in watch.served.told, "the succession")
        directory = directory_of(successor)
        assert directory is not None
        assert watch.health() == 200
        watch.connect()[1].close()
        eventually(lambda: watch.value("gnet_connections_accepted_total") == 2, "both")
        os.kill(successor, signal.SIGTERM)
        eventually(lambda: not os.path.exists(directory), "the end of the directory")


def test_without_the_library(tmp_path: Path) -> None:
    """One line, as with one process."""
    write_app(tmp_path)
    write_app(tmp_path, "import sys\nsys.modules['prometheus_client'] = None\n", "sitecustomize.py")
    environ = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    arguments = ("--workers", "1", *LOCAL, *METRICS, "app:on_connection")
    with gnet_serve(tmp_path, *arguments, environ=environ) as served:
        assert served.end() == 2
        assert served.lines == [
            "gnet serve: --metrics needs prometheus-client: pip install prometheus-client"
        ]


@pytest.mark.parametrize("workers", [(), ("--workers", "1")], ids=["one", "workers"])
def test_a_directory_that_is_not_there(workers: tuple[str, ...], tmp_path: Path) -> None:
    """One line says so, and nothing is left behind."""
    write_app(tmp_path)
    arguments = (*workers, *LOCAL, "--metrics", "unix:metrics", "app:on_connection")
    environ = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "nowhere")}
    with gnet_serve(tmp_path, *arguments, environ=environ) as served:
        assert served.end() == 2
        assert len(served.lines) == 1
        assert "need a directory, see PROMETHEUS_MULTIPROC_DIR" in served.lines[0]
    assert not (tmp_path / "metrics").exists()


def test_a_directory_that_somebody_removes(tmp_path: Path) -> None:
    """As one cleans /dev/shm: the next workers have another, and serve."""
    with watched(tmp_path, workers=1) as watch:
        directory = directory_of(watch.served.pid)
        assert directory is not None
        shutil.rmtree(directory)
        worker, peer = watch.connect()
        os.kill(worker, signal.SIGKILL)
        peer.close()
        successor, peer = watch.connect()
        assert successor != worker
        eventually(lambda: watch.value("gnet_connections_open") == 1, "the numbers")
        peer.close()
        assert watch.served.stop() == 0
        assert not os.path.exists(directory)


def test_a_killed_master_s_directory_goes_with_its_workers(tmp_path: Path) -> None:
    """It cannot do so itself."""
    with watched(tmp_path) as watch:
        directory = directory_of(watch.served.pid)
        assert directory is not None
        watch.connect()[1].close()
        watch.served.send(signal.SIGKILL)
        watch.served.process.wait()  # a process that nobody has waited for is still there
        eventually(lambda: not os.path.exists(directory), "the end of the directory")


def test_a_worker_s_children_do_not_inherit_the_port(tmp_path: Path) -> None:
    """They may live longer."""
    code = """\
import os
def on_connection(socket):
    os.system("ls -l /proc/self/fd >fds")
    socket.end()
"""
    for number, options in enumerate([(), ("--reuse-port",)]):
        directory = tmp_path / str(number)
        write_app(directory, code)
        arguments = ("--workers", "1", *LOCAL, *METRICS, *options, "app:on_connection")
        with gnet_serve(directory, *arguments) as served:
            served.wait_for("metrics on")
            port = served.port()
            workers_of(served, 1)
            with socket.create_connection(("127.0.0.1", port), 15) as peer:
                while peer.recv(4096):
                    pass
            assert served.stop() == 0
        descriptors = (directory / "fds").read_text()
        assert "/fds" in descriptors
        assert "socket:" not in descriptors


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """The exit code is that of an address that cannot be listened on."""
    write_app(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        where = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        arguments = ("--workers", "1", *LOCAL, "--metrics", where, "app:on_connection")
        with gnet_serve(tmp_path, *arguments) as served:
            assert served.end() == 6
            assert served.lines == [
                f"gnet serve: cannot listen on {where}: address already in use (EADDRINUSE)"
            ]


# ---------------------------------------------------------------- gunicorn

GUNICORN = [sys.executable, "-m", "gunicorn", "-k", "gnet.gunicorn.NetWorker", "-b", "127.0.0.1:0"]


def test_gunicorns_own_command_line(tmp_path: Path) -> None:
    """Metrics by a variable; the access log goes where gunicorn's own goes."""
    write_app(tmp_path, ECHO)
    command = [*GUNICORN, "--access-logfile", "-", "app:on_connection"]
    environ = {"HOME": str(tmp_path), "GNET_METRICS": "tcp://127.0.0.1:0"}
    with running(command, tmp_path, environ) as served:
        port = int(served.wait_for(r"Listening at: http://\S+:(\d+)")[1])
        url = served.wait_for(r"metrics on (http://\S+)$")[1]
        with socket.create_connection(("127.0.0.1", port), 15) as peer:
            peer.sendall(b"hello")
            assert peer.recv(10) == b"hello"
            assert 'outcome="end"' in get(url)[1]
        eventually(lambda: served.printed.endswith(" end\n"), "the line")
        assert re.fullmatch(
            rf"127\.0\.0\.1:\d+ tcp://127\.0\.0\.1:{port} \d\.\d{{3}}s in=5 out=5 end\n",
            served.printed,
        )
        assert served.stop() == 0
