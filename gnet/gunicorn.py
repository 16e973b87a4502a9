"""gunicorn's worker class for raw TCP: ``gunicorn -k gnet.gunicorn.NetWorker app:on_connection``.

gunicorn's arbiter supervises: it opens the listening sockets, forks the workers, replaces those
that end, reloads and upgrades. A worker serves on the sockets that it has inherited; its life here
is that of one `Service`, and what of gunicorn's settings means something to a connection is obeyed.
The other settings are gnet's own, from ``GNET_…`` variables.
"""

from __future__ import annotations

import logging
import mmap
import os
import signal
import sys
from collections.abc import Callable, MutableSequence
from typing import Any, ClassVar, NoReturn

import gevent
from gevent import monkey
from gevent.hub import get_hub
from gunicorn.workers.base import Worker

from gnet.dispatcher import in_hub
from gnet.serving import logs
from gnet.serving.addresses import ListenError
from gnet.serving.application import RAISED, Application, ApplicationError, Stopped
from gnet.serving.service import Connection, Service
from gnet.serving.settings import Settings, from_environment
from gnet.serving.single import drain
from gnet.serving.watching import WatchError, Watching, prepare_master

__all__ = ["NetWorker"]

#: The most seconds between two signs of life.
_HEARTBEAT = 1.0

#: What is left of gunicorn's graceful_timeout when connections are reset, as a share of it and at
#: most in seconds: at its end the arbiter kills, and then nobody counts what is cut.
_MARGIN, _MOST_MARGIN = 0.1, 1.0


class NetWorker(Worker):  # type: ignore[misc]  # gunicorn has no types
    """Serves an application on the arbiter's sockets.

    The callable is what ``gnet serve`` takes: a connection listener, or a factory of a `Server`.

    Of gunicorn's settings, ``timeout`` is for how long a listener may keep the CPU to itself;
    ``max_requests`` counts accepted connections; ``graceful_timeout`` is for connections to end,
    less a second or a tenth of it, in which the rest is reset and counted; ``worker_connections``,
    if it is not gunicorn's default, refuses more on each address. SIGTERM drains, once and for
    all; SIGQUIT and SIGINT reset at once.
    """

    #: Those of ``gnet serve --workers``; None where gunicorn's command line is all there is, and
    #: variables have the rest.
    given: ClassVar[Settings | None] = None

    #: Whether what waits at the sockets in the end is for somebody who comes after all workers.
    lent: ClassVar[bool] = False

    #: Where a worker of ``gnet serve`` leaves the exit code for the whole, as far as the arbiter
    #: has none for it: one byte that all processes share.
    verdict: ClassVar[MutableSequence[int] | mmap.mmap] = [0]

    alive: bool
    _application: Application | None = None
    _service: Service
    _watching: Watching

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse what cannot be served, and open what workers share, before one is started.

        Raises:
            RuntimeError: gunicorn tells it in a line, and exits with 1.
        """
        if cfg.is_ssl:
            raise RuntimeError("gnet.gunicorn.NetWorker serves plain TCP: leave out --certfile")
        try:
            prepare_master(
                cls._find_settings(),
                owner=(cfg.uid, cfg.gid),
                successors=cfg.env_orig,
                tell=log.info,
            )
        except (ValueError, WatchError, ListenError) as error:
            raise RuntimeError(error) from error

    @classmethod
    def _find_settings(cls) -> Settings:
        return cls.given or from_environment("gunicorn's")

    # ---------------------------------------------------------------- the beginning

    def init_process(self) -> None:
        """Become a worker, serve, and return when that is over."""
        monkey.patch_all()
        gevent.reinit()
        self._settings = self._find_settings()
        self._share_log()
        logs.log_unhandled(get_hub())
        super().init_process()

    @property
    def _name(self) -> str:
        return getattr(self.app, "app_uri", None) or "the application"

    def _share_log(self) -> None:
        """Have gnet's own lines written where gunicorn's are, unless somebody sees to them."""
        log = logging.getLogger("gnet")
        if not log.hasHandlers():
            log.handlers = list(self.log.error_log.handlers)
            log.setLevel(self.log.loglevel)
            log.propagate = False  # also if the application makes handlers of its own
            if "GNET_LOG_FORMAT" in os.environ:
                for handler in log.handlers:
                    handler.setFormatter(logs.formatter(self._settings.log_format))

    def load_wsgi(self) -> None:
        """Import the application. gunicorn calls it so."""
        try:
            target = self.app.wsgi()
            is_ready = isinstance(target, Application)
            self._application = target if is_ready else Application(target, self._name)
        except ApplicationError as error:
            self._refuse(error)
        except SyntaxError as error:
            if self.reloader is None:
                raise
            self.log.exception(error)
            if error.filename is not None:
                self.reloader.add_extra_file(error.filename)

    def _refuse(self, error: ApplicationError) -> NoReturn:
        """End with the status that keeps the arbiter from trying again."""
        self.log.critical("%s", error)
        self.verdict[0] = error.status
        sys.exit(self._BOOT_ERROR if error.status == RAISED else error.status)

    #: Arbiter.WORKER_BOOT_ERROR, which is also `application.NO_MODULE`.
    _BOOT_ERROR = 3

    # ---------------------------------------------------------------- serving

    def run(self) -> None:
        """Serve until told to stop, then drain."""
        if self._application is None:
            self._wait_for_change()
            return
        self._watching = Watching(
            self._settings,
            self.log.access_log if self.cfg.accesslog else None,
            own_queues=self.cfg.reuse_port if self.given is None else self.given.reuse_port,
        )
        self._service = service = self._make_service(self._application)
        signals = self._take_signals()
        heart = gevent.spawn(self._beat)
        try:
            for each in self.sockets:
                service.listen(getattr(each, "sock", each), shared=self.lent)
        except ApplicationError as error:
            self._refuse(error)
        self._watching.start(service)
        if not self.alive:  # told so while it was loading
            service.stop()
        service.wait()
        self.alive = False
        self._watching.hand_over()
        status = drain(service, self._drain_timeout)
        self._watching.stop()
        heart.kill()
        for each in signals:
            each.cancel()  # which makes the next one deadly
        for number in (signal.SIGTERM, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        if status:
            sys.exit(status)

    def _make_service(self, application: Application) -> Service:
        settings, observers = self._settings, list(self._watching.observers)
        if self.max_requests < sys.maxsize:
            observers.append(_Count(self.max_requests, self._recycle))
        connections = self.cfg.settings["worker_connections"]
        is_chosen = connections.value != connections.default
        return Service(
            application,
            backlog=self.cfg.backlog,
            max_connections=connections.value if is_chosen else settings.max_connections,
            idle_timeout=settings.idle_timeout,
            observers=observers,
        )

    @property
    def _drain_timeout(self) -> float:
        if self.given is not None:
            return self.given.drain_timeout
        patience: float = self.cfg.graceful_timeout
        return patience - min(_MOST_MARGIN, _MARGIN * patience)

    def _wait_for_change(self) -> None:
        """Serve nothing, until the reloader sees that the application was mended."""
        while self.alive and self.ppid == os.getppid():
            self.notify()
            gevent.sleep(self._heartbeat)

    # ---------------------------------------------------------------- the heart

    @property
    def _heartbeat(self) -> float:
        # Half the arbiter's patience is "self.timeout"; 0 if it never loses that.
        return min(_HEARTBEAT, self.timeout or _HEARTBEAT)

    def _beat(self) -> None:
        """Tell the arbiter that the loop turns, and see to what comes without a signal."""
        while True:
            self.notify()
            if self.ppid != os.getppid():
                if self.alive:
                    self.log.warning("the arbiter is gone: leaving")
                self._leave()
            if not self.alive and not self._service.is_told:  # so the reloader said it
                self._hurry()
            gevent.sleep(self._heartbeat)

    def _leave(self) -> None:
        """Drain. The arbiter says it again each second to whom it has too many of."""
        self.alive = False
        if not self._service.is_told:
            self._service.stop()

    def _hurry(self) -> None:
        """Drain without waiting, also if it waits already."""
        self._leave()
        self._service.stop()

    def _recycle(self) -> None:
        self.log.info("recycling after %d connections", self.max_requests)
        self._leave()

    # ---------------------------------------------------------------- signals

    def _take_signals(self) -> list[Any]:
        """Hear signals in greenlets of their own; but SIGABRT interrupts whatever runs."""
        handled: dict[signal.Signals, Callable[[], object]] = {
            signal.SIGTERM: self._leave,
            signal.SIGQUIT: self._quit,
            signal.SIGINT: self._quit,
            signal.SIGUSR1: self.log.reopen_files,
        }
        if self.given is not None:
            # A terminal's Ctrl-C goes to all processes, and the arbiter tells the workers.
            del handled[signal.SIGINT]
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        return [gevent.signal_handler(number, handle) for number, handle in handled.items()]

    def _quit(self) -> None:
        self.cfg.worker_int(self)
        self._hurry()

    # Until then gunicorn's handlers count, which run wherever the import of the application is.

    def handle_exit(self, _sig: int, _frame: object) -> None:
        """Leave at once: nothing is served yet."""
        self._stop_loading(lambda _worker: None)

    def handle_quit(self, _sig: int, _frame: object) -> None:
        """Do so, too."""
        self._stop_loading(self.cfg.worker_int)

    def _stop_loading(self, hook: Callable[[NetWorker], object]) -> None:
        self.alive = False
        if in_hub():  # where a hook must not block
            gevent.spawn(self._exit, hook)
        else:
            self._exit(hook)

    def _exit(self, hook: Callable[[NetWorker], object]) -> NoReturn:
        hook(self)
        raise Stopped(0)


class _Count:
    """Observes how many connections were accepted."""

    def __init__(self, most: int, then: Callable[[], object]) -> None:
        self._left = most
        self._then = then

    def opened(self, _connection: Connection) -> None:
        self._left -= 1
        if not self._left:
            self._then()

    def closed(self, _connection: Connection) -> None:
        pass
