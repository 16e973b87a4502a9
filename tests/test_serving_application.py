"""Applications: from ``MODULE:CALLABLE`` to servers, and what is told if there is no way."""

from __future__ import annotations

import functools
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving_process import write_app
from support import raw_connect, wait_event

from gnet import Server, Socket, create_server
from gnet.serving.application import Application, ApplicationError, Stopped, load

_numbers = itertools.count()


@pytest.fixture
def module() -> Iterator[str]:
    """A module's name that no other test uses; what is imported meanwhile is forgotten."""
    names, path = set(sys.modules), list(sys.path)
    yield f"served_app_{next(_numbers)}"
    sys.path[:] = path
    for name in set(sys.modules) - names:
        del sys.modules[name]


def refusal(target: object) -> ApplicationError:
    """Why a target cannot be served."""
    with pytest.raises(ApplicationError) as caught:
        Application(target, "app:target").make_server()
    assert "\n" not in str(caught.value) or caught.value.status == 1
    return caught.value


def load_refusal(spec: str, directory: Path) -> ApplicationError:
    """Why a spec cannot be loaded."""
    with pytest.raises(ApplicationError) as caught:
        load(spec, str(directory))
    return caught.value


def answer(target: object) -> bytes:
    """What a client of the application gets, until the end."""
    with Application(target, "app:target").make_server().listen(0) as server:
        wait_event(server, "listening")
        with raw_connect(server) as peer:
            peer.settimeout(5)
            return b"".join(iter(functools.partial(peer.recv, 100), b""))


# ---------------------------------------------------------------- what can be served


def listener(socket: Socket) -> None:
    """An ordinary listener."""
    socket.end(b"served")


class Handler:
    """A class that is a listener, and whose instances have one, or are one."""

    def __init__(self, socket: Socket | None) -> None:
        if socket is not None:
            socket.end(b"served")

    def method(self, socket: Socket) -> None:
        """Listen."""
        socket.end(b"served")

    def __call__(self, socket: Socket) -> None:
        """Listen."""
        socket.end(b"served")


def wrapped(*args: Any, **keywords: Any) -> None:
    """What a decorator without functools.wraps makes of a listener."""
    listener(*args, **keywords)


def prefixed(_text: str, socket: Socket) -> None:
    """Made a listener by functools.partial."""
    listener(socket)


def optional(socket: Socket, _greeting: str = "") -> None:
    """Takes more than a listener gets."""
    listener(socket)


def factory() -> Server:
    """An ordinary factory."""
    return create_server(listener)


def factory_with_default(half_open: bool = False) -> Server:
    """A factory that can do without arguments."""
    return create_server(listener, allow_half_open=half_open)


class OwnServer(Server):
    """A server of one's own."""

    def __init__(self) -> None:
        super().__init__(listener)


@pytest.mark.parametrize(
    "target",
    [
        listener,
        Handler,
        Handler(None),
        Handler(None).method,
        functools.partial(prefixed, "text"),
        wrapped,
        optional,
        lambda socket: socket.end(b"served"),
        factory,
        factory_with_default,
        functools.partial(create_server, listener),
        OwnServer,
        create_server(listener),
    ],
    ids=lambda target: getattr(target, "__name__", type(target).__name__),
)
def test_a_listener_a_factory_and_a_server_are_served(target: object) -> None:
    """Whatever they are made of."""
    assert answer(target) == b"served"


def test_a_factory_is_called_for_each_address() -> None:
    """Each has a server of its own."""
    application = Application(factory, "app:factory")
    assert application.make_server() is not application.make_server()


def test_a_server_is_served_on_one_address() -> None:
    """It listens only once; the message knows what to do."""
    application = Application(create_server(), "app:server")
    application.make_server()
    with pytest.raises(ApplicationError, match="app:server is one server") as caught:
        application.make_server()
    assert caught.value.status == 4
    assert "name a function that makes one" in str(caught.value)


# ---------------------------------------------------------------- what cannot


async def coroutine(socket: Socket) -> None:
    """No listener."""


async def coroutine_factory() -> Server:
    """No factory."""
    return create_server()


def generator(socket: Socket) -> Iterator[Socket]:
    """No listener: calling it runs nothing."""
    yield socket


def of_two(first: object, second: object) -> None:
    """Takes too much."""


def by_keyword(*, socket: Socket) -> None:
    """Cannot be called with a socket."""


def returning_nothing() -> None:
    """Was it meant to be a listener?"""


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (3, "neither a function nor a gnet.Server, but of type int"),
        (None, "of type NoneType"),
        (coroutine, "coroutine function, which nothing here would await"),
        (coroutine_factory, "coroutine function, which nothing here would await"),
        (generator, "generator function"),
        (of_two, "cannot be called with one argument"),
        (by_keyword, "cannot be called with one argument"),
        (returning_nothing, "returned None; a connection listener takes one"),
    ],
)
def test_what_cannot_be_served_is_told(target: object, words: str) -> None:
    """With exit code 4, and the target's name."""
    error = refusal(target)
    assert error.status == 4
    assert "app:target" in str(error)
    assert words in str(error)


@pytest.mark.parametrize("made", [False, True])
def test_a_server_that_listens_already_is_refused(made: bool) -> None:
    """Where it listens is not the application's affair."""
    with create_server() as server:
        wait_event(server.listen(0), "listening")
        error = refusal((lambda: server) if made else server)
        assert error.status == 4
        assert "a server that listens already" in str(error)


def test_a_factory_that_raises_is_told_with_its_traceback() -> None:
    """Exit code 1: the first line says what, the rest where."""

    def failing() -> Server:
        raise RuntimeError("no database")

    error = refusal(failing)
    first, *rest = str(error).splitlines()
    assert error.status == 1
    assert first == "app:target() raised: RuntimeError: no database"
    assert any('raise RuntimeError("no database")' in line for line in rest)


def test_a_factory_that_exits_has_failed() -> None:
    """An exit code of its own would be taken for one of ours."""

    def leaving() -> Server:
        sys.exit(6)

    assert refusal(leaving).status == 1


def test_a_factory_is_left_at_once_when_told_to_stop() -> None:
    """A signal is no failure of the application's."""

    def stopped() -> Server:
        raise Stopped(0)

    with pytest.raises(Stopped):
        Application(stopped, "app:stopped").make_server()


# ---------------------------------------------------------------- loading


def test_the_module_is_looked_for_in_the_directory_first(tmp_path: Path, module: str) -> None:
    """Before all other places."""
    write_app(tmp_path / "other", "raise RuntimeError", f"{module}.py")
    write_app(tmp_path / "right", name=f"{module}.py")
    sys.path.insert(0, str(tmp_path / "other"))
    load(f"{module}:on_connection", str(tmp_path / "right"))
    assert sys.path[0] == str(tmp_path / "right")


def test_the_directory_may_be_relative(
    tmp_path: Path, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To where the process was started."""
    write_app(tmp_path / "inner", name=f"{module}.py")
    monkeypatch.chdir(tmp_path)
    load(f"{module}:on_connection", "inner")
    assert sys.path[0] == str(tmp_path / "inner")


def test_the_callable_may_be_deeper_down(tmp_path: Path, module: str) -> None:
    """A module in a package, an attribute of an attribute."""
    code = "class Handler:\n    @staticmethod\n    def on_connection(socket):\n        pass\n"
    write_app(tmp_path, "", f"{module}/__init__.py")
    write_app(tmp_path, code, f"{module}/inner.py")
    loaded = load(f"{module}.inner:Handler.on_connection", str(tmp_path))
    assert loaded.name == f"{module}.inner:Handler.on_connection"


@pytest.mark.parametrize("spec", ["", "app", "app:", ":f", ":"])
def test_a_spec_without_both_parts_is_told(spec: str, tmp_path: Path) -> None:
    """It names no callable."""
    error = load_refusal(spec, tmp_path)
    assert error.status == 4
    assert "expected MODULE:CALLABLE" in str(error)


def test_a_module_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With where it was looked for, and what may have been meant."""
    write_app(tmp_path, name="my_application.py")
    error = load_refusal("my_aplication:f", tmp_path)
    assert error.status == 3
    assert str(error) == (
        f"no module 'my_aplication' in {tmp_path}, nor elsewhere; did you mean 'my_application'?"
    )


@pytest.mark.parametrize("name", ["nowhere_at_all", "nowhere.at.all", ".nowhere", "./no", "no..no"])
def test_a_name_of_no_module_is_told_as_such(name: str, tmp_path: Path) -> None:
    """Also one that importlib would take for something else."""
    assert load_refusal(f"{name}:f", tmp_path).status == 3


def test_a_module_that_is_missing_in_a_package_is_told(tmp_path: Path, module: str) -> None:
    """The package is there."""
    write_app(tmp_path, "", f"{module}/__init__.py")
    error = load_refusal(f"{module}.inner:f", tmp_path)
    assert error.status == 3
    assert f"{module}.inner" in str(error)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("from os import nothing_such", "ImportError: cannot import name"),
        ("def f(:", "SyntaxError: "),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_module_that_fails_is_told_with_its_traceback(
    code: str, words: str, tmp_path: Path, module: str
) -> None:
    """Exit code 1, also if what is missing is another module; without our own frames."""
    write_app(tmp_path, f"{code}\n", f"{module}.py")
    error = load_refusal(f"{module}:f", tmp_path)
    first, *rest = str(error).splitlines()
    assert error.status == 1
    assert first.startswith(f"module {module} cannot be imported: {words}")
    assert any(f"{module}.py" in line for line in rest)
    assert not any("application.py" in line or "importlib" in line for line in rest)


def test_a_callable_that_is_not_there_is_told(tmp_path: Path, module: str) -> None:
    """With what may have been meant; also deeper down."""
    write_app(tmp_path, name=f"{module}.py")
    error = load_refusal(f"{module}:on_conection", tmp_path)
    assert error.status == 4
    assert str(error) == f"{module} has no 'on_conection'; did you mean 'on_connection'?"
    deeper = load_refusal(f"{module}:on_connection.x", tmp_path)
    assert str(deeper).startswith(f"{module}.on_connection has no 'x'")


def test_a_module_is_left_at_once_when_told_to_stop(tmp_path: Path, module: str) -> None:
    """A signal that comes during the import is no failure of the module's."""
    code = "from gnet.serving.application import Stopped\nraise Stopped(0)\n"
    write_app(tmp_path, code, f"{module}.py")
    with pytest.raises(Stopped):
        load(f"{module}:f", str(tmp_path))
