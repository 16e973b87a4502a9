"""HTTP for those who run the service: ``/metrics``, ``/health`` and ``/live``, on an own port."""

from __future__ import annotations

import contextlib
import logging
import socket as stdlib_socket
from typing import TYPE_CHECKING, Any

import gevent
from gevent import socket
from gevent.pool import Group
from gevent.pywsgi import LoggingLogAdapter, WSGIHandler, WSGIServer

from gnet.kernel_options import accept_queue
from gnet.serving.metrics import Metrics
from gnet.serving.service import Service

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Operations"]

#: Seconds for one request, from the connection to the last byte of the answer.
REQUEST_TIMEOUT = 10.0
#: Requests at a time; more are cut off.
MOST_REQUESTS = 64
#: Seconds after which a worker that drains answers what no other does.
FOR_THE_OTHERS = 0.5

#: Seconds in which it accepts one, hardly more.
_FOR_ONE = 0.01

_PLAIN = "text/plain; charset=utf-8"

_log = logging.getLogger("gnet.operations")


class Operations:
    """Answers over HTTP how a service is.

    ``/metrics`` is for Prometheus. ``/health`` is 200 if new connections are welcome, and 503 from
    the moment on at which the service drains: for a load balancer, or a readiness probe. ``/live``
    is 200 as long as the process is able to say so: for a liveness probe. A connection serves one
    request, and has ten seconds.

    Args:
        listener: Listens already; it is taken over.
        service: Who is asked about.
        metrics: Its metrics.
        is_shared: Whether other processes accept from it, too.
    """

    def __init__(
        self,
        listener: stdlib_socket.socket,
        service: Service,
        metrics: Metrics,
        *,
        is_shared: bool = False,
    ) -> None:
        self._service = service
        self._metrics = metrics
        self._server = _Server(
            # Whatever it was made with, from here on it is gevent's.
            socket.socket(listener.family, listener.type, fileno=listener.detach()),
            self._answer,
            is_shared=is_shared,
        )
        self._substitute: gevent.Greenlet[..., Any] | None = None

    @property
    def requests(self) -> int:
        """How many are being served now."""
        return len(self._server.requests)

    def start(self) -> None:
        """Answer."""
        self._server.start()

    def hand_over(self) -> None:
        """Leave the requests to other processes, since this one drains, and they perhaps do not.

        Those that nobody else takes within a second are answered all the same: over TCP, on Linux.
        """
        self._server.stop_accepting()
        self._substitute = gevent.spawn(self._stand_in)

    def _stand_in(self) -> None:
        while True:
            gevent.sleep(FOR_THE_OTHERS)
            if not self._is_somebody_waiting():
                continue
            gevent.sleep(FOR_THE_OTHERS)
            if self._is_somebody_waiting():
                self._server.start_accepting()
                gevent.sleep(_FOR_ONE)
                self._server.stop_accepting()

    def _is_somebody_waiting(self) -> bool:
        queue = accept_queue(self._server.socket.fileno())
        return queue is not None and queue.length > 0

    def close(self) -> None:
        """Answer no more."""
        if self._substitute is not None:
            self._substitute.kill()
        self._server.close()
        gevent.sleep(0)  # all have begun: one that is killed before does not close its connection
        self._server.requests.kill()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Be a WSGI application."""
        method = environ["REQUEST_METHOD"]
        headers = [("Cache-Control", "no-store"), ("Connection", "close")]
        if method in ("GET", "HEAD"):
            status, kind, content = self._get(environ["PATH_INFO"], environ.get("HTTP_ACCEPT", ""))
        else:
            status, kind, content = "405 Method Not Allowed", _PLAIN, b"method not allowed\n"
            headers.append(("Allow", "GET, HEAD"))
        headers += [("Content-Type", kind), ("Content-Length", str(len(content)))]
        start_response(status, headers)
        return [] if method == "HEAD" else [content]

    def _get(self, path: str, accept: str) -> tuple[str, str, bytes]:
        """Status, type and content."""
        if path == "/metrics":
            try:
                return ("200 OK", *self._metrics.expose(accept))
            except Exception:  # also of the application's own metrics
                _log.exception("the metrics cannot be told")
                return "500 Internal Server Error", _PLAIN, b"internal server error\n"
        if path == "/health" and self._service.is_draining:
            return "503 Service Unavailable", _PLAIN, b"draining\n"
        if path in ("/health", "/live"):
            return "200 OK", _PLAIN, b"ok\n"
        return "404 Not Found", _PLAIN, b"not found\n"


class _Handler(WSGIHandler):
    """gevent's, but silent: what clients do wrong is worth a debug message."""

    def read_request(self, raw_requestline: str) -> Any:
        """Raise ValueError for whatever is wrong; gevent prints a traceback of anything else."""
        try:
            return super().read_request(raw_requestline)
        except Exception as error:
            raise ValueError(str(error)) from error


class _Server(WSGIServer):
    """gevent's, with bounds: so many requests at a time, so long for each."""

    def __init__(
        self, listener: socket.socket, application: WSGIApplication, *, is_shared: bool
    ) -> None:
        self.requests = Group()
        # No pool: with one, gevent would begin to accept again on its own.
        spawn: Any = self.requests.spawn
        super().__init__(
            listener,
            application,
            spawn=spawn,
            log=None,
            error_log=LoggingLogAdapter(_log, logging.DEBUG),
            handler_class=_Handler,
            # Without a name gevent would ask the DNS for one.
            environ={"SERVER_NAME": "", "wsgi.multiprocess": is_shared},
        )

    def handle(self, sock: socket.socket, address: Any) -> None:
        """Serve a connection; the caller closes it."""
        if len(self.requests) > MOST_REQUESTS:
            return
        # Of other exceptions than GreenletExit the handler would tell the hub.
        limit = gevent.Timeout(REQUEST_TIMEOUT, gevent.GreenletExit)
        with limit, contextlib.suppress(OSError):
            super().handle(sock, address)
