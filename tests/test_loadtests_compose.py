"""``loadtests/compose.yaml`` and its ``Dockerfile``: commands are such as the programs take."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from support import GUARD_S, ROOT

from loadtests import server

FILE = ROOT / "loadtests" / "compose.yaml"
COMPOSE = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "loadtests" / "Dockerfile").read_text()


def command(service: str, **environment: str) -> list[str]:
    """The words of a service's command, with its variables replaced as Compose does."""

    def value(match: re.Match[str]) -> str:
        return environment.get(match[1]) or match[2]

    return shlex.split(re.sub(r"\$\{(\w+):-([^}]*)\}", value, SERVICES[service]["command"]))


def option(words: list[str], name: str) -> str:
    """What follows an option."""
    return words[words.index(name) + 1]


def test_the_server_takes_its_command() -> None:
    """With the defaults, and with what its variables are for."""
    program, *arguments = command("server", SERVER_OPTIONS="--max-connections 200")
    assert program == "loadtests.server"
    options = server.parse(arguments)
    assert (options.server, options.max_connections) == ("gnet", 200)
    options = server.parse(command("server", SERVER="streamserver")[1:])
    assert (options.server, options.max_connections) == ("streamserver", None)


@pytest.mark.parametrize("test", ["accept", "backlog", "max_connections"])
@pytest.mark.parametrize("service", ["master", "worker"])
def test_locust_takes_the_commands_of_master_and_workers(service: str, test: str) -> None:
    """It ends with 2 for an option that the locustfile does not have."""
    words = command(service, TEST=test, LOCUST_OPTIONS="--headless --expect-workers 4")
    done = subprocess.run(
        [sys.executable, "-m", *words, "--show-task-ratio"],  # and nothing else
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Visitor" in done.stdout


def test_the_services_find_each_other() -> None:
    """By their names, at the ports that they listen on."""
    options = server.parse(command("server")[1:])
    words = command("master")
    assert option(words, "--host") == f"tcp://server:{options.port}"
    statistics = urlsplit(option(words, "--statistics"))
    assert (statistics.hostname, statistics.port) == ("server", options.statistics_port)
    assert option(command("worker"), "--master-host") in SERVICES
    assert SERVICES["server"]["healthcheck"]["test"][-1].count(f":{options.statistics_port}/") == 1
    assert SERVICES["master"]["ports"] == [
        f"127.0.0.1:{option(words, '--web-port')}:{option(words, '--web-port')}"
    ]


def test_the_kernel_takes_the_server_s_backlog_as_it_is() -> None:
    """And every service may have as many connections as one host has ports."""
    backlog = server.parse(command("server")[1:]).backlog
    assert SERVICES["server"]["sysctls"]["net.core.somaxconn"] >= backlog
    assert all(service["ulimits"]["nofile"] >= 2**16 for service in SERVICES.values())


def test_the_image_has_what_is_run_in_it() -> None:
    """What it copies is there, and its entry point is an interpreter for the commands above."""
    build = SERVICES["server"]["build"]
    assert all(service["build"] == build for service in SERVICES.values())
    context = (FILE.parent / build["context"]).resolve()  # Compose takes it from beside the file
    assert context == ROOT
    assert (context / build["dockerfile"]).read_text() == DOCKERFILE
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    assert names >= {"gnet", "loadtests", "benchmarks", "pyproject.toml"}
    assert all((ROOT / name).exists() for name in names)
    assert 'ENTRYPOINT ["/opt/gnet/bin/python", "-m"]' in DOCKERFILE
