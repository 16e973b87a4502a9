"""``--reload``: another process serves whenever a file has changed, on the same sockets."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from serving_process import Serving, clean_environment, gnet_serve, running, write_app
from support import ROOT

from gnet.serving.addresses import parse
from gnet.serving.reloading import lent_listeners

LOOPBACK = "tcp://127.0.0.1:0"

#: Answers with its version, and goes on with what it gets.
CODE = """\
def on_connection(socket):
    socket.write(b"version {}")
    socket.on("data", socket.write)
"""


@contextmanager
def reloading(directory: Path, *arguments: str, version: int = 1) -> Iterator[Serving]:
    """Serve with ``--reload``; children die with their parent, whatever happens."""
    write_app(directory, CODE.format(version))
    command = ("--reload", *(arguments or ("--listen", LOOPBACK)), "app:on_connection")
    with gnet_serve(directory, *command) as served:
        yield served


def change(directory: Path, version: int) -> None:
    """Have the application answer with another version; file and time look like before."""
    os.utime(write_app(directory, CODE.format(version)), (1e9, 1e9))


def version(peer: socket.socket) -> bytes:
    """What it answers with."""
    return peer.recv(len(b"version 1"))


def child(served: Serving) -> psutil.Process:
    """The process that serves."""
    [found] = psutil.Process(served.pid).children()
    return found


def test_a_change_is_served_on_the_same_port(tmp_path: Path) -> None:
    """Again and again, also if neither its length nor, to the second, its time is another."""
    with reloading(tmp_path) as served:
        port = served.port()
        for number in (1, 2, 3):
            if number > 1:
                change(tmp_path, number)
                served.wait_for(r"gnet.reload: changed: app\.py$")
                assert served.wait_for(r"listening on tcp://127\.0\.0\.1:(\d+)")[1] == str(port)
            with served.connect() as peer:
                assert version(peer) == b"version %d" % number
        assert served.stop() == 0


def test_it_is_switched_on_by_its_variable(tmp_path: Path) -> None:
    """And tells what it watches; what steers the children is hidden from the application."""
    code = 'import os\nassert "GNET_RELOADER" not in os.environ\n' + CODE.format(1)
    write_app(tmp_path, code)
    environ = {"GNET_RELOAD": "1", "GNET_LISTEN": LOOPBACK}
    with gnet_serve(tmp_path, "app:on_connection", environ=environ) as served:
        assert served.wait_for("gnet.reload: watching (.*)$")[1] == str(tmp_path)
        with served.connect() as peer:
            assert version(peer) == b"version 1"


def test_who_connects_meanwhile_is_served_afterwards(tmp_path: Path) -> None:
    """No connection is refused, or lost, while nobody serves."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with reloading(tmp_path) as served:
        port = served.port()
        # The next one cannot serve before the test lets it.
        write_app(tmp_path, f"open({str(gate)!r}).read()\n" + CODE.format(2))
        served.wait_for("stopped: 0 reset")
        with socket.create_connection(("127.0.0.1", port), 15) as peer:
            peer.sendall(b"!")
            gate.write_text("go")
            assert version(peer) == b"version 2"
            assert peer.recv(1) == b"!"


def test_a_connection_has_a_second_before_it_is_reset(tmp_path: Path) -> None:
    """Whatever the drain timeout is; who develops does not want to wait."""
    with reloading(tmp_path) as served, served.connect() as peer:
        assert version(peer) == b"version 1"
        change(tmp_path, 2)
        served.wait_for("draining: 1 open, at most 30 s")
        peer.sendall(b"!")
        assert peer.recv(1) == b"!"
        served.wait_for("stopped: 1 reset")
        with pytest.raises(ConnectionResetError):
            peer.recv(1)
        served.wait_for("listening on")


def test_a_change_during_the_drain_is_not_lost(tmp_path: Path) -> None:
    """The next process has it."""
    with reloading(tmp_path) as served:
        with served.connect() as peer:
            assert version(peer) == b"version 1"
            change(tmp_path, 2)
            served.wait_for("draining")
            change(tmp_path, 3)
            served.wait_for("changed: ")
        served.wait_for("listening on")
        with served.connect() as peer:
            assert version(peer) == b"version 3"


def test_a_process_that_is_stuck_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its listener never returns, and lets nobody else run."""
    write_app(tmp_path, "def on_connection(socket):\n    while True:\n        pass\n")
    starter = (
        "import sys; from gnet.serving import cli, reloading;"
        "reloading._PATIENCE_S = reloading._DRAIN_S = 0.1; sys.exit(cli.main())"
    )
    command = [sys.executable, "-c", starter, "serve", "--reload", "--listen", LOOPBACK]
    with running([*command, "app:on_connection"], tmp_path) as served, served.connect():
        stuck = child(served)
        while stuck.cpu_times().user + stuck.cpu_times().system < 1.0:
            pass  # it takes half as much to start
        change(tmp_path, 2)
        served.wait_for("listening on")
        with served.connect() as peer:
            assert version(peer) == b"version 2"


def test_a_broken_file_is_told_and_waited_for_to_be_mended(tmp_path: Path) -> None:
    """The process has ended by itself; the socket is still there."""
    with reloading(tmp_path) as served:
        port = served.port()
        write_app(tmp_path, "def on_connection(:\n")
        served.wait_for("module app cannot be imported: SyntaxError")
        served.wait_for("gnet.reload: ended with exit code 1: waiting for a change")
        with socket.create_connection(("127.0.0.1", port), 15) as peer:
            change(tmp_path, 2)
            assert version(peer) == b"version 2"


def test_only_python_files_count(tmp_path: Path) -> None:
    """Neither data nor what tools and repositories keep."""
    (tmp_path / "inner").mkdir()
    with reloading(tmp_path) as served:
        served.address()
        for name in ("data.txt", "__pycache__/x.py", ".venv/x.py", ".git/x.py", "venv/y.py"):
            write_app(tmp_path, "", name)
        write_app(tmp_path, "", "inner/other.py")
        assert served.wait_for("changed: (.*)$")[1] == "inner/other.py"
        served.wait_for("listening on")
        assert served.told.count("change") == 1  # and watchfiles says nothing beside it


def test_a_new_directory_counts_if_there_is_python_in_it(tmp_path: Path) -> None:
    """Its files may have come before it could be watched."""
    with reloading(tmp_path) as served:
        served.address()
        (tmp_path / "empty").mkdir()
        (tmp_path / "new").mkdir()
        write_app(tmp_path, "", "new/__init__.py")
        assert served.wait_for("changed: (.*)$")[1].startswith("new")


def test_a_directory_counts_whatever_it_is_called(tmp_path: Path) -> None:
    """Those names are ignored inside of it, not above."""
    with reloading(tmp_path / "venv" / "project") as served:
        served.address()
        change(tmp_path / "venv" / "project", 2)
        served.wait_for(r"changed: app\.py")


def test_a_module_elsewhere_is_watched_too(tmp_path: Path) -> None:
    """It is found on the path, and not in the application's directory."""
    (tmp_path / "here").mkdir()
    write_app(tmp_path / "there", CODE.format(1))
    path = {"PYTHONPATH": clean_environment()["PYTHONPATH"] + os.pathsep + str(tmp_path / "there")}
    command = ("--reload", "--listen", LOOPBACK, "app:on_connection")
    with gnet_serve(tmp_path / "here", *command, environ=path) as served:
        served.address()
        change(tmp_path / "there", 2)
        served.wait_for(r"changed: \.\./there/app\.py")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_both(number: signal.Signals, tmp_path: Path) -> None:
    """Connections may go on until they end; the exit code is the serving process's."""
    with reloading(tmp_path, "--listen", "unix:app.sock") as served:
        served.address()
        serving = child(served)
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(15)
            peer.connect(str(tmp_path / "app.sock"))
            assert version(peer) == b"version 1"
            served.send(number)
            served.wait_for("draining: 1 open")
            peer.sendall(b"!")
            assert peer.recv(1) == b"!"
        assert served.end() == 0
        assert not serving.is_running()
        served.wait_for("stopped: 0 reset")
    assert not (tmp_path / "app.sock").exists()


def test_a_terminal_s_interrupt_counts_once(tmp_path: Path) -> None:
    """It goes to both; connections are not cut by that."""
    with reloading(tmp_path) as served:
        with served.connect() as peer:
            assert version(peer) == b"version 1"
            os.killpg(served.pid, signal.SIGINT)
            served.wait_for("draining: 1 open")
            peer.sendall(b"!")
            assert peer.recv(1) == b"!"
        assert served.end() == 0
        served.wait_for("stopped: 0 reset")


def test_a_second_signal_goes_through(tmp_path: Path) -> None:
    """And cuts the drain short."""
    with reloading(tmp_path) as served, served.connect() as peer:
        assert version(peer) == b"version 1"
        served.send(signal.SIGTERM)
        served.wait_for("draining")
        served.send(signal.SIGTERM)
        assert served.end() == 0
        served.wait_for("stopped: 1 reset")


def test_it_can_be_stopped_while_nobody_serves(tmp_path: Path) -> None:
    """While it waits for a change."""
    write_app(tmp_path, "1 / 0\n")
    with gnet_serve(tmp_path, "--reload", "--listen", LOOPBACK, "app:f") as served:
        served.wait_for("waiting for a change")
        assert served.stop() == 0


def test_it_can_be_stopped_before_anything_is_open(tmp_path: Path) -> None:
    """The exit code is that of a process that was stopped as told."""
    write_app(
        tmp_path, "import os, time\nos.write(2, b'importing\\n')\ntime.sleep(60)\n", "watchfiles.py"
    )
    environ = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    with gnet_serve(tmp_path, "--reload", "app:on_connection", environ=environ) as served:
        served.wait_for("importing")
        served.send(signal.SIGTERM)
        assert served.end() == 0
        assert served.lines == ["importing"]


def test_the_serving_process_does_not_outlive_a_killed_one(tmp_path: Path) -> None:
    """Nobody could stop it; it drains, and is gone."""
    with reloading(tmp_path) as served:
        served.address()
        serving = child(served)
        served.send(signal.SIGKILL)
        serving.wait(15)
        served.wait_for("stopped: 0 reset")


def test_a_process_whose_starter_has_gone_ends_at_once() -> None:
    """It has gone before it could be watched."""
    with pytest.raises(SystemExit) as caught:
        lent_listeners({"GNET_RELOADER": f"{os.getpid()} 3"})  # not the number of our parent
    assert caught.value.code == 0


def test_nothing_is_lent_to_a_process_that_was_not_started_for_it() -> None:
    """Which is the usual case."""
    assert lent_listeners({}) == ()


def test_a_port_in_use_is_told_by_the_process_itself(tmp_path: Path) -> None:
    """A change would not mend it: exit code 6."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        with reloading(tmp_path, "--listen", address) as served:
            assert served.end() == 6
            served.wait_for("EADDRINUSE")
            assert len(served.lines) == 1
    assert str(parse(address)) == address


@pytest.mark.parametrize(
    ("environ", "arguments", "words"),
    [
        ({"PYTHONPATH": "without"}, [], "pip install watchfiles"),
        ({}, ["--app-dir", "nowhere"], "there is no directory"),
    ],
)
def test_what_keeps_it_from_watching_is_one_line(
    environ: dict[str, str], arguments: list[str], words: str, tmp_path: Path
) -> None:
    """Exit code 2: watchfiles is an extra, a directory is to be there."""
    write_app(tmp_path / "without", "raise ImportError\n", "watchfiles.py")
    environ = {
        name: str(tmp_path / text) + os.pathsep + clean_environment()["PYTHONPATH"]
        for name, text in environ.items()
    }
    write_app(tmp_path)
    command = ("--reload", "--listen", LOOPBACK, *arguments, "app:on_connection")
    with gnet_serve(tmp_path, *command, environ=environ) as served:
        assert served.end() == 2
        [line] = served.lines
        assert line.startswith("gnet serve: --reload")
        assert words in line
