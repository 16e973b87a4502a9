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

__all__ = ["Application", "ApplicationError", "load"]

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
        elif _takes_nothing(target):
            self._make = target
        else:
            try:
                check_listener(target)
            except TypeError as error:
                raise ApplicationError(NO_CALLABLE, f"{name}: {error}") from error
            self._make = lambda: create_server(target)

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
            return self._servers_left.pop()
        try:
            made = self._make()
        except Exception as error:
            raise ApplicationError(RAISED, _told(f"{self.name}() raised", error)) from error
        if not isinstance(made, Server):
            raise ApplicationError(
                NO_CALLABLE,
                f"{self.name} takes no argument, and so was called to make a server, but returned "
                f"{made!r}; a connection listener takes one, the socket",
            )
        if made.listening:
            raise ApplicationError(
                NO_CALLABLE, f"{self.name} returned a server that listens already: leave that to me"
            )
        return made


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
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if not (name == missing or name.startswith(f"{missing}.")):
            raise ApplicationError(
                RAISED, _told(f"module {name} cannot be imported", error)
            ) from error
        near = [path.stem for path in Path(place).glob("*.py")]
        raise ApplicationError(
            NO_MODULE, f"no module {missing!r} in {place}, nor elsewhere{_guess(missing, near)}"
        ) from error
    except (Exception, SystemExit) as error:  # whatever a module does while it is imported
        raise ApplicationError(RAISED, _told(f"module {name} cannot be imported", error)) from error


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


def _takes_nothing(target: Callable[..., object]) -> bool:
    """Whether it can be called without an argument, which a listener cannot."""
    try:
        inspect.signature(target).bind()
    except (TypeError, ValueError):  # it needs arguments; nobody can say what it takes
        return False
    return True
