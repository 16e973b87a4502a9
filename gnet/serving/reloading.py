"""``gnet serve --reload``: a process that starts the serving one anew whenever a file changes.

The listening sockets are this process's, and only lent: while nobody serves, connections wait in
the kernel, and none is refused. It knows nothing of gevent; three sources of events, a queue.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from gnet.serving.addresses import Address, open_listeners, parse
from gnet.serving.settings import Settings

__all__ = ["ReloadError", "lent_listeners", "reload"]

#: What the serving process is told by: the number of this process, then those of the sockets.
_VARIABLE = "GNET_RELOADER"

#: Seconds that connections have to end before the next process starts.
_DRAIN_S = 1.0
#: Seconds after which a process that is stuck is killed.
_PATIENCE_S = 5.0

_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h

#: Where tools and installed packages keep their Python files, beside what watchfiles knows.
_IGNORED = ("site-packages", "venv")

_log = logging.getLogger("gnet.reload")


class ReloadError(Exception):
    """Files cannot be watched."""


# ---------------------------------------------------------------- the serving process


def lent_listeners(environ: MutableMapping[str, str]) -> tuple[Address, ...]:
    """The sockets that this process shall serve on if it was started by `reload`, else none.

    From then on it ends with the process that has started it. What told it is taken away: it is
    meant for no process that the application starts.
    """
    told = environ.pop(_VARIABLE, None)
    if told is None:
        return ()
    parent, *numbers = told.split()
    _end_with(int(parent))
    sys.dont_write_bytecode = True  # a file changed twice in a second would be taken for unchanged
    return tuple(parse(f"fd:{number}") for number in numbers)


def _end_with(parent: int) -> None:
    """Have the system send a SIGTERM when the parent has gone, however it went (Linux)."""
    with contextlib.suppress(AttributeError):  # another system has no prctl(2)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)  # it has gone before that


# ---------------------------------------------------------------- the reloading process


def reload(settings: Settings, arguments: Sequence[str]) -> int:
    """Serve in a process of its own, and in another one whenever a file has changed.

    Args:
        settings: What to serve, and where.
        arguments: Those of the command line, to be given to the process that serves.
    Returns:
        The exit code of the last process.
    Raises:
        ReloadError: Files cannot be watched.
        ListenError: It cannot be served there.
    """
    directories = _directories(settings)
    changes = _watch(directories)
    with contextlib.ExitStack() as stack:
        listeners = open_listeners(
            settings.listen, settings.backlog, reuse_port=settings.reuse_port, undo=stack
        )
        numbers = [listener.fileno() for listener, _ in listeners]
        _log.info("watching %s", ", ".join(map(str, directories)))
        return _Reloader(arguments, numbers, Path(settings.app_dir).resolve()).run(changes)


def _directories(settings: Settings) -> list[Path]:
    """Where the application's files are: its directory, and its module's, if that is elsewhere."""
    place = Path(settings.app_dir).resolve()
    if not place.is_dir():
        raise ReloadError(f"--reload: there is no directory {place}")
    name = settings.application.partition(":")[0].partition(".")[0]
    try:
        found = None if _is_in(place, name) else importlib.util.find_spec(name)
    except (ImportError, ValueError):
        found = None  # the serving process will tell
    if found is None or not found.has_location:
        return [place]
    elsewhere = Path(found.origin or "").parent
    return [place] if elsewhere == place or place in elsewhere.parents else [place, elsewhere]


def _is_in(place: Path, name: str) -> bool:
    return (place / name).is_dir() or (place / f"{name}.py").is_file()


def _watch(directories: Sequence[Path]) -> Iterator[set[tuple[Any, str]]]:
    """Yield what has changed, whenever something has."""
    try:
        from watchfiles import Change, PythonFilter, watch
    except ImportError:
        raise ReloadError("--reload needs watchfiles: pip install watchfiles") from None

    # It tells how many files have changed, and we which.
    logging.getLogger("watchfiles").setLevel(logging.WARNING)

    class Filter(PythonFilter):
        ignore_dirs = (*PythonFilter.ignore_dirs, *_IGNORED)

        def __call__(self, change: Change, path: str) -> bool:
            if change is Change.added and os.path.isdir(path):
                # What was put there at once came before it could be watched.
                return any(self(change, str(file)) for file in Path(path).rglob("*.py"))
            # What is above the directories may have any name.
            inside = [each for each in directories if each in Path(path).parents]
            return super().__call__(change, os.path.relpath(path, inside[-1] if inside else "/"))

    return watch(*directories, watch_filter=Filter(), raise_interrupt=False)


class _Reloader:
    """Starts and stops the serving process.

    Args:
        arguments: Of the command line.
        numbers: Descriptors of the listening sockets.
        place: Paths are told relative to it.
    """

    def __init__(self, arguments: Sequence[str], numbers: Sequence[int], place: Path) -> None:
        self._command = [sys.executable, "-m", "gnet", *arguments]
        self._numbers = numbers
        self._place = place
        #: Signals by number, paths that have changed, processes that have ended, what has failed.
        self._events: queue.SimpleQueue[
            int | list[str] | subprocess.Popen[bytes] | BaseException
        ] = queue.SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_told_to_stop = False  # by a signal, once for all
        self._is_outdated = False  # a file has changed: the process is to be replaced

    def run(self, changes: Iterator[set[tuple[Any, str]]]) -> int:
        """Go on until told to stop; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _frame: self._events.put(number))
        threading.Thread(target=self._follow, args=[changes], daemon=True).start()
        self._start()
        while True:
            event = self._events.get()
            if isinstance(event, int):
                self._is_told_to_stop = True
                if self._process is None:
                    return 0
                self._process.terminate()  # once more if it is told so once more
            elif isinstance(event, list):
                self._on_change(event)
            elif isinstance(event, BaseException):
                self._on_failure(event)
            elif (status := self._on_end(event)) is not None:
                return status

    def _follow(self, changes: Iterator[set[tuple[Any, str]]]) -> None:
        """Queue what changes; in a thread of its own."""
        try:
            for change in changes:
                self._events.put(sorted({path for _, path in change}))
        except Exception as error:  # such as too many directories
            self._events.put(error)

    def _start(self) -> None:
        self._is_outdated = False
        told = " ".join(map(str, [os.getpid(), *self._numbers]))
        process = self._process = subprocess.Popen(
            self._command, env={**os.environ, _VARIABLE: told}, pass_fds=self._numbers
        )

        def wait() -> None:
            process.wait()
            self._events.put(process)

        threading.Thread(target=wait, daemon=True).start()

    def _on_change(self, paths: list[str]) -> None:
        if self._is_told_to_stop:
            return
        _log.info("changed: %s", self._named(paths))
        if self._process is None:
            self._start()
        elif not self._is_outdated:  # else the next one will see this change, too
            self._is_outdated = True
            self._replace(self._process)

    def _named(self, paths: list[str]) -> str:
        names = [os.path.relpath(path, self._place) for path in paths[:3]]
        more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
        return ", ".join(names) + more

    def _replace(self, process: subprocess.Popen[bytes]) -> None:
        """Stop a process: politely, then at once, then by force."""

        def insist() -> None:
            for period, stop in ((_DRAIN_S, process.terminate), (_PATIENCE_S, process.kill)):
                try:
                    process.wait(period)
                except subprocess.TimeoutExpired:
                    stop()

        process.terminate()
        threading.Thread(target=insist, daemon=True).start()

    def _on_end(self, process: subprocess.Popen[bytes]) -> int | None:
        """See a process ended; the exit code, if that was the last one."""
        status = process.returncode
        self._process = None
        if self._is_told_to_stop:
            # One that was told before it could listen to signals is ended by the first of them.
            if -status in (signal.SIGTERM, signal.SIGINT):
                return 0
            return status if status >= 0 else 1
        if self._is_outdated:
            self._start()
        else:
            _log.warning("ended with exit code %d: waiting for a change", status)
        return None

    def _on_failure(self, error: BaseException) -> NoReturn:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        raise ReloadError(f"--reload: files cannot be watched: {error}") from error
