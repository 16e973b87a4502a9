"""Logs: one line for each record, as text or as JSON."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

import gevent
import pytest
from gevent.hub import get_hub

from gnet.serving import logs


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    excepthook = threading.excepthook
    yield
    threading.excepthook = excepthook
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


def record(**more: Any) -> logging.LogRecord:
    """A record of a message with an argument."""
    found = logging.LogRecord("gnet.x", logging.WARNING, "x.py", 1, "took %d", (3,), None)
    found.__dict__.update(more)
    return found


def failure() -> Any:
    """What sys.exc_info() says while an error is handled."""
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        return sys.exc_info()


def test_a_text_line_has_time_process_level_and_logger() -> None:
    """In this order; the time is UTC, to the millisecond."""
    line = logs.formatter("text").format(record(created=1.5, process=17))
    assert line == "1970-01-01T00:00:01.500Z [17] warning gnet.x: took 3"


def test_a_traceback_follows_the_text() -> None:
    """Below the line."""
    first, *rest = logs.formatter("text").format(record(exc_info=failure())).splitlines()
    assert first.endswith("took 3")
    assert rest[-1] == "  RuntimeError: broken"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x85", "\u2028"])
def test_what_was_sent_cannot_look_like_a_record(end: str) -> None:
    """Whatever a line may end with; neither in a message nor in an exception's text."""
    forged = f"x{end}2026-01-01T12:00:00.000Z [17] info gnet.serve: all is well"
    error = ValueError(forged)
    text = logs.formatter("text").format(
        record(msg="%s", args=(forged,), exc_info=(ValueError, error, None))
    )
    assert len(text.splitlines()) == 4
    assert text.splitlines() == text.split("\n")
    assert all(line.startswith("  ") for line in text.splitlines()[1:])


def test_a_json_line_has_the_same_fields_by_name() -> None:
    """And those that the record was made with."""
    line = logs.formatter("json").format(record(created=1.5, process=17, fields={"peer": "a:1"}))
    assert json.loads(line) == {
        "time": "1970-01-01T00:00:01.500Z",
        "pid": 17,
        "level": "warning",
        "logger": "gnet.x",
        "message": "took 3",
        "peer": "a:1",
    }


def test_a_json_record_is_one_line_whatever_is_in_it() -> None:
    """A traceback is in its field; what JSON has no type for is a text."""
    odd = record(exc_info=failure(), fields={"since": timedelta(1)})
    line = logs.formatter("json").format(odd)
    assert "\n" not in line
    assert json.loads(line)["exception"].endswith("RuntimeError: broken")
    assert json.loads(line)["since"] == "1 day, 0:00:00"


@pytest.mark.parametrize("fields", [["peer"], "a:1", {("peer", 1): "a:1"}])
def test_fields_that_are_none_lose_no_record(fields: object) -> None:
    """An application may call something else so."""
    line = json.loads(logs.formatter("json").format(record(fields=fields)))
    assert line["message"] == "took 3"


def test_fields_do_not_replace_what_a_record_always_has() -> None:
    """Who logs what was sent cannot be made to say another time or message."""
    line = json.loads(logs.formatter("json").format(record(fields={"message": "x", "time": "y"})))
    assert line["message"] == "took 3"
    assert line["time"] != "y"


def test_a_stack_is_told() -> None:
    """Who asks for it wants to see it."""
    asked = record(stack_info="Stack (most recent call last):")
    assert logs.formatter("text").format(asked).endswith("\n  Stack (most recent call last):")
    assert json.loads(logs.formatter("json").format(asked))["stack"].startswith("Stack")


@pytest.mark.parametrize("level", logs.LEVELS)
def test_what_is_below_the_level_is_not_written(
    level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is not below is."""
    logs.configure(level, "json")
    for name in logs.LEVELS:
        logging.getLogger("app").log(getattr(logging, name.upper()), "said")
    written = [json.loads(line)["level"] for line in capsys.readouterr().err.splitlines()]
    assert written == list(logs.LEVELS[logs.LEVELS.index(level) :])


def test_the_time_is_now(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the time zone of this machine is."""
    logs.configure("info", "json")
    before = datetime.now(timezone.utc)
    logging.getLogger("app").info("said")
    entry = json.loads(capsys.readouterr().err)
    written = datetime.fromisoformat(entry["time"].replace("Z", "+00:00"))
    assert timedelta(milliseconds=-1) <= written - before < timedelta(seconds=5)


def test_what_nobody_catches_is_one_record(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its traceback, on the log; gevent prints nothing beside it."""
    hub: Any = get_hub()
    logs.configure("info", "json")

    def fail() -> None:
        raise RuntimeError("broken")

    # The tests listen with one of their own; the original prints.
    monkeypatch.setattr(hub, "handle_error", partial(type(hub).handle_error, hub))
    try:
        logs.log_unhandled(hub)
        gevent.spawn(fail).join()
    finally:
        del hub.print_exception
    [line] = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["logger"]) == ("error", "gnet.unhandled")
    assert entry["message"].startswith("RuntimeError: broken in <Greenlet")
    assert 'raise RuntimeError("broken")' in entry["exception"]


def test_an_error_without_a_traceback_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """What the network does to a socket is nobody's mistake here."""
    hub: Any = get_hub()
    logs.configure("info", "json")
    try:
        logs.log_unhandled(hub)
        hub.print_exception(None, ConnectionResetError, ConnectionResetError("reset"), None)
    finally:
        del hub.print_exception
    entry = json.loads(capsys.readouterr().err)
    assert entry["level"] == "warning"
    assert entry["message"] == "ConnectionResetError: reset"
    assert "exception" not in entry


def test_what_a_thread_does_not_catch_is_one_record(capsys: pytest.CaptureFixture[str]) -> None:
    """As of a greenlet; but SystemExit ends a thread without a word, as always."""
    hub: Any = get_hub()
    logs.configure("info", "json")

    def fail() -> None:
        raise RuntimeError("broken")

    try:
        logs.log_unhandled(hub)
        for target in (fail, sys.exit):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
    finally:
        del hub.print_exception
    [line] = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["logger"]) == ("error", "gnet.unhandled")
    assert entry["message"].startswith("RuntimeError: broken in <Thread")
    assert 'raise RuntimeError("broken")' in entry["exception"]
