"""Who watches a service: access log, metrics, and the port on which it is asked how it is.

A process that serves makes a `Watching` of its settings before it opens anything else, hands its
observers to the service, and starts it when the service listens. A master whose workers do so
calls `prepare_master` once, before it forks.
"""

from __future__ import annotations

import atexit
import importlib.util
import logging
import os
import socket as stdlib_socket
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnet.serving import sharing
from gnet.serving.addresses import Address, SocketFile, open_listener, shown
from gnet.serving.service import Observer, Service
from gnet.serving.settings import Settings

if TYPE_CHECKING:
    from gnet.serving.metrics import Metrics
    from gnet.serving.operations import Operations

__all__ = ["WatchError", "Watching", "prepare_master"]

_BACKLOG = 128

#: Tells the successor of a master (SIGUSR2) what that has: pid, descriptor, 1 if the directory is
#: its own to remove, directory.
_INHERITED = "_GNET_METRICS"

_log = logging.getLogger("gnet.serve")


class WatchError(Exception):
    """It cannot be watched as the settings say; the text says why. A case of wrong usage."""


def _url(listener: stdlib_socket.socket) -> str:
    text = shown(listener)
    return text if text.startswith("unix:") else f"http://{text.partition('//')[2]}/metrics"


def _check_extra() -> None:
    try:
        missing = importlib.util.find_spec("prometheus_client") is None
    except ValueError:  # it is kept from being imported
        missing = True
    if missing:
        raise WatchError("--metrics needs prometheus-client: pip install prometheus-client")


class Watching:
    """What watches the service of this process.

    Args:
        settings: Whether there is an access log, and where the port for metrics is.
        access_logger: Where the access log goes, instead of to ``gnet.access``; then there is one
            whatever the settings say.
        own_queues: Whether this process has listening sockets, and so accept queues, that its
            siblings have not.
    Raises:
        WatchError: A library is missing.
        ListenError: The port for metrics cannot be opened.
    """

    def __init__(
        self,
        settings: Settings,
        access_logger: logging.Logger | None = None,
        *,
        own_queues: bool = False,
    ) -> None:
        #: Hear of the connections.
        self.observers: list[Observer] = []
        self._metrics: Metrics | None = None
        self._listener: stdlib_socket.socket | None = None
        self._operations: Operations | None = None
        self._file: SocketFile | None = None
        if settings.access_log or access_logger is not None:
            from gnet.serving.access import AccessLog

            self.observers.append(AccessLog(access_logger))
        if settings.metrics is not None:
            _check_extra()
            from gnet.serving.metrics import Metrics

            self._is_shared = _master is not None
            if _master is not None:
                self._listener = _master.lend()
            else:
                self._listener = open_listener(settings.metrics, _BACKLOG)
                self._file = SocketFile.of(settings.metrics)
            try:
                self._metrics = Metrics(own_queues=own_queues)
            except OSError as error:
                self.stop()
                raise _no_directory(error) from error
            self.observers.append(self._metrics)

    def start(self, service: Service) -> None:
        """Watch the service, which listens by now, and answer questions about it."""
        if self._metrics is None or self._listener is None:
            return
        from gnet.serving.operations import Operations

        name = _url(self._listener)
        self._metrics.watch(service)
        self._operations = Operations(
            self._listener, service, self._metrics, is_shared=self._is_shared
        )
        self._operations.start()
        if not self._is_shared:
            _log.info("metrics on %s", name)

    def hand_over(self) -> None:
        """In a worker that drains: leave questions to the others, who perhaps do not."""
        if self._operations is not None:
            self._operations.hand_over()

    def stop(self) -> None:
        """Answer no more, and write the last numbers."""
        if self._file is not None:
            self._file.remove()
            self._file = None
        if self._operations is not None:
            self._operations.close()
        elif self._listener is not None:
            self._listener.close()
        if self._metrics is not None:
            self._metrics.stop()
        if _master is not None:
            _master.clean_up_behind()


# ---------------------------------------------------------------- a master


@dataclass(frozen=True)
class _Master:
    """What a process has whose workers are watched; they inherit it."""

    pid: int
    listener: stdlib_socket.socket
    file: SocketFile | None
    directory: str
    is_own_directory: bool

    def lend(self) -> stdlib_socket.socket:
        """The listening socket for a worker, which has a place to write to then."""
        self.listener.set_inheritable(False)  # for a successor, not for what the application starts
        if self.is_own_directory:  # who cleans /dev/shm, or /tmp, must not stop the service
            os.makedirs(self.directory, 0o700, exist_ok=True)
        return self.listener.dup()

    def clean_up_behind(self) -> None:
        """In a worker that ends: remove the directory of a master that was killed."""
        if os.getppid() != self.pid and self.is_own_directory:
            sharing.leave(self.directory, remove=True)

    def leave(self) -> None:
        """Remove what was made, unless a successor uses it. Does nothing in a worker."""
        if os.getpid() == self.pid:
            is_last = sharing.leave(self.directory, remove=self.is_own_directory)
            if is_last and self.file is not None:
                self.file.remove()
            self.listener.close()


_master: _Master | None = None


def prepare_master(
    settings: Settings,
    *,
    owner: tuple[int, int] | None = None,
    successors: MutableMapping[str, str] | None = None,
    tell: Callable[[str, str], object] = _log.info,
) -> None:
    """Open, in the process that will fork workers, what these share: port and directory.

    Does nothing if there are no metrics, or if it was called before. What it makes is removed when
    the process exits.

    Args:
        settings: Those of the workers.
        owner: User and group that the workers will be, if they change that.
        successors: The environment in which a program is started that takes this one's place, and
            inherits its descriptors (SIGUSR2); it gets to know there what to take over.
        tell: Says where the metrics are, in place of the log.
    Raises:
        WatchError: A library is missing, or there is no place for the directory.
        ListenError: The port cannot be opened.
    """
    global _master
    if settings.metrics is None or (_master is not None and _master.pid == os.getpid()):
        return
    _check_extra()
    _master = _inherited(settings.metrics) or _made(settings.metrics, owner)
    os.environ[sharing.VARIABLE] = _master.directory
    atexit.register(_master.leave)
    if successors is not None:
        _master.listener.set_inheritable(True)
        told = _master.pid, _master.listener.fileno(), int(_master.is_own_directory)
        os.environ[_INHERITED] = ":".join(map(str, (*told, _master.directory)))
        successors[_INHERITED] = os.environ[_INHERITED]
    tell("metrics on %s", _url(_master.listener))


def _made(address: Address, owner: tuple[int, int] | None) -> _Master:
    listener = open_listener(address, _BACKLOG)
    file = SocketFile.of(address)
    given = sharing.directory()
    try:
        directory = given or sharing.make_directory()
        if not given and owner is not None and os.geteuid() == 0:
            os.chown(directory, *owner)
        sharing.join(directory)
    except OSError as error:
        if file is not None:
            file.remove()
        listener.close()
        raise _no_directory(error) from error
    return _Master(os.getpid(), listener, file, directory, given is None)


def _no_directory(error: OSError) -> WatchError:
    return WatchError(f"the workers' metrics need a directory, see {sharing.VARIABLE}: {error}")


def _inherited(address: Address) -> _Master | None:
    """What the process had that has started this one in its own place, if that is so."""
    parts = os.environ.pop(_INHERITED, "").split(":", 3)
    # Only gunicorn's arbiter replaces itself; it says so by this. Who else has got the text by
    # inheritance was started by somebody else, and has not got the descriptor.
    if len(parts) != 4 or parts[0] != os.environ.get("GUNICORN_PID"):
        return None
    listener = stdlib_socket.socket(fileno=int(parts[1]))
    try:
        sharing.join(parts[3])
    except OSError as error:
        raise _no_directory(error) from error
    return _Master(os.getpid(), listener, SocketFile.of(address), parts[3], parts[2] == "1")
