"""Serving in several processes: what ``gnet serve --workers`` does.

The processes are gunicorn's: an arbiter, which opens the listening sockets and supervises, and
workers, `gnet.gunicorn.NetWorker`, which inherit them. Here is the arbiter's side, where it has to
behave as ``gnet serve`` does with one process. It never imports the application: a worker that is
started after a change sees the change.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import math
import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import Iterable
from typing import Any, NoReturn

from gevent import monkey
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from gnet.serving.addresses import Address, SocketFile, hold_port, open_listener, shown
from gnet.serving.application import Application, ApplicationError, load
from gnet.serving.settings import Settings
from gnet.serving.watching import prepare_master

__all__ = ["serve"]

_log = logging.getLogger("gnet.serve")

#: Seconds from the end of the drain to the end of a worker that is not to be killed.
_TO_LEAVE = 3

#: Seconds that an application may take to be imported, when it is tried before a reload, and
#: between two looks whether it has been.
_FOR_TRIAL, _BETWEEN_LOOKS = 60, 0.02

#: Where the arbiter that SIGUSR2 starts finds the listening sockets of the one before.
_INHERITED = "GUNICORN_FD"

#: What heartbeats are written to should be no disk, and may be all that can be written to.
_MEMORY = "/dev/shm"


def serve(settings: Settings, *, lent: bool = False) -> None:
    """Serve until told to stop; `SystemExit` has the exit code, also in each worker.

    Args:
        settings: What to serve, and how.
        lent: As for `gnet.serving.single.serve`.
    Raises:
        ListenError: It cannot be served there.
        WatchError: It cannot be watched as the settings say.
    """
    is_first = _INHERITED not in os.environ
    sockets = _Sockets(settings)
    try:
        arbiter = _Arbiter(_Served(settings, sockets, lent=lent))
        prepare_master(settings, successors=arbiter.cfg.env_orig)
    except BaseException:
        sockets.close(for_good=is_first)  # else the one before goes on serving on them
        raise
    arbiter.run()


class _Sockets:
    """What is listened on: by all workers together, or, with ``reuse_port``, by each on its own.

    Attributes:
        shared: The listening sockets that workers inherit.
        held: Sockets that hold the ports on which each worker listens on its own.
    """

    def __init__(self, settings: Settings) -> None:
        self.shared: list[socket.socket] = []
        self.held: list[socket.socket] = []
        self._backlog = settings.backlog
        self._files: list[SocketFile] = []
        own = [each for each in settings.listen if settings.reuse_port and _is_port(each)]
        inherited = os.environ.pop(_INHERITED, None)
        if inherited is None:
            self._open(settings, own)
        else:
            self._take_over(settings, map(int, inherited.split(",")))
        self._own = [
            dataclasses.replace(address, port=holder.getsockname()[1])
            for address, holder in zip(own, self.held, strict=False)
        ]
        for each in self.all:
            each.set_inheritable(True)  # by the arbiter that SIGUSR2 starts

    @property
    def all(self) -> list[socket.socket]:
        """Those of either kind."""
        return [*self.shared, *self.held]

    def _open(self, settings: Settings, own: list[Address]) -> None:
        try:
            for address in settings.listen:
                if address in own:
                    self.held.append(hold_port(address))
                else:
                    self.shared.append(open_listener(address, settings.backlog))
                    file = SocketFile.of(address)
                    self._files += [] if file is None else [file]
        except BaseException:
            self.close(for_good=True)
            raise

    def _take_over(self, settings: Settings, numbers: Iterable[int]) -> None:
        for number in numbers:
            each = socket.socket(fileno=number)
            listens = each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            (self.shared if listens else self.held).append(each)
        for address in settings.listen:
            with contextlib.suppress(OSError):  # removed since it was made
                file = SocketFile.of(address)
                self._files += [] if file is None else [file]

    def give_own(self, _arbiter: object, worker: Any) -> None:
        """Open those of a worker that has just been forked."""
        for each in self.held:
            each.close()
        own = [open_listener(each, self._backlog, reuse_port=True) for each in self._own]
        worker.sockets = [*self.shared, *own]

    def close(self, *, for_good: bool) -> None:
        """Accept no more here; the files go with the last one who listens."""
        files, self._files = self._files, []
        if for_good:
            for file in files:
                file.remove()
        for each in self.all:
            each.close()


def _is_port(address: Address) -> bool:
    return address.family in (socket.AF_INET, socket.AF_INET6)


class _Served(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """The settings as gunicorn's, and the application, which only workers load."""

    def __init__(self, settings: Settings, sockets: _Sockets, *, lent: bool) -> None:
        self.settings = settings
        self.lent = lent
        self.sockets = sockets
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn what it has to know. It asks again at each reload."""
        settings = self.settings
        chosen: dict[str, object] = {
            "worker_class": "gnet.gunicorn.NetWorker",
            "workers": settings.workers,
            "bind": [],  # the sockets are there already
            "backlog": settings.backlog,
            "graceful_timeout": math.ceil(settings.drain_timeout) + _TO_LEAVE,
            "post_fork": self.sockets.give_own,
            "logger_class": _Logger,
            "loglevel": settings.log_level,
            "default_proc_name": settings.application,
            "worker_tmp_dir": _MEMORY if os.access(_MEMORY, os.W_OK) else None,
            "control_socket_disable": True,  # its file would be all that is written
        }
        for name, value in chosen.items():
            if name in self.cfg.settings:  # this gunicorn knows it
                self.cfg.set(name, value)

    def load(self) -> Application:
        """Import the application, in a worker."""
        return load(self.settings.application, self.settings.app_dir)


class _Arbiter(Arbiter):  # type: ignore[misc]
    """gunicorn's arbiter, which drains at SIGINT, too, and waits no longer at the second signal."""

    app: _Served

    def __init__(self, app: _Served) -> None:
        super().__init__(app)
        self.LISTENERS = app.sockets.all
        self.worker_class.given = app.settings
        self.worker_class.lent = app.lent
        self._verdict = self.worker_class.verdict = mmap.mmap(-1, 1)
        # What SIGUSR2 starts: gunicorn would lose "-m gnet", and with it what is imported how.
        self.START_CTX["args"] = [sys.executable, *sys.orig_argv[1:]]
        self._is_ending = False  # no state: gunicorn's own are in its attributes

    def start(self) -> None:
        """Begin, and say where it listens."""
        super().start()
        for each in self.app.sockets.all:
            _log.info("listening on %s", shown(each))

    def signal(self, sig: int, frame: object) -> None:
        """Hear a signal."""
        is_ending = sig in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
        if os.getpid() != self.pid:  # a worker that was forked just now, and has nothing to lose
            if is_ending and sig != signal.SIGINT:
                os._exit(0)
        elif sig == signal.SIGINT and self.app.lent:
            pass  # whoever has lent the sockets hears it, too, and says it by SIGTERM
        elif is_ending and self._is_ending:
            for worker in list(self.WORKERS):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGQUIT)
        else:
            self._is_ending = self._is_ending or is_ending
            super().signal(sig, frame)

    def handle_int(self) -> None:
        """Drain, as at SIGTERM: it is what a terminal sends."""
        self.handle_term()

    def reload(self) -> None:
        """Start new workers and have the old ones drain, without waiting for them.

        gunicorn waits, and as long as connections live does nothing else, lest it tell them twice;
        ours take that well. And it tells the old ones before it knows whether the new ones will
        do, and ends if they don't: what cannot be served is not reloaded here.
        """
        if not self._is_servable():
            _log.error("not reloaded: the workers go on with what they have")
            return
        self._is_reloading = True
        try:
            super().reload()
        except _ReloadedError:
            pass
        finally:
            self._is_reloading = False

    _is_reloading = False

    def _is_servable(self) -> bool:
        """Whether the application, as it is now, makes a server: tried in a process of its own."""
        trial = os.fork()
        if not trial:
            _try(self.app)
        deadline = time.monotonic() + _FOR_TRIAL
        while time.monotonic() < deadline and not self._is_ending:
            ended, status = os.waitpid(trial, os.WNOHANG)
            if ended:
                return status == 0
            time.sleep(_BETWEEN_LOOKS)
        os.kill(trial, signal.SIGKILL)
        os.waitpid(trial, 0)
        if not self._is_ending:
            _log.error("the application takes longer than %d seconds to be imported", _FOR_TRIAL)
        return False

    def reap_workers(self) -> None:
        """See which workers have ended."""
        super().reap_workers()
        if self._is_reloading:
            raise _ReloadedError

    def halt(self, reason: str | None = None, exit_status: int = 0) -> None:
        """End, with the exit code that one process would have had."""
        super().halt(reason, self._verdict[0] if exit_status and self._verdict[0] else exit_status)

    def stop(self, graceful: bool = True) -> None:
        """Close the listening sockets, and end the workers."""
        self.LISTENERS = []  # gunicorn would remove files that may be a successor's by now
        self.app.sockets.close(for_good=self.reexec_pid == self.master_pid == 0)
        super().stop(graceful)


def _try(app: _Served) -> NoReturn:
    """Import the application as a worker would, and end with 0 if it can be served."""
    status = 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        monkey.patch_all()
        app.load().make_server()
        status = 0
    except ApplicationError as error:
        _log.critical("%s", error)
    finally:  # nothing else of the arbiter's runs here
        os._exit(status)


class _ReloadedError(Exception):
    """The new workers are there, and the old ones are told."""


class _Logger(Logger):  # type: ignore[misc]
    """gunicorn's lines among all others, in their format."""

    def setup(self, cfg: Any) -> None:
        """Take the process's log as it is."""
        self.cfg = cfg
        self.loglevel = self.LOG_LEVELS[cfg.loglevel]
        self.error_log = logging.getLogger("gunicorn")

    def info(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log it, unless it is about addresses, which gunicorn takes for HTTP's."""
        if not msg.startswith("Listening at: "):
            super().info(msg, *args, **kwargs)
