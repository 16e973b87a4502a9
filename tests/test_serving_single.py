"""What a process logs, and ends with, when it drains; the rest is in tests/test_serving_cli.py."""

from __future__ import annotations

import logging
import signal
from pathlib import Path

import gevent
import pytest
from serving_process import gnet_serve, write_app

from gnet.serving.addresses import open_listener, parse
from gnet.serving.application import Application
from gnet.serving.service import Service
from gnet.serving.single import drain


def listening_service() -> Service:
    """A service that nobody has connected to."""
    service = Service(Application(lambda socket: None, "app:target"))
    service.listen(open_listener(parse("tcp://127.0.0.1:0"), 1))
    return service


def test_a_drain_tells_how_it_begins_and_ends(caplog: pytest.LogCaptureFixture) -> None:
    """Two lines, and exit code 0."""
    caplog.set_level(logging.INFO)
    assert drain(listening_service(), 1.5) == 0
    assert caplog.messages == [
        "draining: 0 open, at most 1.5 s",
        "stopped: 0 reset",
    ]


def test_a_service_that_has_failed_ends_with_one(caplog: pytest.LogCaptureFixture) -> None:
    """And says why, whatever the log level is."""
    service = listening_service()
    service.failure = OSError(24, "out of luck")
    assert drain(service, 0) == 1
    [first, *_] = caplog.records
    assert first.levelname == "CRITICAL"
    assert first.getMessage() == "accepting failed: [Errno 24] out of luck"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_comes_when_all_is_over_changes_nothing(
    number: signal.Signals, tmp_path: Path
) -> None:
    """Whoever tells a whole process group may tell it twice; the exit code stays 0."""
    write_app(tmp_path)
    with gnet_serve(tmp_path, "--listen", "tcp://127.0.0.1:0", "app:on_connection") as served:
        served.wait_for("listening on")
        served.send(number)
        served.wait_for("stopped:")
        while served.process.poll() is None:
            served.send(number)
            gevent.sleep(0.001)
        assert served.end() == 0
        assert served.lines[-1].endswith("stopped: 0 reset")
