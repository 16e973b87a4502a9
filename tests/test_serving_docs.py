"""What ``docs/serving.md`` promises is what the code has."""

from __future__ import annotations

import argparse
import re
import shlex

import pytest
from prometheus_client import CollectorRegistry
from support import ROOT

from gnet.serving import application, cli, settings
from gnet.serving.addresses import parse
from gnet.serving.application import Application
from gnet.serving.metrics import Metrics
from gnet.serving.service import OUTCOMES
from gnet.serving.settings import OPTIONS

TEXT = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(
    set(re.findall(r"^(?:ExecStart=\S+/)?gnet serve (.+?)(?:  +#.*)?$", TEXT + README, re.M))
)
#: First cells of all tables.
CELLS = re.findall(r"^\| (.+?) \|", TEXT, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_shown_is_one(command: str) -> None:
    """Its options are known, and its addresses are addresses."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    settings.add_to(parser)

    def fail(text: str) -> None:
        pytest.fail(text)

    found = settings.resolve(parser.parse_args(shlex.split(command)), {}, fail)  # type: ignore[arg-type]
    assert re.fullmatch(r"\w+:\w+", found.application)


def test_there_are_commands_to_look_at() -> None:
    """In the page and in the README."""
    assert len(COMMANDS) >= 4


def test_the_application_that_is_shown_is_a_listener() -> None:
    """It is copied first of all."""
    [code, *_] = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    names: dict[str, object] = {}
    exec(compile(code, "docs/serving.md", "exec"), names)
    server = Application(names["on_connection"], "app:on_connection").make_server()
    assert server.listener_count("connection") == 1


def test_all_options_are_explained_or_at_least_named() -> None:
    """What the help alone tells is not enough to decide by."""
    unnamed = [each.name for each in OPTIONS if f"--{each.name}" not in TEXT]
    assert unnamed == ["backlog"]  # Node's, and the kernel's: docs/backlog.md


@pytest.mark.parametrize("text", re.findall(r"`((?:tcp6?://|unix:|fd:)[^` ]+)`", TEXT))
def test_an_address_that_is_shown_is_one(text: str) -> None:
    """Also those of metrics."""
    parse(text.removesuffix("…"))


def test_every_metric_is_listed_and_no_other() -> None:
    """With its full name."""
    registry = CollectorRegistry()
    Metrics(registry)
    made = set()
    for family in registry.collect():
        made.add(f"{family.name}_total" if family.type == "counter" else family.name)
    assert set(re.findall(r"`(gnet_\w+)`", TEXT)) == made


def test_every_outcome_is_listed() -> None:
    """Of a connection, in the access log."""
    [row] = [line for line in TEXT.splitlines() if "| `outcome` |" in line]
    assert set(re.findall(r"`([a-z-]+)`[:;]", row)) == set(OUTCOMES)


def test_every_exit_code_is_listed() -> None:
    """Those of the command line, and of an application that cannot be served."""
    codes = {
        0,
        application.RAISED,
        application.NO_MODULE,
        application.NO_CALLABLE,
        cli.WRONG_USAGE,
        cli.WRONG_ADDRESS,
        cli.CANNOT_LISTEN,
    }
    assert {int(cell) for cell in CELLS if cell.isdigit()} == codes
