"""From ``MODULE:CALLABLE`` to servers.

The callable is a connection listener, or a factory without parameters that returns a configured
`gnet.Server`; a server itself will do, too. What is wrong with it is told in one line that says
whose move it is.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gnet.checks import check_listener
from gnet.server import Server, create_server

__all__ = ["Application", "ApplicationError", "Stopped", "load"]

#: Exit codes of a process whose application cannot be served; the first two are gunicorn's, too:
#: they keep its arbiter from starting such a worker again and again.
RAISED, NO_MODULE, NO_CALLABLE = 1, 3, 4


class ApplicationError(Exception):
    """The application cannot be served.

    ``status`` is the exit code that tells why: 1 if it raised, and then the error is the cause and
    ``__str__`` has its traceback; 3 if there is no such module; 4 if there is no such callable, or
    it cannot be used.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Stopped(SystemExit):
    """Told to stop before there was anything to serve: what a module exits with is no failure."""


class Application:
    """What is served, and by how many servers.

    Args:
        target: A connection listener, a factory, or a server.
        name: How to call it in a message.
    Raises:
        ApplicationError: It is none of them.
    """

    def __init__(self, target: object, name: str) -> None:
        self.name = name
        self._servers_left: list[Server] = []
        self._make: Callable[[], object] | None = None
        if isinstance(target, Server):
            self._servers_left = [target]
        elif not callable(target):
            kind = type(target).__name__
            raise ApplicationError(
                NO_CALLABLE,
                f"{name} is neither a function nor a gnet.Server, but of type {kind}",
            )
        elif _may_be_called(target) and not _takes_any_number(target):
            if inspect.iscoroutinefunction(target):
                raise ApplicationError(
                    NO_CALLABLE, f"{name} is a coroutine function, which nothing here would await"
                )
            self._make = target
        else:
            self._make = lambda: create_server(target)
            _check_listener(target, name)

    def make_server(self) -> Server:
        """A server of the application that does not listen yet; for each address one.

        Raises:
            ApplicationError: The factory raised, or what it returned is no such server.
        """
        if self._make is None:
            if not self._servers_left:
                raise ApplicationError(
                    NO_CALLABLE,
                    f"{self.name} is one server, which listens on one address; for several, name a "
                    "function that makes one",
                )
            return self._unused(self._servers_left.pop(), "is")
        try:
            made = self._make()
        except Stopped:
            raise
        except (Exception, SystemExit) as error:
            raise ApplicationError(RAISED, _told(f"{self.name}() raised", error)) from error
        if not isinstance(made, Server):
            raise ApplicationError(
                NO_CALLABLE,
                f"{self.name} takes no argument, and so was called to make a server, but returned "
                f"{made!r}; a connection listener takes one, the socket",
            )
        return self._unused(made, "returned")

    def _unused(self, server: Server, verb: str) -> Server:
        if server.listening:
            raise ApplicationError(
                NO_CALLABLE,
                f"{self.name} {verb} a server that listens already: leave that to gnet serve",
            )
        return server


def load(spec: str, directory: str) -> Application:
    """Import the application.

    Args:
        spec: ``MODULE:CALLABLE``; the callable may be an attribute of an attribute.
        directory: Where to look for the module before the usual places.
    Raises:
        ApplicationError: It cannot be imported, or cannot be used.
    """
    module_name, colon, path = spec.partition(":")
    if not (module_name and colon and path):
        raise ApplicationError(
            NO_CALLABLE,
            f"{spec!r} names no callable: expected MODULE:CALLABLE, as app:on_connection",
        )
    place = str(Path(directory).resolve())
    if sys.path[:1] != [place]:
        sys.path.insert(0, place)
    target: Any = _import(module_name, place)
    for index, name in enumerate(path.split(".")):
        try:
            target = getattr(target, name)
        except AttributeError:
            owner = ".".join([module_name, *path.split(".")[:index]])
            raise ApplicationError(
                NO_CALLABLE, f"{owner} has no {name!r}{_guess(name, dir(target))}"
            ) from None
    return Application(target, spec)


def _import(name: str, place: str) -> Any:
    if not all(name.split(".")):  # a relative one, or a path
        raise _no_module(name, place)
    try:
        return importlib.import_module(name)
    except Stopped:
        raise
    except (Exception, SystemExit) as error:  # whatever a module does while it is imported
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing and (name == missing or name.startswith(f"{missing}.")):
            raise _no_module(missing, place) from error
        raise ApplicationError(RAISED, _told(f"module {name} cannot be imported", error)) from error


def _no_module(name: str, place: str) -> ApplicationError:
    near = [path.stem for path in Path(place).glob("*.py")]
    return ApplicationError(
        NO_MODULE, f"no module {name!r} in {place}, nor elsewhere{_guess(name, near)}"
    )


def _guess(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _told(what: str, error: BaseException) -> str:
    """One line, and the traceback from where the application's own code begins."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "importlib" not in frame.filename][1:]
    trace = "".join(traceback.format_list(own))
    last = "".join(traceback.format_exception_only(error))
    return f"{what}: {last.strip().splitlines()[-1]}\n{trace}{last}".rstrip()


def _may_be_called(target: Callable[..., object], *arguments: object) -> bool:
    """Whether it takes such arguments. A listener needs one."""
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):  # nobody can say what it takes: it is a listener
        return bool(arguments)
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True


def _takes_any_number(target: Callable[..., object]) -> bool:
    """Whether it takes ``*args``, as a decorator's wrapper does: a listener, more likely."""
    parameters = inspect.signature(target).parameters.values()
    return any(each.kind is each.VAR_POSITIONAL for each in parameters)


def _check_listener(target: Callable[..., object], name: str) -> None:
    try:
        check_listener(target)
    except TypeError as error:
        raise ApplicationError(NO_CALLABLE, f"{name}: {error}") from error
    if inspect.isgeneratorfunction(target):
        raise ApplicationError(
            NO_CALLABLE, f"{name} is a generator function, which nothing here would run"
        )
    if not _may_be_called(target, None):
        raise ApplicationError(
            NO_CALLABLE, f"{name} cannot be called with one argument, the socket, nor with none"
        )
