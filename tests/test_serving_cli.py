"""``gnet serve`` as a process: its options, what it says, how it ends."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import gevent
import pytest
from serving_process import ECHO, Serving, gnet_serve, running, write_app
from support import ROOT

from gnet.kernel_options import accept_queue
from gnet.serving.cli import main
from gnet.serving.settings import OPTIONS

LOOPBACK = "tcp://127.0.0.1:0"

#: What else is tested of an option beside that it is read (tests/test_serving_settings.py).
OPTION_TESTS: dict[str, Callable[..., None] | str] = {}


def about(option: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Note that a test shows what an option does."""

    def note(test: Callable[..., None]) -> Callable[..., None]:
        OPTION_TESTS[option] = test
        return test

    return note


@contextmanager
def serve(directory: Path, *arguments: str, code: str = ECHO, **environ: str) -> Iterator[Serving]:
    """Serve ``app:on_connection`` of a directory on a free port, and more."""
    write_app(directory, code)
    command = ("--listen", LOOPBACK, *arguments, "app:on_connection")
    with gnet_serve(directory, *command, environ=environ) as served:
        yield served


@contextmanager
def passed_listener() -> Iterator[tuple[socket.socket, str]]:
    """A socket that a process shall listen on, and its address there."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listener:
        yield listener, f"fd:{listener.fileno()}"


def is_echoed(peer: socket.socket, data: bytes = b"ping") -> bool:
    """Whether what is sent comes back."""
    peer.sendall(data)
    return peer.recv(len(data)) == data


def result(directory: Path, *arguments: str, **environ: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a ``gnet`` that ends by itself."""
    with running([sys.executable, "-m", "gnet", *arguments], directory, environ) as process:
        return process.end(), process.printed, process.told


# ---------------------------------------------------------------- each option


def test_each_option_has_a_test_of_what_it_does() -> None:
    """An option without one may do nothing."""
    missing = {option.name for option in OPTIONS} - OPTION_TESTS.keys()
    # What these do is shown in tests of their own rooms.
    assert missing == {"workers", "access-log", "metrics", "reload"}


@about("listen")
@pytest.mark.parametrize("in_environment", [False, True])
def test_it_serves_on_several_addresses(in_environment: bool, tmp_path: Path) -> None:
    """Each gets a line, in the order given, with the port that the system chose."""
    write_app(tmp_path)
    addresses = [LOOPBACK, "tcp6://[::1]:0", "unix:app.sock", LOOPBACK]
    arguments = [part for address in addresses for part in ("--listen", address)]
    environ = {"GNET_LISTEN": " ".join(addresses)} if in_environment else {}
    command = [*([] if in_environment else arguments), "app:on_connection"]
    with ExitStack() as stack:
        served = stack.enter_context(gnet_serve(tmp_path, *command, environ=environ))
        shown = [served.address(index) for index in range(4)]
        assert [re.sub(r"\d+$", "PORT", each) for each in shown] == [
            "tcp://127.0.0.1:PORT",
            "tcp6://[::1]:PORT",
            "unix:app.sock",
            "tcp://127.0.0.1:PORT",
        ]
        by_path = stack.enter_context(socket.socket(socket.AF_UNIX))
        by_path.connect(str(tmp_path / "app.sock"))
        by_ipv6 = stack.enter_context(socket.create_connection(("::1", served.port(1)), 5))
        peers = [served.connect(0), by_ipv6, by_path, served.connect(3)]
        assert all(is_echoed(peer) for peer in peers)
        for peer in peers:
            peer.close()
        assert served.stop() == 0
        assert not (tmp_path / "app.sock").exists()


def test_without_an_address_it_is_the_usual_one(tmp_path: Path) -> None:
    """Port 4000 of this machine; whether it is free is another matter."""
    write_app(tmp_path)
    with gnet_serve(tmp_path, "app:on_connection") as served:
        served.wait_for(r"(listening|cannot listen) on tcp://127\.0\.0\.1:4000\b")


def test_a_socket_that_was_passed_is_served(tmp_path: Path) -> None:
    """By its number."""
    write_app(tmp_path)
    with (
        passed_listener() as (listener, address),
        gnet_serve(
            tmp_path, "--listen", address, "app:on_connection", pass_fds=[listener.fileno()]
        ) as served,
        served.connect() as peer,
    ):
        assert served.port() == listener.getsockname()[1]
        assert is_echoed(peer)


@about("backlog")
def test_the_backlog_is_the_kernel_s(tmp_path: Path) -> None:
    """It is read from the socket, which the test has, too."""
    write_app(tmp_path)
    with (
        passed_listener() as (listener, address),
        gnet_serve(
            tmp_path,
            "--listen",
            address,
            "--backlog",
            "7",
            "app:on_connection",
            pass_fds=[listener.fileno()],
        ) as served,
    ):
        served.address()
        queue = accept_queue(listener.fileno())
        assert queue is not None
        assert queue.maximum == 7


@about("max-connections")
def test_more_connections_than_allowed_are_refused(tmp_path: Path) -> None:
    """The third of two sees the end, or a reset, at once."""
    with (
        serve(tmp_path, "--max-connections", "2") as served,
        served.connect() as first,
        served.connect() as second,
    ):
        assert is_echoed(first)
        assert is_echoed(second)
        with served.connect() as third:
            assert not answered(third)
        assert is_echoed(first)


def answered(peer: socket.socket) -> bool:
    """Whether anything comes; a reset is nothing."""
    try:
        return peer.recv(1) != b""
    except ConnectionResetError:
        return False


@about("idle-timeout")
def test_a_connection_without_traffic_is_closed(tmp_path: Path) -> None:
    """The peer, which does nothing, sees it."""
    with serve(tmp_path, "--idle-timeout", "0.05") as served, served.connect() as peer:
        assert not answered(peer)


def test_a_timeout_of_the_application_s_own_goes_before(tmp_path: Path) -> None:
    """It has set one, and hears of it; nothing is closed in its place."""
    code = """\
def on_connection(socket):
    socket.set_timeout(100, lambda: socket.end(b"tired"))
"""
    arguments = ("--idle-timeout", "0.05")
    with serve(tmp_path, *arguments, code=code) as served, served.connect() as peer:
        assert peer.recv(10) == b"tired"


@about("drain-timeout")
def test_when_the_drain_timeout_is_over_the_rest_is_reset(tmp_path: Path) -> None:
    """And counted; the exit code is 0 nevertheless."""
    with serve(tmp_path, "--drain-timeout", "0.05") as served, served.connect() as peer:
        assert is_echoed(peer)
        assert served.stop() == 0
        served.wait_for("draining: 1 open, at most 0.05 s")
        served.wait_for("warning gnet.serve: stopped: 1 reset")
        with pytest.raises(ConnectionResetError):
            peer.recv(1)


@about("reuse-port")
def test_with_reuse_port_two_processes_share_a_port(tmp_path: Path) -> None:
    """Without it the second would be refused."""
    write_app(tmp_path)

    def another(address: str) -> Serving:
        command = ("--listen", address, "--reuse-port", "app:on_connection")
        return stack.enter_context(gnet_serve(tmp_path, *command))

    with ExitStack() as stack:
        address = another(LOOPBACK).address()
        assert another(address).address() == address


@about("log-level")
def test_what_is_below_the_log_level_is_not_told(tmp_path: Path) -> None:
    """Neither that it listens, nor that it drains."""
    write_app(tmp_path)
    with passed_listener() as (listener, address):
        command = ("--listen", address, "--log-level", "error", "app:on_connection")
        with gnet_serve(tmp_path, *command, pass_fds=[listener.fileno()]) as served:
            with socket.create_connection(listener.getsockname(), 15) as peer:
                assert is_echoed(peer)
            assert served.stop() == 0
            assert served.told == ""


@about("log-format")
def test_logs_may_be_json(tmp_path: Path) -> None:
    """Each line, also that of a listener that raised."""
    code = 'def on_connection(socket):\n    raise RuntimeError("no such luck")\n'
    with serve(tmp_path, "--log-format", "json", code=code) as served:
        with served.connect() as peer:
            assert not answered(peer)
        assert served.stop() == 0
        entries = [json.loads(line) for line in served.lines]
    assert [entry["level"] for entry in entries] == ["info", "error", "info", "info"]
    assert entries[0]["message"].startswith("listening on tcp://127.0.0.1:")
    assert entries[1]["message"].startswith("RuntimeError: no such luck")
    assert 'raise RuntimeError("no such luck")' in entries[1]["exception"]
    assert {entry["pid"] for entry in entries} == {served.pid}


@about("app-dir")
def test_the_module_may_be_in_another_directory(tmp_path: Path) -> None:
    """Relative to where the process runs."""
    write_app(tmp_path / "inner" / "pkg", "", "__init__.py")
    write_app(tmp_path / "inner" / "pkg", name="mod.py")
    command = ("--listen", LOOPBACK, "--app-dir", "inner", "pkg.mod:on_connection")
    with gnet_serve(tmp_path, *command) as served, served.connect() as peer:
        assert is_echoed(peer)


def test_each_option_may_be_a_variable(tmp_path: Path) -> None:
    """What the variables are read for, all at once."""
    write_app(tmp_path / "inner")
    with passed_listener() as (listener, address):
        environ = {
            "GNET_APPLICATION": "app:on_connection",
            "GNET_APP_DIR": "inner",
            "GNET_LISTEN": f"{address} {LOOPBACK}",
            "GNET_BACKLOG": "7",
            "GNET_MAX_CONNECTIONS": "1",
            "GNET_DRAIN_TIMEOUT": "0",
            "GNET_LOG_FORMAT": "json",
            "GNET_REUSE_PORT": "1",
        }
        with (
            gnet_serve(tmp_path, environ=environ, pass_fds=[listener.fileno()]) as served,
            served.connect() as first,
            socket.create_server(
                ("127.0.0.1", served.port(1)), reuse_port=True
            ),  # which it could not, had the process not allowed it
        ):
            assert is_echoed(first)
            queue = accept_queue(listener.fileno())
            assert queue is not None
            assert queue.maximum == 7
            with served.connect() as second:
                assert not answered(second)
            assert served.stop() == 0
            entries = [json.loads(line) for line in served.lines]
    assert entries[-2]["message"] == "draining: 1 open, at most 0 s"
    assert entries[-1]["message"] == "stopped: 1 reset"


# ---------------------------------------------------------------- help


@pytest.fixture(scope="module")
def help_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What ``gnet serve --help`` prints."""
    status, printed, told = result(tmp_path_factory.mktemp("help"), "serve", "--help")
    assert (status, told) == (0, "")
    return printed


def test_the_help_fits_a_screen(help_text: str) -> None:
    """Of 80 columns, and 35 lines."""
    lines = help_text.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 35


def test_the_help_has_each_option_and_examples(help_text: str) -> None:
    """Each example can be parsed, and names no option that there is not."""
    for option in OPTIONS:
        assert f"  --{option.name}" in help_text
    examples = re.findall(r"^  gnet serve (.*)$", help_text, re.MULTILINE)
    assert len(examples) >= 3
    known = {f"--{option.name}" for option in OPTIONS}
    assert {each for line in examples for each in re.findall(r"--\S+", line)} <= known
    assert "GNET_" in help_text


def test_the_help_has_each_exit_code(help_text: str) -> None:
    """From 0 to 6."""
    codes = help_text[help_text.index("Exit codes:") :]
    assert re.findall(r"\b([0-6]) [a-z]", codes) == list("0123456")


def test_help_and_version_are_on_standard_output(tmp_path: Path) -> None:
    """Of the command itself, which names its commands."""
    status, printed, told = result(tmp_path, "--help")
    assert (status, told) == (0, "")
    assert re.search(r"^ +serve +serve an application$", printed, re.MULTILINE)
    status, printed, told = result(tmp_path, "--version")
    assert (status, told) == (0, "")
    assert printed.startswith("gnet ")


def test_the_command_gnet_is_the_module_s_main() -> None:
    """``gnet`` and ``python -m gnet`` are the same."""
    from gnet import __main__

    assert __main__.main is main
    script = (Path(__file__).parent.parent / "pyproject.toml").read_text()
    assert 'gnet = "gnet.serving.cli:main"' in script


# ---------------------------------------------------------------- exit codes

WRONG_USAGE = [
    (2, ["serve"], "what to serve is missing: MODULE:CALLABLE"),
    (2, ["serve", "--backlog", "x", "app:f"], "argument --backlog: 'x' is no whole number"),
    (2, ["serve", "--back", "5", "app:f"], "unrecognized arguments: --back"),
    (2, ["serve", "--nothing-such", "app:f"], "unrecognized arguments: --nothing-such (see"),
    (2, ["serve", "--listn", "fd:3", "app:f"], "arguments: --listn; did you mean --listen?"),
    (2, ["serve", "app:f", "more"], "gnet serve: unrecognized arguments: more (see gnet serve "),
    (2, [], "required: COMMAND"),
    (2, ["server", "app:f"], "invalid choice: 'server'"),
    (5, ["serve", "--listen", "nowhere", "app:f"], "--listen: 'nowhere': expected tcp://"),
    (5, ["serve", "--metrics", "nowhere", "app:f"], "--metrics: 'nowhere': expected tcp://"),
]


def exit_code(arguments: list[str]) -> object:
    """What the process would end with."""
    try:
        return main(arguments)
    except SystemExit as end:
        return end.code


def is_one_line(told: str, words: str) -> bool:
    """Whether it is a line about this, from us."""
    return told.startswith("gnet") and words in told and told.count("\n") == 1


@pytest.mark.parametrize(("code", "arguments", "words"), WRONG_USAGE)
def test_wrong_usage_is_one_line_and_an_exit_code(
    code: int, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error; found out before anything is done."""
    status = exit_code(arguments)
    printed, told = capsys.readouterr()
    assert (status, printed) == (code, "")
    assert is_one_line(told, words)


def test_a_wrong_variable_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told by its name."""
    monkeypatch.setenv("GNET_IDLE_TIMEOUT", "x")
    assert exit_code(["serve", "app:f"]) == 2
    assert is_one_line(capsys.readouterr().err, "GNET_IDLE_TIMEOUT: 'x' is no number of seconds")


@pytest.mark.parametrize(
    ("code", "arguments", "words"),
    [
        (3, ["--listen", LOOPBACK, "ap:f"], "no module 'ap' in"),
        (4, ["--listen", LOOPBACK, "app:f"], "app has no 'f'"),
        (5, ["--listen", "nowhere", "app:f"], "--listen: 'nowhere': expected tcp://"),
        (6, ["--listen", "fd:99", "app:f"], "cannot listen on fd:99: bad file descriptor"),
    ],
)
def test_what_cannot_be_served_is_one_line_and_an_exit_code(
    code: int, arguments: list[str], words: str, tmp_path: Path
) -> None:
    """The process's own."""
    write_app(tmp_path)
    status, printed, told = result(tmp_path, "serve", *arguments)
    assert (status, printed) == (code, "")
    assert is_one_line(told, words), told


@pytest.mark.parametrize("arguments", [["app:f"], ["--listen", "fd:99", "app:f"], ["broken:f"]])
def test_what_cannot_be_served_is_told_in_json_if_logs_are(
    arguments: list[str], tmp_path: Path
) -> None:
    """A traceback is part of the message: whoever collects lines gets one."""
    write_app(tmp_path)
    write_app(tmp_path, "raise RuntimeError\n", "broken.py")
    environ = {"GNET_LISTEN": LOOPBACK, "GNET_LOG_FORMAT": "json"}
    _, _, told = result(tmp_path, "serve", *arguments, **environ)
    [entry] = [json.loads(line) for line in told.splitlines()]
    assert (entry["level"], entry["logger"]) == ("critical", "gnet.serve")


def test_a_port_in_use_is_one_line_and_nothing_is_left_behind(tmp_path: Path) -> None:
    """Neither of the addresses before it nor of those behind it."""
    write_app(tmp_path)
    with passed_listener() as (listener, _):
        taken = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        addresses = ("unix:first.sock", taken, "unix:second.sock")
        arguments = [part for address in addresses for part in ("--listen", address)]
        status, _, told = result(tmp_path, "serve", *arguments, "app:on_connection")
    assert status == 6
    assert told == f"gnet serve: cannot listen on {taken}: address already in use (EADDRINUSE)\n"
    assert [each.name for each in tmp_path.iterdir()] == ["app.py"]


@pytest.mark.parametrize("code", ["import nowhere", "def on_connection(:", "raise SystemExit(5)"])
def test_an_application_that_fails_is_told_with_its_traceback(code: str, tmp_path: Path) -> None:
    """Exit code 1; nothing is left behind."""
    write_app(tmp_path, f"{code}\n")
    status, _, told = result(tmp_path, "serve", "--listen", "unix:app.sock", "app:on_connection")
    assert status == 1
    assert told.startswith("gnet serve: module app cannot be imported: ")
    assert "app.py" in told
    assert not (tmp_path / "app.sock").exists()


def test_a_live_unix_socket_is_not_taken_over(tmp_path: Path) -> None:
    """Exit code 6, and who serves there goes on."""
    write_app(tmp_path)
    command = ("--listen", "unix:app.sock", "app:on_connection")
    with gnet_serve(tmp_path, *command) as served:
        served.address()
        status, _, told = result(tmp_path, "serve", *command)
        assert status == 6
        assert "EADDRINUSE" in told
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(tmp_path / "app.sock"))
            assert is_echoed(peer)


def test_a_unix_socket_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    """Its file is still there, and nobody behind it."""
    write_app(tmp_path)
    command = ("--listen", "unix:app.sock", "app:on_connection")
    with gnet_serve(tmp_path, *command) as served:
        served.address()
        served.send(signal.SIGKILL)
        served.end()
    assert (tmp_path / "app.sock").exists()
    with gnet_serve(tmp_path, *command) as served:
        assert served.address() == "unix:app.sock"


def test_a_successor_s_file_is_not_removed(tmp_path: Path) -> None:
    """Of a process that has been given the same path meanwhile."""
    write_app(tmp_path)
    command = ("--listen", "unix:app.sock", "app:on_connection")
    with gnet_serve(tmp_path, *command) as first:
        first.address()
        (tmp_path / "app.sock").unlink()
        with gnet_serve(tmp_path, *command) as second:
            second.address()
            assert first.stop() == 0
            assert (tmp_path / "app.sock").exists()


# ---------------------------------------------------------------- odd processes


@pytest.mark.parametrize("closed", ["2>&-", "<&- >&- 2>&-"])
def test_it_serves_without_standard_streams(closed: str, tmp_path: Path) -> None:
    """What is written to standard error goes nowhere: to no socket, above all."""
    code = """\
import os, sys
def on_connection(socket):
    os.write(2, b"lost"); print("lost"); print("lost", file=sys.stderr)
    socket.on("data", socket.write)
"""
    write_app(tmp_path, code)
    with passed_listener() as (listener, address):
        number = listener.fileno()
        shell = f'exec "$0" -m gnet serve --listen {address} app:on_connection {closed}'
        with (
            running(["sh", "-c", shell, sys.executable], tmp_path, pass_fds=[number]) as served,
            socket.create_connection(listener.getsockname(), 15) as peer,
        ):
            assert is_echoed(peer)
            peer.close()
            assert served.stop() == 0


def test_without_standard_error_it_still_has_its_exit_codes(tmp_path: Path) -> None:
    """And prints nothing elsewhere."""
    shell = 'exec "$0" -m gnet serve --listen tcp://127.0.0.1:0 nowhere:f 2>&-'
    with running(["sh", "-c", shell, sys.executable], tmp_path) as process:
        assert process.end() == 3
        assert process.printed == ""


LONG = """\
import os, sys, {module}
os.write(2, b"importing\\n")
{wait}
"""


@pytest.mark.parametrize(
    ("number", "module", "wait"),
    [
        (signal.SIGTERM, "time", "time.sleep(60)"),
        (signal.SIGINT, "threading", "threading.Event().wait(60)"),
        (signal.SIGTERM, "os", "while 1: pass"),
    ],
)
def test_it_can_be_stopped_while_the_application_is_imported(
    number: signal.Signals, module: str, wait: str, tmp_path: Path
) -> None:
    """Whatever takes so long: there is nothing to drain yet; exit code 0, nothing left."""
    code = LONG.format(module=module, wait=wait)
    write_app(tmp_path, code)
    command = ("--listen", "unix:app.sock", "app:on_connection")
    with gnet_serve(tmp_path, *command) as served:
        served.wait_for("importing")
        served.send(number)
        assert served.end() == 0
        # gevent may add something about threads while Python 3.13 shuts down.
        assert "gnet serve:" not in served.told
    assert not (tmp_path / "app.sock").exists()


def test_the_first_process_of_a_container_can_be_stopped(tmp_path: Path) -> None:
    """To number 1 signals do nothing by default: while it serves, and while it imports."""
    if subprocess.run(["unshare", "--pid", "--fork", "true"], check=False).returncode:
        pytest.skip("may not make a namespace")
    importing = LONG.format(module="time", wait="time.sleep(60)")
    python = ["unshare", "--pid", "--fork", sys.executable]
    for code, line in ((ECHO, "listening on"), (importing, "importing")):
        write_app(tmp_path, code)
        command = [*python, "-m", "gnet", "serve", "--listen", LOOPBACK, "app:on_connection"]
        with running(command, tmp_path) as served:
            served.wait_for(line)
            children = Path(f"/proc/{served.pid}/task/{served.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGTERM)
            assert served.end() == 0


@pytest.mark.parametrize("workers", [[], ["--workers", "1"]])
def test_it_has_as_many_descriptors_as_may_be_had(workers: list[str], tmp_path: Path) -> None:
    """Each connection takes one, and what a process starts with is often few."""
    code = """
import resource

def on_connection(socket):
    socket.end(str(resource.getrlimit(resource.RLIMIT_NOFILE)))
"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard // 2, hard))  # which a child inherits
    try:
        with serve(tmp_path, *workers, code=code) as served, served.connect() as peer:
            assert peer.recv(100).decode() == str((hard, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# ---------------------------------------------------------------- what an application may do


def test_a_listener_that_raises_is_one_record_and_the_process_goes_on(tmp_path: Path) -> None:
    """With its traceback; the connection is closed."""
    code = """\
def on_connection(socket):
    socket.on("data", lambda data: socket.write(data) if data != b"bad!" else 1 / 0)
"""
    with serve(tmp_path, code=code) as served:
        with served.connect() as peer:
            peer.sendall(b"bad!")
            assert not answered(peer)
        with served.connect() as peer:
            assert is_echoed(peer)
        assert served.stop() == 0
        told = served.told
    assert told.count(" error gnet.unhandled: ZeroDivisionError: ") == 1
    assert told.count("Traceback") == 1


def test_a_peer_that_resets_is_a_warning_in_one_line(tmp_path: Path) -> None:
    """It is nobody's mistake here: no traceback."""
    with serve(tmp_path) as served:
        with served.connect() as peer:
            assert is_echoed(peer)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        served.wait_for("warning gnet.unhandled: .*ECONNRESET")
        assert served.stop() == 0
        assert "Traceback" not in served.told


def test_a_server_that_the_application_closes_ends_the_process(tmp_path: Path) -> None:
    """There is nothing to serve any more: exit code 0."""
    code = """\
import gnet
def on_connection():
    server = gnet.create_server()
    return server.on("connection", lambda socket: (socket.end(b"last"), server.close()))
"""
    with serve(tmp_path, code=code) as served, served.connect() as peer:
        assert peer.recv(10) == b"last"
        peer.close()
        assert served.end() == 0


def test_an_error_of_the_server_ends_the_process_with_one(tmp_path: Path) -> None:
    """Accepting has failed for good: a supervisor is to start another."""
    code = """\
import gnet
def on_connection():
    server = gnet.create_server()
    return server.on("connection", lambda socket: server.emit("error", OSError(5, "broken")))
"""
    with serve(tmp_path, code=code) as served, served.connect():
        served.wait_for("critical gnet.serve: accepting failed: .*broken")
        assert served.stop() == 1


def test_closing_is_emitted_once_by_each_server_when_it_accepts_no_more(tmp_path: Path) -> None:
    """An application that knows its protocol can say goodbye."""
    code = """\
import logging
import gnet
def on_connection():
    server = gnet.create_server()
    peers = []
    def goodbye():
        logging.info("closing: listening %s", server.listening)
        for peer in peers:
            peer.end(b"bye")
    server.on("connection", lambda socket: (peers.append(socket), socket.write(b"hello")))
    return server.on("closing", goodbye)
"""
    with serve(tmp_path, "--listen", LOOPBACK, code=code) as served:
        with served.connect(0) as first, served.connect(1) as second:
            assert (first.recv(5), second.recv(5)) == (b"hello", b"hello")
            served.send(signal.SIGTERM)
            assert (first.recv(5), second.recv(5)) == (b"bye", b"bye")
        assert served.end() == 0
        told = served.told
    assert told.count("closing: listening False") == 2
    assert "stopped: 0 reset" in told


def test_a_connection_whose_listeners_are_removed_is_not_waited_for_in_vain(tmp_path: Path) -> None:
    """The application may remove all of them, also ours."""
    code = """\
def on_connection(socket):
    socket.remove_all_listeners()
    socket.on("data", socket.write)
"""
    with serve(tmp_path, code=code) as served:
        with served.connect() as gone, served.connect() as last:
            assert is_echoed(gone)
            assert is_echoed(last)
            gone.close()
            served.send(signal.SIGTERM)
            served.wait_for("draining")
            assert is_echoed(last)
        assert served.end() == 0
        served.wait_for("stopped: 0 reset")


# ---------------------------------------------------------------- draining


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_without_connections_it_stops_at_once(number: signal.Signals, tmp_path: Path) -> None:
    """There is nobody to wait for."""
    with serve(tmp_path) as served:
        served.address()
        served.send(number)
        assert served.end() == 0
        assert [line.split(": ", 1)[1] for line in served.lines[1:]] == [
            "draining: 0 open, at most 30 s",
            "stopped: 0 reset",
        ]


def test_while_draining_connections_go_on_and_new_ones_are_refused(tmp_path: Path) -> None:
    """It ends with the last of them, long before the timeout."""
    with serve(tmp_path) as served, served.connect() as peer:
        assert is_echoed(peer)
        served.send(signal.SIGTERM)
        served.wait_for("draining: 1 open")
        with pytest.raises(ConnectionRefusedError):
            served.connect()
        assert is_echoed(peer)
        peer.close()
        assert served.end() == 0
        served.wait_for("info gnet.serve: stopped: 0 reset")


def test_a_thread_that_does_not_end_can_be_ended_by_a_signal(tmp_path: Path) -> None:
    """Python waits for it after the drain; at first a signal changes nothing: hooks may run."""
    code = f"""\
import threading, time
{ECHO}
def work():
    while True:
        time.sleep(0.1)
threading.Thread(target=work).start()
"""
    with serve(tmp_path, code=code) as served:
        served.address()
        served.send(signal.SIGTERM)
        served.wait_for("stopped")
        served.send(signal.SIGTERM)
        gevent.sleep(1.1)
        assert served.process.poll() is None
        served.send(signal.SIGTERM)
        assert served.end() == 0


def test_what_runs_at_exit_is_not_disturbed_by_another_signal(tmp_path: Path) -> None:
    """Not for a second, although it was told twice to stop."""
    code = f"""\
import atexit, os, time
{ECHO}
def at_exit():
    os.write(2, b"leaving\\n")
    time.sleep(0.3)
    os.write(2, b"left\\n")
atexit.register(at_exit)
"""
    with serve(tmp_path, code=code) as served:
        served.address()
        served.send(signal.SIGTERM)
        served.wait_for("leaving")
        served.send(signal.SIGTERM)
        served.wait_for("left")
        assert served.end() == 0


def test_a_second_signal_cuts_the_drain_short(tmp_path: Path) -> None:
    """What is open is reset, and counted."""
    with serve(tmp_path) as served, served.connect() as peer:
        assert is_echoed(peer)
        served.send(signal.SIGTERM)
        served.wait_for("draining")
        served.send(signal.SIGINT)
        assert served.end() == 0
        served.wait_for("stopped: 1 reset")
        with pytest.raises(ConnectionResetError):
            peer.recv(1)


def test_a_refusal_that_nobody_reads_still_has_its_exit_code(tmp_path: Path) -> None:
    """Whoever started the process has closed the pipe."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "gnet", "serve", "--app-dir", str(tmp_path), "nothing:here"],
        env={"PYTHONPATH": str(ROOT)},
        stderr=writing,
        timeout=15,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 3
