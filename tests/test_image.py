"""``Dockerfile``: what it says is so, and what it starts serves, as it would in a container.

Building it takes minutes and the network, so none of it is built here.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import gevent.socket
import pytest
from serving_process import Serving, running
from support import GUARD_S, ROOT, receive_exactly

from gnet.serving.settings import OPTIONS, from_environment

DOCKERFILES = ("Dockerfile", "loadtests/Dockerfile")
#: Seconds after which ``docker stop`` kills what has not ended.
STOP_S = 10


@dataclass(frozen=True)
class Stage:
    """One stage of a Dockerfile: what it starts from, and its instructions in order."""

    base: str
    instructions: list[tuple[str, str]]

    def arguments(self, instruction: str) -> list[str]:
        """What each instruction of that name is given."""
        return [given for name, given in self.instructions if name == instruction]

    def words(self, instruction: str) -> list[str]:
        """The words of the one instruction of that name, in the form that needs no shell."""
        [given] = self.arguments(instruction)
        words: list[str] = json.loads(given.removeprefix("CMD "))
        return words

    def values(self, instruction: str) -> dict[str, str]:
        """What ENV, ARG or LABEL sets."""
        given = " ".join(self.arguments(instruction))
        return dict(word.split("=", 1) for word in shlex.split(given))


def stages(path: str) -> list[Stage]:
    """The stages of a Dockerfile."""
    lines = [line for line in (ROOT / path).read_text().splitlines() if line[:1] != "#"]
    found: list[Stage] = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        name, _, given = line.partition(" ")
        if name == "FROM":
            found.append(Stage(given.split()[0], []))
        elif name:
            given = re.sub(r"^(--[a-z-]+=\S+ +)+(?=CMD )", "", given.strip())
            found[-1].instructions.append((name, given))
    return found


BUILD, IMAGE = stages("Dockerfile")
ENVIRONMENT = IMAGE.values("ENV")


def copied(stage: Stage) -> Iterator[tuple[str, PurePosixPath]]:
    """What is copied from the repository, and where to."""
    for given in stage.arguments("COPY"):
        if not given.startswith("--from="):
            *names, where = given.split()
            target = PurePosixPath(where)
            for name in names:
                yield name, target / name if where.endswith("/") else target


def is_ignored(name: str) -> bool:
    """Whether ``.dockerignore`` keeps a file from the build: the last line that fits decides."""
    path = PurePosixPath(name)
    own_and_parents = [path, *path.parents][:-1]
    ignored = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = line.removeprefix("!").removeprefix("**/")
            tried = [p.name if "**/" in line else str(p) for p in own_and_parents]
            if any(fnmatch.fnmatchcase(one, pattern) for one in tried):
                ignored = not line.startswith("!")
    return ignored


def pyproject() -> dict[str, Any]:
    """What the project says of itself."""
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11")
    described: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return described


# ---------------------------------------------------------------- what it is built of


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_what_is_copied_reaches_the_build(dockerfile: str) -> None:
    """It is there, and not ignored."""
    names = {name for stage in stages(dockerfile) for name, _ in copied(stage)}
    files = [
        str(file.relative_to(ROOT))
        for name in names
        for file in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*.py"))
    ]
    assert [file for file in files if is_ignored(file)] == []
    assert {Path(file).parts[0] for file in files} == {name.split("/")[0] for name in names}


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_what_the_package_is_made_of_is_copied(dockerfile: str) -> None:
    """All that pyproject.toml names."""
    described = pyproject()
    project, setuptools = described["project"], described["tool"]["setuptools"]
    modules = [f"{name}.py" for name in setuptools.get("py-modules", [])]
    needed = {"pyproject.toml", "gnet", project["readme"], *project["license-files"], *modules}
    assert needed <= {name for name, _ in copied(stages(dockerfile)[0])}


@pytest.mark.parametrize(
    "name",
    [
        ".git/config",
        ".venv/bin/python",
        "tests/support.py",
        "gnet/__pycache__/server.pyc",
        "loadtests/report/index.html",
        "benchmarks/results/echo.json",
    ],
)
def test_nothing_else_reaches_the_build(name: str) -> None:
    """Neither the history nor what is made here: a change there would build all of it again."""
    assert is_ignored(name)


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_the_image_holds_only_what_is_copied(dockerfile: str) -> None:
    """No command runs in it, so no compiler, no cache and no list of packages is left there.

    What the first stage installs works in the second, which has the same interpreter.
    """
    build, image = stages(dockerfile)
    assert image.arguments("RUN") == []
    assert build.base == image.base
    assert "--from=build /opt/gnet /opt/gnet" in image.arguments("COPY")
    assert "--no-cache-dir" in build.arguments("RUN")[0]


def test_pip_is_not_in_the_image_s_environment() -> None:
    """The one of the first stage's system installs into it."""
    [command] = BUILD.arguments("RUN")
    assert "venv --without-pip /opt/gnet" in command
    assert "pip --python /opt/gnet/bin/python install" in command


def test_the_image_says_what_the_project_says() -> None:
    """Its labels are those of the package, and the extras that it installs are there."""
    project = pyproject()["project"]
    labels = {name.rpartition(".")[2]: text for name, text in IMAGE.values("LABEL").items()}
    assert labels["version"] == "$VERSION"
    assert IMAGE.values("ARG") == {"VERSION": project["version"]}
    assert labels["description"] == project["description"]
    assert labels["licenses"] == project["license"]
    assert labels["title"] in project["scripts"]
    [extras] = re.findall(r"'\.\[(.*?)\]'", BUILD.arguments("RUN")[0])
    assert set(extras.split(",")) <= set(project["optional-dependencies"])


# ---------------------------------------------------------------- what it starts


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_nobody_runs_it(dockerfile: str) -> None:
    """By number, so that an orchestrator can tell that it is not root."""
    user, _, group = stages(dockerfile)[-1].arguments("USER")[-1].partition(":")
    assert int(user) > 0
    assert int(group) > 0


def test_no_shell_stands_between() -> None:
    """The server itself gets the signals, and its arguments as they are."""
    assert IMAGE.words("ENTRYPOINT") == ["gnet", "serve"]
    assert IMAGE.words("HEALTHCHECK") == ["gnet", "health"]
    [what] = IMAGE.words("CMD")
    module, _, _ = what.partition(":")
    assert PurePosixPath(f"/app/{module}.py") in [target for _, target in copied(IMAGE)]
    assert IMAGE.arguments("STOPSIGNAL") == ["SIGTERM"]


def test_the_ports_are_those_that_it_listens_on() -> None:
    """The application's, and that of metrics and health."""
    settings = from_environment("echo:on_connection", ENVIRONMENT)
    assert settings.metrics is not None
    ports = [*(address.port for address in settings.listen), settings.metrics.port]
    assert IMAGE.arguments("EXPOSE") == [" ".join(map(str, ports))]


def test_draining_ends_before_it_is_killed() -> None:
    """With two seconds left for the interpreter to end."""
    assert float(ENVIRONMENT["GNET_DRAIN_TIMEOUT"]) <= STOP_S - 2


def test_its_settings_are_such_as_the_command_line_has() -> None:
    """A variable of another name would say nothing."""
    names = {name for name in ENVIRONMENT if name.startswith("GNET_")}
    assert names <= {option.variable for option in OPTIONS}


# ---------------------------------------------------------------- as it runs


#: Runs what follows as process 1, as nobody else's root, where nothing can be written.
CONTAINED = (
    *("unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"),
    *("sh", "-c", 'mount -o remount,bind,ro / && test ! -w / && exec "$@"', "sh"),
)


def is_healthy(served: Serving) -> bool:
    """What the health check says that the image has."""
    found = re.search(r"metrics on http://127\.0\.0\.1:(\d+)", served.told)
    assert found, served.told
    program, *arguments = IMAGE.words("HEALTHCHECK")
    environ = {**ENVIRONMENT, "GNET_METRICS": f"tcp://127.0.0.1:{found[1]}"}
    command = [sys.executable, "-m", program, *arguments]
    with running(command, ROOT, {**environ, "PATH": os.environ["PATH"]}) as check:
        return check.end() == 0


def told_to_stop(served: Serving) -> int:
    """Send the server the image's signal; its exit code."""
    [name] = IMAGE.arguments("STOPSIGNAL")
    children = Path(f"/proc/{served.pid}/task/{served.pid}/children").read_text()
    os.kill(int(children or served.pid), signal.Signals[name])
    return served.end()


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A directory with what the image has in /app."""
    for name, target in copied(IMAGE):
        if target.parent == PurePosixPath("/app"):
            shutil.copy(ROOT / name, tmp_path / target.name)
    return tmp_path


def started(
    app: Path, *arguments: str, within: tuple[str, ...] = ()
) -> contextlib.AbstractContextManager[Serving]:
    """What the image starts, with ports that the system chooses; killed in the end."""
    environ = {name: value.replace("/app", str(app)) for name, value in ENVIRONMENT.items()}
    environ |= {
        "PATH": os.environ["PATH"],
        "GNET_LISTEN": "tcp://127.0.0.1:0",
        "GNET_METRICS": "tcp://127.0.0.1:0",
    }
    program, *options = IMAGE.words("ENTRYPOINT")
    command = [sys.executable, "-m", program, *options, *(arguments or IMAGE.words("CMD"))]
    return running([*within, *command], app, environ)


def exchanged(served: Serving, message: bytes) -> bytes:
    """What a server sends back: as much as it was sent."""
    address = ("127.0.0.1", served.port())
    with contextlib.closing(gevent.socket.create_connection(address)) as peer:
        peer.sendall(message)
        return receive_exactly(peer, len(message))


def test_it_serves_until_it_is_stopped(app: Path) -> None:
    """With no more than the image itself says."""
    with started(app) as served:
        assert exchanged(served, b"hello") == b"hello"
        assert is_healthy(served)
        assert told_to_stop(served) == 0
        assert not is_healthy(served)


def test_it_serves_as_process_1_where_nothing_can_be_written(app: Path) -> None:
    """Process 1 gets only those signals that it has asked for."""
    try:
        subprocess.run([*CONTAINED, "true"], check=True, timeout=GUARD_S, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no namespaces here: {error}")
    with started(app, within=CONTAINED) as served:
        assert exchanged(served, b"hello") == b"hello"
        assert is_healthy(served)
        assert told_to_stop(served) == 0


def test_it_serves_the_application_of_the_readme(app: Path) -> None:
    """As its reader would: with the command that is shown below it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## In a container") :]
    [code] = re.findall(r"^```python\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    [(tag, what)] = re.findall(r"-v \./app\.py:/app/app\.py:ro (\w+) (\S+)$", section, re.MULTILINE)
    assert f"docker build -t {tag} .\n" in section
    (app / "app.py").write_text(code)
    with started(app, what) as served:
        assert exchanged(served, b"hello") == b"HELLO"
        assert told_to_stop(served) == 0
