"""Serving in this process: what ``gnet serve`` does without ``--workers``."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import gevent
from gevent.hub import get_hub

from gnet import kernel
from gnet.serving import logs
from gnet.serving.addresses import open_listeners
from gnet.serving.application import load
from gnet.serving.service import Service
from gnet.serving.settings import Settings
from gnet.serving.watching import Watching

__all__ = ["drain", "serve"]

#: Seconds for what the application does at exit. Python waits for its threads, too, which may not
#: end; a signal that comes later than that ends the process.
_FOR_EXIT = 1.0

_log = logging.getLogger("gnet.serve")


def serve(settings: Settings, *, lent: bool = False) -> int:
    """Serve until told to stop, or until the application has closed all its servers.

    Args:
        settings: What to serve, and how.
        lent: The sockets are those of a process that starts another after this: what waits there
            is for that one. It hears the terminal's SIGINT, too, and tells this one by SIGTERM.
    Returns:
        The exit code: 0, or 1 if accepting failed for good.
    Raises:
        ApplicationError: There is nothing to serve.
        ListenError: It cannot be served there.
        WatchError: It cannot be watched as the settings say.
    """
    logs.log_unhandled(get_hub())
    atexit.register(_ignore_signals)  # the first one runs last
    with contextlib.ExitStack() as undo:
        watching = Watching(settings)
        undo.callback(watching.stop)
        # Before the application, which may take long to load: who connects then waits.
        listeners = open_listeners(
            settings.listen, settings.backlog, reuse_port=settings.reuse_port, undo=undo
        )
        with _signals_wake_the_loop():
            application = load(settings.application, settings.app_dir)
        service = Service(
            application,
            backlog=settings.backlog,
            max_connections=settings.max_connections,
            idle_timeout=settings.idle_timeout,
            observers=watching.observers,
        )
        heard = (signal.SIGTERM,) if lent else (signal.SIGTERM, signal.SIGINT)
        signals = [gevent.signal_handler(number, service.stop) for number in heard]
        for listener, file in listeners:
            service.listen(listener, file=file, shared=lent)
        watching.start(service)
        undo.pop_all()  # from now on they are the service's
    for endpoint in service.endpoints:
        _log.info("listening on %s", endpoint.name)
    service.wait()
    status = drain(service, settings.drain_timeout)
    watching.stop()
    ended = time.monotonic()

    def leave(_number: int, _frame: object) -> None:
        if time.monotonic() - ended > _FOR_EXIT:
            os._exit(status)

    for each in signals:
        each.cancel()
    for number in (signal.SIGTERM, signal.SIGINT):  # both: the exit code is settled
        signal.signal(number, leave)
    return status


@contextlib.contextmanager
def _signals_wake_the_loop() -> Iterator[None]:
    """Have Python's own signal handlers run also if the loop is just about to wait for events.

    Python runs them between two of its instructions, and the signal that comes behind the last one
    before epoll_wait(2) would have to wait as long as the loop.
    """
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    watcher: Any = get_hub().loop.io(reading, 1, ref=False)
    watcher.start(lambda: os.read(reading, 4096))
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(-1)
        watcher.stop()
        watcher.close()
        for fd in (reading, writing):
            kernel.close(fd)


def _ignore_signals() -> None:
    """Keep the exit code: while Python is taken down it would leave signals to the system."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def drain(service: Service, timeout: float) -> int:
    """Drain, tell how that went, and return the exit code.

    Args:
        service: What was told to stop.
        timeout: How many seconds its connections have.
    """
    if service.failure is not None:
        _log.critical("accepting failed: %s", service.failure)
    service.stop_accepting()
    _log.info("draining: %d open, at most %g s", len(service.connections), timeout)
    cut = service.drain(timeout)
    _log.log(logging.WARNING if cut else logging.INFO, "stopped: %d reset", cut)
    return 0 if service.failure is None else 1
