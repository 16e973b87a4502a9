"""`gnet.gunicorn.NetWorker`: raw TCP under gunicorn's own command line."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import gevent
import psutil
import pytest
from serving_process import Serving, running, write_app
from worker_load import TELLING, Held, activated, ask, eventually, load, workers_of

#: Several processes start one after the other, and each of them imports gevent.
pytestmark = pytest.mark.timeout(60)

GUNICORN = [sys.executable, "-m", "gunicorn", "-k", "gnet.gunicorn.NetWorker"]
GUNICORN += ["--no-control-socket"]  # which takes a second to close
LOCAL = ("-b", "127.0.0.1:0")

#: Blocks as it is told: the whole process, or only its own greenlet.
BLOCKING = """\
import os, time
def on_connection(socket):
    socket.write(f"{os.getpid()} first\\n")
    socket.on("data", answer)
    answer_to.append(socket)
answer_to = []
def answer(what):
    if what == b"spin\\n":
        while True:
            pass
    time.sleep(2.5)
    answer_to[-1].write(what)
"""

#: Tells which hooks of a worker are called.
HOOKS = """\
post_worker_init = lambda worker: print("post_worker_init", flush=True)
worker_int = lambda worker: print("worker_int", flush=True)
worker_abort = lambda worker: print("worker_abort", flush=True)
worker_exit = lambda arbiter, worker: print("worker_exit", flush=True)
"""


def gunicorn(
    directory: Path, *options: str, app: str = "app:on_connection", environ: Mapping[str, str] = {}
) -> contextlib.AbstractContextManager[Serving]:
    """Run gunicorn with the worker class."""
    address = () if "-b" in options else LOCAL
    return running([*GUNICORN, *options, *address, app], directory, environ)


@contextlib.contextmanager
def serving(
    directory: Path,
    *options: str,
    workers: int = 1,
    code: str = TELLING,
    environ: Mapping[str, str] = {},
) -> Iterator[tuple[Serving, int]]:
    """Gunicorn and the port it serves on, once its workers are there."""
    write_app(directory, code)
    with gunicorn(directory, "-w", str(workers), *options, environ=environ) as served:
        port = int(served.wait_for(r"Listening at: http://\S+:(\d+)")[1])
        workers_of(served, workers)
        yield served, port


# ---------------------------------------------------------------- serving


def test_workers_serve_and_the_arbiter_stops_them(tmp_path: Path) -> None:
    """Both of them; what they say is in gunicorn's log and format."""
    with serving(tmp_path, workers=2) as (served, port):
        pids = workers_of(served, 2)
        with load(port) as clients:
            eventually(lambda: len(clients.served) == 2, "connections of both")
        assert sorted(clients.served) == pids
        assert clients.failures == []
        assert served.stop() == 0
        assert re.search(r"\] \[INFO\] stopped: 0 reset", served.told)


def test_a_factory_is_called_in_each_worker(tmp_path: Path) -> None:
    """And what it returns is served."""
    code = "import gnet\n" + TELLING + "def make():\n    return gnet.Server(on_connection)\n"
    write_app(tmp_path, code)
    with gunicorn(tmp_path, "-w", "1", app="app:make") as served:
        port = int(served.wait_for(r"Listening at: http://\S+:(\d+)")[1])
        assert ask(port)[0] == workers_of(served, 1)[0]
        assert served.stop() == 0


def test_a_listener_may_wait_for_long_but_not_keep_the_cpu(tmp_path: Path) -> None:
    """Who waits lets the others run. Who does not is aborted after the timeout, and replaced."""
    conf = tmp_path / "conf.py"
    conf.write_text(HOOKS)
    with serving(tmp_path, "--timeout", "1", "-c", str(conf), code=BLOCKING) as (served, port):
        patient = Held(port)
        patient.echo(b"wait\n")  # longer than two timeouts
        with pytest.raises(ConnectionError):
            patient.echo(b"spin\n")
        patient.socket.close()
        served.wait_for(rf"WORKER TIMEOUT \(pid:{patient.pid}\)")
        successor = Held(port)
        successor.reset()
        assert successor.pid != patient.pid
        assert served.stop() == 0
        assert served.printed.split()[:2] == ["post_worker_init", "worker_abort"]
        assert "SIGKILL" not in served.told


def test_a_worker_leaves_after_so_many_connections(tmp_path: Path) -> None:
    """And another one takes its place; nobody is refused meanwhile."""
    with serving(tmp_path, "--max-requests", "3") as (served, port):
        pids = [ask(port)[0] for _ in range(7)]
        first, second, third = pids[0], pids[3], pids[6]
        assert pids == [first] * 3 + [second] * 3 + [third]
        assert len({first, second, third}) == 3
        served.wait_for("recycling after 3 connections")
        assert served.stop() == 0


def test_settings_that_gunicorn_has_not_come_from_variables(tmp_path: Path) -> None:
    """Among them the idle timeout, the limit, and the format of what workers say."""
    variables = {
        "GNET_IDLE_TIMEOUT": "1",
        "GNET_MAX_CONNECTIONS": "1",
        "GNET_LOG_FORMAT": "json",
    }
    with serving(tmp_path, environ=variables) as (served, port):
        idle = Held(port)
        with pytest.raises(ConnectionError):
            Held(port)
        assert idle.fate() == "end"
        assert served.stop() == 0
        assert '"message": "stopped: 0 reset"' in served.told


def test_worker_connections_limit_each_address(tmp_path: Path) -> None:
    """Which is what gunicorn calls the limit."""
    with serving(tmp_path, "--worker-connections", "1") as (served, port):
        first = Held(port)
        with pytest.raises(ConnectionError):
            Held(port)
        first.finish()
        assert served.stop() == 0


def test_sockets_that_systemd_passes_are_served(tmp_path: Path) -> None:
    """LISTEN_FDS."""
    write_app(tmp_path, TELLING)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [*GUNICORN, "-w", "1", "app:on_connection"]
        with activated(tmp_path, command, listener) as served:
            port = listener.getsockname()[1]
            assert served.wait_for(r"Listening at: http://\S+:(\d+)")[1] == str(port)
            assert ask(port)[0] == workers_of(served, 1)[0]
            assert served.stop() == 0


def test_a_recycled_worker_leaves_the_unix_sockets_file_to_the_arbiter(tmp_path: Path) -> None:
    """It goes when nobody listens any more."""
    path = tmp_path / "s"
    write_app(tmp_path, TELLING)
    with gunicorn(tmp_path, "--max-requests", "1", "-b", f"unix:{path}") as served:
        workers_of(served, 1)
        pids = []
        for _ in range(2):
            with socket.socket(socket.AF_UNIX) as peer:
                peer.settimeout(10)
                peer.connect(str(path))
                pids.append(peer.recv(100))
                peer.sendall(b"x")
                assert peer.recv(100) == b"x"  # by now it accepts no more
        assert pids[0] != pids[1]
        assert served.stop() == 0
        assert not path.exists()


def test_each_worker_can_have_a_socket_of_its_own(tmp_path: Path) -> None:
    """With gunicorn's --reuse-port."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        write_app(tmp_path, TELLING)
        options = ("-w", "2", "--reuse-port", "-b", f"127.0.0.1:{port}")
        with gunicorn(tmp_path, *options) as served:
            workers_of(served, 2)
            served.wait_for("Booting worker")
            served.wait_for("Booting worker")
            eventually(lambda: _accepts(port), "a listening socket")
            with load(port) as clients:
                eventually(lambda: len(clients.served) == 2, "connections of both")
            assert served.stop() == 0


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_preloaded_application_is_imported_once(tmp_path: Path) -> None:
    """By the arbiter, and all workers have what it made."""
    code = TELLING.replace("import os", "import os; importer = os.getpid()").replace(
        "first", "{importer}"
    )
    with serving(tmp_path, "--preload", workers=2, code=code) as (served, port):
        pid, importer = ask(port)
        assert pid in workers_of(served, 2)
        assert importer == str(served.pid)
        assert served.stop() == 0


# ---------------------------------------------------------------- what cannot be served


@pytest.mark.parametrize(
    ("app", "status", "message"),
    [
        ("nowhere:on_connection", 3, "No module named 'nowhere'"),
        ("app:nothing", 4, "Failed to find attribute 'nothing'"),
        ("app:no_server", 4, "but returned 5"),
        ("app:broken", 3, r"app:broken\(\) raised"),
    ],
)
def test_what_cannot_be_served_ends_gunicorn(
    tmp_path: Path, app: str, status: int, message: str
) -> None:
    """With the code that it has for this, instead of starting workers for ever."""
    write_app(tmp_path, "def no_server(): return 5\ndef broken(): 1 / 0\n")
    with gunicorn(tmp_path, app=app) as served:
        served.wait_for(message)
        assert served.end() == status


@pytest.mark.parametrize(
    ("options", "environ", "message"),
    [
        (("--certfile", "app.py", "--keyfile", "app.py"), {}, "plain TCP"),
        ((), {"GNET_IDLE_TIMEOUT": "soon"}, "GNET_IDLE_TIMEOUT: 'soon' is no number"),
    ],
)
def test_what_is_set_wrongly_is_told_before_a_worker_starts(
    tmp_path: Path, options: tuple[str, ...], environ: dict[str, str], message: str
) -> None:
    """In a line; nobody serves in clear what was to be encrypted."""
    write_app(tmp_path)
    with gunicorn(tmp_path, *options, environ=environ) as served:
        served.wait_for(f"Error: .*{message}")
        assert served.end() == 1
        assert "Booting worker" not in served.told


# ---------------------------------------------------------------- changes


def test_a_reload_brings_new_code_and_keeps_old_connections(tmp_path: Path) -> None:
    """Under load nothing is lost."""
    with serving(tmp_path, workers=2) as (served, port), load(port) as clients:
        old = Held(port)
        clients.wait_for_more(20)
        write_app(tmp_path, TELLING.replace("first", "second"))
        served.send(signal.SIGHUP)
        eventually(lambda: "second" in clients.editions, "the new code")
        served.wait_for("draining")
        served.wait_for("draining")
        old.echo()
        old.finish()
        clients.stop()
        assert clients.failures == []
        assert ask(port)[1] == "second"
        assert served.stop() == 0


def test_an_upgrade_hands_the_sockets_on(tmp_path: Path) -> None:
    """SIGUSR2, then the old one is told to quit; the pid file follows."""
    pid_file = tmp_path / "pid"
    options = ("--pid", str(pid_file))
    with serving(tmp_path, *options) as (served, port), load(port, 2) as clients:
        clients.wait_for_more(5)
        write_app(tmp_path, TELLING.replace("first", "second"))
        served.send(signal.SIGUSR2)
        eventually(lambda: "second" in clients.editions, "the new ones")
        successor = (tmp_path / "pid.2").read_text()
        served.send(signal.SIGTERM)
        assert served.end() == 0
        eventually(lambda: "promoted" in served.told, "the succession")
        eventually(lambda: pid_file.exists() and pid_file.read_text() == successor, "the pid file")
        clients.stop()
        assert clients.failures == []
        assert ask(port)[1] == "second"
        os.kill(int(successor), signal.SIGTERM)
        eventually(lambda: not pid_file.exists(), "the end")


def test_the_reloader_serves_what_was_changed_and_survives_a_mistake(tmp_path: Path) -> None:
    """Gunicorn's own --reload; what is connected is cut, since the developer waits."""
    conf = tmp_path / "conf.py"
    conf.write_text(HOOKS)
    options = ("--reload", "--graceful-timeout", "50", "-c", str(conf))
    with serving(tmp_path, *options) as (served, port):
        held = Held(port)
        changed(tmp_path, "def on_connection(socket: this is no Python\n")
        assert held.fate() == "ECONNRESET"
        served.wait_for("SyntaxError")
        eventually(lambda: served.printed.count("post_worker_init") == 2, "a look at the files")
        changed(tmp_path, TELLING.replace("first", "second"))
        assert ask(port)[1] == "second"
        assert served.stop() == 0


def changed(directory: Path, code: str) -> None:
    """Write the application anew, later than it was written before."""
    path = directory / "app.py"
    before = path.stat().st_mtime
    write_app(directory, code)
    os.utime(path, (before + 10, before + 10))


# ---------------------------------------------------------------- the end


def test_what_is_reset_at_the_end_is_what_clients_saw(tmp_path: Path) -> None:
    """In gunicorn's graceful timeout, before it kills."""
    with serving(tmp_path, "--graceful-timeout", "1", workers=2) as (served, port):
        held = [Held(port) for _ in range(12)]
        gone = [held.pop(), held.pop()]
        served.send(signal.SIGTERM)
        served.wait_for("draining: .* at most 0.9 s")
        served.wait_for("draining")
        for each in gone:
            each.finish()
        fates = gevent.joinall([gevent.spawn(each.fate) for each in held])
        assert [each.value for each in fates] == ["ECONNRESET"] * 10
        assert served.end() == 0
        reported = re.findall(r"stopped: (\d+) reset", served.told)
        assert sum(map(int, reported)) == 10
        assert "SIGKILL" not in served.told


def test_a_worker_that_is_told_twice_to_leave_takes_its_time(tmp_path: Path) -> None:
    """The arbiter says it again each second. SIGQUIT means at once, and is a hook's business."""
    conf = tmp_path / "conf.py"
    conf.write_text(HOOKS)
    with serving(tmp_path, "-c", str(conf)) as (served, port):
        held = Held(port)
        os.kill(held.pid, signal.SIGTERM)
        served.wait_for("draining")
        os.kill(held.pid, signal.SIGTERM)
        held.echo()
        held.echo()
        os.kill(held.pid, signal.SIGQUIT)
        assert held.fate() == "ECONNRESET"
        served.wait_for("stopped: 1 reset")
        assert ask(port)[0] != held.pid
        heard = ["post_worker_init", "worker_int", "worker_exit", "post_worker_init"]
        assert served.printed.split() == heard
        assert served.stop() == 0


def test_workers_whose_arbiter_is_gone_serve_what_they_have_and_leave(tmp_path: Path) -> None:
    """They accept no more, or a new arbiter's workers would share with them."""
    with serving(tmp_path, "--timeout", "1") as (served, port):
        held = Held(port)
        served.send(signal.SIGKILL)
        eventually(lambda: "draining: 1 open" in served.told, "its leave")
        held.echo()
        with pytest.raises(ConnectionRefusedError):
            Held(port)
        held.finish()
        eventually(lambda: "stopped: 0 reset" in served.told, "its end")


def test_a_worker_that_waits_for_a_change_does_not_outlive_its_arbiter(tmp_path: Path) -> None:
    """It would keep the port."""
    write_app(tmp_path, "def on_connection(socket: this is no Python\n")
    command = [*GUNICORN, "--reload", "app:on_connection"]
    with running(command, tmp_path) as served:
        served.wait_for("SyntaxError")
        (worker,) = psutil.Process(served.pid).children()
        served.send(signal.SIGKILL)
        eventually(lambda: not worker.is_running(), "its end")


def test_sigusr1_has_the_logs_opened_again(tmp_path: Path) -> None:
    """So that they can be rotated."""
    log = tmp_path / "log"
    write_app(tmp_path, TELLING)
    with gunicorn(tmp_path, "--error-logfile", str(log)) as served:
        (worker,) = workers_of(served, 1)
        log.rename(tmp_path / "log.1")
        served.send(signal.SIGUSR1)
        os.kill(worker, signal.SIGUSR1)
        eventually(lambda: log.exists(), "a new log")
        assert served.stop() == 0
        assert "stopped: 0 reset" in log.read_text()
