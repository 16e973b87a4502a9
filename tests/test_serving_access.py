"""The access log: a line for each connection that has ended, whatever has ended it."""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving_observed import connect, dial, echo, ended, reset, serving
from serving_process import gnet_serve, write_app

from gnet.serving.access import AccessLog


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)

    @property
    def lines(self) -> list[str]:
        """The texts, with the duration, which differs, cut off."""
        return [
            re.sub(r" \d+\.\d{3}s ", " SECONDS ", record.getMessage()) for record in self.records
        ]

    @property
    def fields(self) -> dict[str, Any]:
        """Those of the only record."""
        [record] = self.records
        fields: dict[str, Any] = record.__dict__["fields"]
        return fields


@pytest.fixture
def kept() -> Iterator[Kept]:
    """What is logged to `log_of`'s logger."""
    handler, logger = Kept(), logging.getLogger("test.access")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


@pytest.fixture
def log(kept: Kept) -> AccessLog:
    """An access log whose lines are kept."""
    return AccessLog(logging.getLogger("test.access"))


def name_of(peer: Any) -> str:
    """Who a client is."""
    host, port = peer.getsockname()
    return f"{host}:{port}"


def test_a_connection_that_both_sides_have_ended(log: AccessLog, kept: Kept) -> None:
    """Peer, listening address, duration, bytes of both directions, outcome: in this order."""
    with serving(echo, log) as service:
        where = service.endpoints[0].name
        peer = connect(service)
        peer.sendall(b"hello")
        assert peer.recv(10) == b"hello"
        assert kept.lines == []  # it is still open
        peer.sendall(b"you")
        assert peer.recv(10) == b"you"
        name = name_of(peer)
        peer.close()
        ended(service)
    assert kept.lines == [f"{name} {where} SECONDS in=8 out=8 end"]


def test_the_fields_of_a_record(log: AccessLog, kept: Kept) -> None:
    """For JSON; the duration is in seconds."""

    def serve(socket: Any) -> None:
        socket.on("data", lambda _: socket.end(b"bye"))

    with serving(serve, log) as service:
        where = service.endpoints[0].name
        peer = connect(service)
        name = name_of(peer)
        peer.sendall(b"x")
        assert peer.recv(10) == b"bye"
        assert peer.recv(10) == b""
        peer.close()
        ended(service)
    fields = kept.fields
    duration = fields.pop("duration")
    assert 0 < duration < 10
    assert fields == {
        "peer": name,
        "listen": where,
        "bytes_in": 1,
        "bytes_out": 3,
        "outcome": "end",
    }


def test_a_connection_that_the_application_has_destroyed(log: AccessLog, kept: Kept) -> None:
    """It has not ended on both sides."""

    def serve(socket: Any) -> None:
        socket.on("data", lambda _: socket.destroy())

    with serving(serve, log) as service:
        peer = connect(service)
        peer.sendall(b"12")
        assert peer.recv(10) == b""
        ended(service)
        peer.close()
    assert kept.lines[0].endswith(" in=2 out=0 destroy")


def test_an_idle_connection(log: AccessLog, kept: Kept) -> None:
    """It was closed for being idle."""
    with serving(echo, log, idle_timeout=0.02) as service:
        peer = connect(service)
        assert peer.recv(10) == b""
        ended(service)
        peer.close()
    assert kept.lines[0].endswith(" in=0 out=0 idle-timeout")


def test_a_connection_that_was_cut_by_the_drain(log: AccessLog, kept: Kept) -> None:
    """It was reset when its time was over."""
    with serving(echo, log) as service:
        peer = connect(service)
        peer.sendall(b"hello")
        assert peer.recv(10) == b"hello"
        assert service.drain(0) == 1
        with pytest.raises(ConnectionResetError):
            peer.recv(10)
        peer.close()
    assert kept.lines[0].endswith(" in=5 out=5 drain-reset")


def test_a_connection_that_the_peer_has_reset(log: AccessLog, kept: Kept) -> None:
    """The code of the error."""

    def serve(socket: Any) -> None:
        socket.on("data", socket.write).on("error", lambda _: None)

    with serving(serve, log) as service:
        peer = connect(service)
        peer.sendall(b"hello")
        assert peer.recv(10) == b"hello"
        reset(peer)
        ended(service)
    assert kept.lines[0].endswith(" in=5 out=5 ECONNRESET")


def test_a_connection_whose_application_has_failed(log: AccessLog, kept: Kept) -> None:
    """The name of the error's class."""

    def serve(socket: Any) -> None:
        socket.on("error", lambda _: None)
        socket.destroy(KeyError("a secret"))

    with serving(serve, log) as service:
        peer = dial(service)
        assert peer.recv(10) == b""
        ended(service)
        peer.close()
    assert kept.lines[0].endswith(" in=0 out=0 KeyError")
    assert "secret" not in kept.lines[0]


@pytest.mark.parametrize("code", ["two\nlines", "x" * 65, "", 7, None])
def test_what_is_no_code_is_not_repeated(log: AccessLog, kept: Kept, code: object) -> None:
    """An application may have put into it what a peer has sent."""

    class OddError(Exception):
        pass

    def serve(socket: Any) -> None:
        error: Any = OddError()
        error.code = code
        socket.on("error", lambda _: None)
        socket.destroy(error)

    with serving(serve, log) as service:
        peer = dial(service)
        assert peer.recv(10) == b""
        ended(service)
        peer.close()
    assert kept.fields["outcome"] == "OddError"


def test_a_connection_over_a_unix_socket(log: AccessLog, kept: Kept, tmp_path: Path) -> None:
    """Its peer has no address."""
    path = str(tmp_path / "s")
    with serving(echo, log, path=path) as service:
        peer = connect(service)
        peer.close()
        ended(service)
    assert kept.lines == [f"unix unix:{path} SECONDS in=0 out=0 end"]


def test_the_log_is_on_whatever_the_level_of_others() -> None:
    """Unless somebody has set a level for this one."""
    logger = logging.getLogger("gnet.access")
    before = logger.level
    try:
        logger.setLevel(logging.NOTSET)
        AccessLog()
        assert logger.level == logging.INFO
        logger.setLevel(logging.ERROR)
        AccessLog()
        assert logger.level == logging.ERROR
    finally:
        logger.setLevel(before)


# ---------------------------------------------------------------- gnet serve


ADDRESS = ("--listen", "tcp://127.0.0.1:0")


@pytest.mark.parametrize("environ", [{}, {"GNET_ACCESS_LOG": "1"}], ids=["option", "variable"])
def test_a_process_logs_it(tmp_path: Path, environ: dict[str, str]) -> None:
    """Asked for on the command line, or by a variable; also where only warnings are logged."""
    write_app(tmp_path)
    option = () if environ else ("--access-log",)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    arguments = ("--listen", f"fd:{listener.fileno()}", "--log-level", "warning", *option)
    with (
        listener,
        gnet_serve(
            tmp_path,
            *arguments,
            "app:on_connection",
            environ=environ,
            pass_fds=[listener.fileno()],
        ) as served,
    ):
        with socket.create_connection(("127.0.0.1", port), 15) as peer:
            name = name_of(peer)
            peer.sendall(b"hello")
            assert peer.recv(10) == b"hello"
        found = served.wait_for(r"info gnet.access: (.*)$")
        assert re.fullmatch(
            rf"{name} tcp://127\.0\.0\.1:{port} \d+\.\d{{3}}s in=5 out=5 end", found[1]
        )
        assert served.stop() == 0
        assert len(served.lines) == 1


def test_a_process_does_not_log_it_unless_asked(tmp_path: Path) -> None:
    """A busy server would log little else."""
    write_app(tmp_path)
    with gnet_serve(tmp_path, *ADDRESS, "app:on_connection") as served:
        with served.connect() as peer:
            peer.sendall(b"hello")
            assert peer.recv(10) == b"hello"
        assert served.stop() == 0
        assert "access" not in served.told


def test_a_process_logs_it_as_json(tmp_path: Path) -> None:
    """With the fields beside the others."""
    write_app(tmp_path)
    arguments = ("--access-log", "--log-format", "json")
    with gnet_serve(tmp_path, *ADDRESS, *arguments, "app:on_connection") as served:
        line = json.loads(served.wait_for(r"\{.*listening on.*\}")[0])["message"]
        address = line.rpartition(" ")[2]
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as peer:
            peer.sendall(b"hello")
            assert peer.recv(10) == b"hello"
        entry = json.loads(served.wait_for(r"\{.*gnet\.access.*\}")[0])
        assert served.stop() == 0
    assert entry["logger"] == "gnet.access"
    assert (entry["bytes_in"], entry["bytes_out"], entry["outcome"]) == (5, 5, "end")
    assert entry["listen"] == address
    assert entry["peer"].startswith("127.0.0.1:")
    assert isinstance(entry["duration"], float)
