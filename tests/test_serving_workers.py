"""``gnet serve --workers``: several processes that behave as one."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import gevent
import psutil
import pytest
from serving_process import Serving, gnet_serve, write_app
from worker_load import (
    TELLING,
    Held,
    accept_queues,
    activated,
    ask,
    eventually,
    load,
    wait_for_edition,
    workers_of,
)

from gnet.serving import workers

#: Several processes start one after the other, and each of them imports gevent.
pytestmark = pytest.mark.timeout(60)

LOCAL = ("--listen", "tcp://127.0.0.1:0")


@contextlib.contextmanager
def serving(
    directory: Path, *options: str, count: int = 2, code: str = TELLING
) -> Iterator[Serving]:
    """``gnet serve --workers`` of the application that tells who serves; its workers are there."""
    write_app(directory, code)
    with gnet_serve(
        directory, "--workers", str(count), *(options or LOCAL), "app:on_connection"
    ) as served:
        served.address()
        workers_of(served, count)
        yield served


# ---------------------------------------------------------------- the beginning


def test_every_worker_serves_on_the_one_socket(tmp_path: Path) -> None:
    """Whoever is free accepts."""
    with serving(tmp_path) as served:
        pids = workers_of(served, 2)
        with load(served.port()) as clients:
            eventually(lambda: len(clients.served) == 2, "connections of both")
        assert sorted(clients.served) == pids
        assert clients.failures == []
        assert served.stop() == 0


def test_one_worker_is_supervised(tmp_path: Path) -> None:
    """It is no process of its own, but one that is replaced."""
    with serving(tmp_path, count=1) as served:
        first, _ = ask(served.port())
        assert first != served.pid
        os.kill(first, signal.SIGKILL)
        assert ask(served.port())[0] != first
        assert served.stop() == 0


def test_each_address_is_told_once_and_not_as_one_of_http(tmp_path: Path) -> None:
    """By the arbiter, which has opened it; the text is one that --listen would take."""
    addresses = ["tcp6://[::1]:0", f"unix:{tmp_path}/s", f"unix:@{tmp_path}"]
    options = [part for address in addresses for part in ("--listen", address)]
    with serving(tmp_path, *LOCAL, *options) as served:
        assert served.stop() == 0
        told = re.findall(r"\[(\d+)\] info gnet.serve: listening on (\S+)", served.told)
        assert [pid for pid, _ in told] == [str(served.pid)] * 4
        assert [re.sub(r"(?<=:)\d+$", "N", text) for _, text in told] == [
            "tcp://127.0.0.1:N",
            "tcp6://[::1]:N",
            *addresses[1:],
        ]
        assert "http:" not in served.told


def test_the_arbiters_lines_have_the_format_of_all_others(tmp_path: Path) -> None:
    """One reader is enough for the whole log."""
    with serving(tmp_path, *LOCAL, "--log-format", "json") as served:
        assert served.stop() == 0
        assert [line for line in served.lines if not re.fullmatch(r"\{.*\}", line)] == []
        assert '"logger": "gunicorn", "message": "Booting worker' in served.told


@pytest.mark.parametrize(
    ("spec", "status", "message"),
    [
        ("nowhere:on_connection", 3, "no module 'nowhere'"),
        ("app:on_conection", 4, "did you mean 'on_connection'?"),
        ("broken:on_connection", 1, "ZeroDivisionError"),
    ],
)
def test_what_cannot_be_served_ends_it_with_a_code_of_its_own(
    tmp_path: Path, spec: str, status: int, message: str
) -> None:
    """The one that a single process would have, instead of starting workers for ever."""
    write_app(tmp_path)
    write_app(tmp_path, "1 / 0\n", "broken.py")
    with gnet_serve(tmp_path, "--workers", "1", *LOCAL, spec) as served:
        assert served.end() == status
        assert message in served.told


def test_a_port_in_use_is_told_before_anything_is_started(tmp_path: Path) -> None:
    """In one line, and nothing is left of the other address."""
    write_app(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        options = ("--listen", f"unix:{tmp_path}/s", "--listen", taken)
        with gnet_serve(tmp_path, "--workers", "2", *options, "app:on_connection") as served:
            assert served.end() == 6
            assert served.lines == [
                f"gnet serve: cannot listen on {taken}: address already in use (EADDRINUSE)"
            ]
    assert not (tmp_path / "s").exists()


def test_without_gunicorn_it_says_what_to_install(tmp_path: Path) -> None:
    """It is an extra."""
    write_app(tmp_path)
    missing = "raise ModuleNotFoundError(\"No module named 'gunicorn'\", name='gunicorn')\n"
    write_app(tmp_path, missing, "gunicorn.py")
    with gnet_serve(tmp_path, "--workers", "2", "app:on_connection") as served:
        assert served.end() == 2
        assert served.lines == ["gnet serve: --workers needs gunicorn: pip install gunicorn"]


# ---------------------------------------------------------------- losses


def test_a_killed_worker_takes_only_its_own_connections_along(tmp_path: Path) -> None:
    """Nobody else notices, and it is replaced."""
    with serving(tmp_path) as served, load(served.port()) as clients:
        victim, other = workers_of(served, 2)
        eventually(lambda: clients.served.keys() >= {victim, other}, "connections of both")
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: len(clients.served) == 3, "connections of the new one")
        clients.wait_for_more(50)
        clients.stop()
        # Whoever had not been greeted yet cannot tell; but nobody else can have cut it.
        assert {pid for pid, _ in clients.failures} <= {victim, None}
        assert len(clients.failures) <= clients.clients
        assert served.stop() == 0


def test_a_reload_under_load_loses_nothing_and_brings_the_new_code(tmp_path: Path) -> None:
    """What was accepted is served to its end, what was not waits for the next."""
    with serving(tmp_path) as served, load(served.port()) as clients:
        for edition in ("second", "third", "fourth"):
            clients.wait_for_more(50)
            write_app(tmp_path, TELLING.replace("first", edition))
            served.send(signal.SIGHUP)
            eventually(partial(clients.has_heard_of, edition), edition)
        clients.wait_for_more(50)
        clients.stop()
        assert clients.failures == []
        assert clients.editions == ["first", "second", "third", "fourth"]
        assert ask(served.port())[1] == "fourth"
        assert served.stop() == 0


@pytest.mark.parametrize(
    "mistake", ["def on_connection(socket:\n", "import sys; sys.exit(3)\n", ""]
)
def test_what_cannot_be_served_is_not_reloaded(tmp_path: Path, mistake: str) -> None:
    """The mistake is told, and the workers go on; when it is mended, a reload works as ever."""
    with serving(tmp_path) as served:
        before = workers_of(served, 2)
        write_app(tmp_path, mistake)
        served.send(signal.SIGHUP)
        served.wait_for("critical gnet.serve: (module app cannot be imported|app has no)")
        served.wait_for("not reloaded")
        assert ask(served.port())[1] == "first"
        assert workers_of(served, 2) == before
        write_app(tmp_path, TELLING.replace("first", "second"))
        served.send(signal.SIGHUP)
        wait_for_edition(served.port(), "second")
        assert served.stop() == 0


def test_who_is_told_to_stop_does_not_finish_trying_first(tmp_path: Path) -> None:
    """An import may take its time."""
    with serving(tmp_path) as served:
        write_app(tmp_path, "import sys, time; print('trying', file=sys.stderr); time.sleep(60)\n")
        served.send(signal.SIGHUP)
        served.wait_for("trying")
        assert served.stop() == 0


def test_a_connection_of_the_old_code_lives_on_until_its_time_is_up(tmp_path: Path) -> None:
    """And meanwhile the arbiter does its work: it reloads once more, and takes notice of a kill."""
    with serving(tmp_path, *LOCAL, "--drain-timeout", "3", count=1) as served:
        old = Held(served.port())
        for edition in ("second", "third"):
            write_app(tmp_path, TELLING.replace("first", edition))
            served.send(signal.SIGHUP)
            wait_for_edition(served.port(), edition)
        old.echo()
        assert old.edition == "first"
        assert old.fate() == "ECONNRESET"
        assert served.wait_for(r"\[(\d+)\] warning gnet.serve: stopped: 1 reset")[1] == str(old.pid)
        assert served.stop() == 0
        assert "SIGKILL" not in served.told


def test_an_upgrade_under_load_loses_nothing(tmp_path: Path) -> None:
    """SIGUSR2 starts a new arbiter on the same sockets; then the old one is told to stop."""
    with serving(tmp_path) as served, load(served.port()) as clients:
        clients.wait_for_more(20)
        write_app(tmp_path, TELLING.replace("first", "second"))
        served.send(signal.SIGUSR2)
        eventually(lambda: "second" in clients.editions, "the new ones")
        successor = int(served.wait_for(r"\[(\d+)\] info gnet.serve: listening on")[1])
        assert successor != served.pid
        assert served.stop() == 0
        eventually(lambda: "Master has been promoted" in served.told, "the succession")
        clients.wait_for_more(50)
        os.kill(successor, signal.SIGHUP)  # it is one as any other
        clients.wait_for_more(50)
        clients.stop()
        assert clients.failures == []
        assert ask(served.port())[1] == "second"
        os.kill(successor, signal.SIGTERM)
        eventually(lambda: f"[{successor}] info gunicorn: Shutting down" in served.told, "its end")


def test_all_workers_are_started_anew_when_a_file_changes(tmp_path: Path) -> None:
    """With --reload, on sockets that are only lent: nobody is refused in between."""
    write_app(tmp_path, TELLING)
    options = ("--reload", "--workers", "2")
    with gnet_serve(tmp_path, *options, *LOCAL, "app:on_connection") as served:
        port = served.port()
        with load(port, 2) as clients:
            clients.wait_for_more(5)
            write_app(tmp_path, TELLING.replace("first", "second"))
            eventually(partial(clients.has_heard_of, "second"), "the new code")
        assert clients.failures == []
        os.killpg(served.pid, signal.SIGINT)
        assert served.end() == 0


# ---------------------------------------------------------------- the end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_drains_and_counts_what_it_cuts(tmp_path: Path, number: signal.Signals) -> None:
    """What is reported is what clients saw. A terminal's Ctrl-C goes to every process."""
    with serving(tmp_path, *LOCAL, "--drain-timeout", "0.5") as served:
        held = [Held(served.port()) for _ in range(12)]
        gone = [held.pop(), held.pop()]
        os.killpg(served.pid, number) if number == signal.SIGINT else served.send(number)
        served.wait_for("draining")
        served.wait_for("draining")
        for each in gone:
            each.echo()
            each.finish()
        fates = gevent.joinall([gevent.spawn(each.fate) for each in held])
        assert [each.value for each in fates] == ["ECONNRESET"] * 10
        assert served.end() == 0
        reported = re.findall(r"stopped: (\d+) reset", served.told)
        assert sum(map(int, reported)) == 10


def test_the_second_signal_cuts_the_wait_short(tmp_path: Path) -> None:
    """As with one process; and what is cut then is counted, too."""
    with serving(tmp_path, *LOCAL, "--drain-timeout", "100") as served:
        held = [Held(served.port()) for _ in range(4)]
        served.send(signal.SIGTERM)
        served.wait_for("draining")
        served.wait_for("draining")
        served.send(signal.SIGTERM)
        assert [each.fate() for each in held] == ["ECONNRESET"] * 4
        assert served.end() == 0
        reported = re.findall(r"stopped: (\d+) reset", served.told)
        assert sum(map(int, reported)) == 4


def test_what_nobody_has_accepted_yet_is_served_by_who_leaves_last(tmp_path: Path) -> None:
    """The kernel has told the client that it is connected, and would reset it."""
    with serving(tmp_path) as served:
        port, pids = served.port(), workers_of(served, 2)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        # More than the two accept in one turn of their loops.
        waiting = [gevent.spawn(ask, port) for _ in range(300)]
        eventually(lambda: accept_queues(port) == [300], "connections in the queue")
        served.send(signal.SIGTERM)
        served.wait_for("Handling signal: term")
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        assert {each.get()[0] for each in waiting} <= set(pids)
        assert served.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
@pytest.mark.parametrize("pause", ["gevent.sleep(60)", "monkey.get_original('time', 'sleep')(60)"])
def test_an_application_that_is_being_imported_is_not_waited_for(
    tmp_path: Path, number: signal.Signals, pause: str
) -> None:
    """There is nothing to drain. It may wait in the loop, or outside."""
    code = f"import gevent\nfrom gevent import monkey\nprint('loading', flush=True)\n{pause}\n"
    write_app(tmp_path, code)
    with gnet_serve(tmp_path, "--workers", "1", *LOCAL, "app:on_connection") as served:
        eventually(lambda: "loading" in served.printed, "the import")
        served.send(number)
        assert served.end() == 0
        assert "Traceback" not in served.told


def test_a_worker_that_has_only_been_forked_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It still has the arbiter's handlers, and nobody there to hear what they hear."""
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    arbiter = workers._Arbiter.__new__(workers._Arbiter)
    arbiter.pid = os.getppid()  # so this process is none
    arbiter.signal(signal.SIGINT, None)  # a terminal's, which the arbiter hears, too
    assert left == []
    arbiter.signal(signal.SIGTERM, None)
    assert left == [0]


def test_workers_come_and_go_at_ttin_and_ttou(tmp_path: Path) -> None:
    """And one that has to go serves what it has to its end."""
    with serving(tmp_path) as served:
        before = workers_of(served, 2)
        served.send(signal.SIGTTIN)
        assert set(before) < set(workers_of(served, 3))
        held: list[Held] = []
        while {each.pid for each in held} < set(before):
            held.append(Held(served.port()))
        served.send(signal.SIGTTOU)
        leaving = int(served.wait_for(r"\[(\d+)\] info gnet.serve: draining")[1])
        for each in held:
            if each.pid == leaving:
                os.kill(leaving, signal.SIGTERM)  # so does the arbiter, each second
                each.echo()
                each.echo()
            each.finish()
        assert leaving not in workers_of(served, 2)
        assert served.stop() == 0


# ---------------------------------------------------------------- sockets of other kinds


def test_the_file_of_a_unix_socket_goes_with_the_arbiter_only(tmp_path: Path) -> None:
    """Workers come and go meanwhile; an upgraded arbiter inherits it."""
    path = tmp_path / "s"

    def is_served() -> bool:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(5)
            peer.connect(str(path))
            return b"first" in peer.recv(100)

    with serving(tmp_path, "--listen", f"unix:{path}") as served:
        assert is_served()
        served.send(signal.SIGHUP)
        served.wait_for("stopped")
        served.wait_for("stopped")
        assert is_served()
        served.send(signal.SIGUSR2)
        successor = int(served.wait_for(r"\[(\d+)\] info gnet.serve: listening on")[1])
        assert served.stop() == 0
        eventually(lambda: "promoted" in served.told, "the succession")
        assert is_served()
        os.kill(successor, signal.SIGTERM)
        eventually(lambda: f"[{successor}] info gunicorn: Shutting down" in served.told, "its end")
        assert not path.exists()


def _found(directory: Path, pattern: str) -> list[Path]:
    return list(directory.glob(pattern))


def test_an_upgrade_that_fails_leaves_the_unix_socket_s_file(tmp_path: Path) -> None:
    """The arbiter before goes on serving there."""
    directory, path = tmp_path / "numbers", tmp_path / "s"
    write_app(tmp_path, TELLING)
    directory.mkdir()
    environ = {"PROMETHEUS_MULTIPROC_DIR": str(directory)}
    arguments = ("--workers", "1", "--listen", f"unix:{path}", "--metrics", "unix:metrics")
    with gnet_serve(tmp_path, *arguments, "app:on_connection", environ=environ) as served:
        served.address()
        # A worker that has told all its numbers once needs the directory no more.
        for kind in ("histogram", "gauge", "counter"):
            eventually(partial(_found, directory, f"{kind}*"), f"a worker's {kind}")
        directory.rename(tmp_path / "elsewhere")
        served.send(signal.SIGUSR2)
        served.wait_for("need a directory")
        eventually(lambda: len(psutil.Process(served.pid).children()) == 1, "its end")
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(5)
            peer.connect(str(path))
            assert b"first" in peer.recv(100)
        assert (tmp_path / "metrics").exists()
        assert served.stop() == 0
        assert not path.exists()


def test_sockets_that_systemd_passes_are_served(tmp_path: Path) -> None:
    """LISTEN_FDS, if no address is given; also by the arbiter that SIGUSR2 starts."""
    write_app(tmp_path, TELLING)
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("", 0)) as other:
        command = [sys.executable, "-m", "gnet", "serve", "--workers", "2", "app:on_connection"]
        with activated(tmp_path, command, one, other) as served:
            ports = [each.getsockname()[1] for each in (one, other)]
            assert [served.port(0), served.port(1)] == ports
            pids = workers_of(served, 2)
            assert {ask(port)[0] for port in ports} <= set(pids)
            served.send(signal.SIGUSR2)
            successor = int(served.wait_for(r"\[(\d+)\] info gnet.serve: listening on")[1])
            assert served.stop() == 0
            assert [ask(port)[1] for port in ports] == ["first", "first"]
            os.kill(successor, signal.SIGTERM)
            eventually(
                lambda: f"[{successor}] info gunicorn: Shutting down" in served.told, "its end"
            )


def test_with_reuse_port_each_worker_has_a_socket_of_its_own(tmp_path: Path) -> None:
    """On the one port, which the system has chosen; the arbiter only holds it."""
    with serving(tmp_path, *LOCAL, "--reuse-port") as served:
        port = served.port()
        assert len(accept_queues(port)) == 2
        with load(port) as clients:
            eventually(lambda: len(clients.served) == 2, "connections of both")
        assert clients.failures == []
        assert served.stop() == 0


def test_an_upgraded_arbiter_has_the_same_ports(tmp_path: Path) -> None:
    """Also where each worker listens on its own, and the system has chosen the port."""
    with serving(tmp_path, *LOCAL, "--reuse-port", count=1) as served:
        port = served.port()
        served.send(signal.SIGUSR2)
        successor = served.wait_for(rf"\[(\d+)\] info gnet.serve: listening on tcp://.*:{port}$")[1]
        assert served.stop() == 0
        eventually(lambda: accept_queues(port) == [0], "a listening socket")
        assert ask(port)[1] == "first"
        os.kill(int(successor), signal.SIGTERM)
        eventually(lambda: f"[{successor}] info gunicorn: Shut" in served.told, "its end")
