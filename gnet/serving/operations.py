"""HTTP for those who run the service: ``/metrics``, ``/health`` and ``/live``, on an own port."""

from __future__ import annotations

import contextlib
import logging
import socket as stdlib_socket
from collections.abc import Callable, Iterable
from typing import Any

import gevent
from gevent import socket
from gevent.pool import Group
from gevent.pywsgi import WSGIServer

from gnet.kernel_options import accept_queue
from gnet.serving.metrics import Metrics
from gnet.serving.service import Service

__all__ = ["Operations"]

#: Seconds for one request, from the connection to the last byte of the answer.
REQUEST_TIMEOUT = 10.0

#: Requests at a time; more are cut off.
_MOST_REQUESTS = 64

#: Seconds after which a worker that drains answers what no other does.
_FOR_THE_OTHERS = 0.5

#: Seconds in which it accepts one, hardly more.
_FOR_ONE = 0.01

_PLAIN = "text/plain; charset=utf-8"

_Answer = tuple[str, str, bytes]  # status, type, content


class Operations:
    """Answers over HTTP how a service is.

    ``/metrics`` is for Prometheus. ``/health`` is 200 if new connections are welcome, and 503 from
    the moment on at which the service drains: for a load balancer, or a readiness probe. ``/live``
    is 200 as long as the process is able to say so: for a liveness probe. Each connection serves
    one request, of at most ten seconds.

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
        self._server = _HttpServer(
            # Whatever it was made with, from here on it is gevent's.
            socket.socket(listener.family, listener.type, fileno=listener.detach()),
            self._answer,
            # The name is for who builds URLs; by default it would be looked up.
            environ={"SERVER_NAME": "gnet", "wsgi.multiprocess": is_shared},
        )
        self._substitute: gevent.Greenlet[..., Any] | None = None

    def start(self) -> None:
        """Answer."""
        self._server.start()

    def hand_over(self) -> None:
        """Leave the requests to other processes, since this one drains, and they perhaps do not.

        Those that nobody else takes within half a second are answered all the same.
        """
        self._server.stop_accepting()
        self._substitute = gevent.spawn(self._stand_in)

    def _stand_in(self) -> None:
        server = self._server
        while True:
            gevent.sleep(_FOR_THE_OTHERS)
            if not _is_somebody_there(server):
                continue
            gevent.sleep(_FOR_THE_OTHERS)
            if _is_somebody_there(server):
                server.start_accepting()
                gevent.sleep(_FOR_ONE)
                server.stop_accepting()

    def close(self) -> None:
        """Answer no more."""
        if self._substitute is not None:
            self._substitute.kill()
        self._server.close()
        self._server.requests.kill()

    # ---------------------------------------------------------------- answers

    def _answer(self, environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        headers = []
        if method in ("GET", "HEAD"):
            status, kind, content = self._get(environ["PATH_INFO"], environ.get("HTTP_ACCEPT", ""))
        else:
            status, kind, content = "405 Method Not Allowed", _PLAIN, b"method not allowed\n"
            headers.append(("Allow", "GET, HEAD"))
        headers += [
            ("Content-Type", kind),
            ("Content-Length", str(len(content))),
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
        ]
        start(status, headers)
        return [content] if method != "HEAD" else []

    def _get(self, path: str, accept: str) -> _Answer:
        if path == "/metrics":
            return ("200 OK", *self._metrics.expose(accept))
        if path == "/health":
            if self._service.is_draining:
                return "503 Service Unavailable", _PLAIN, b"draining\n"
            return "200 OK", _PLAIN, b"ok\n"
        if path == "/live":
            return "200 OK", _PLAIN, b"ok\n"
        return "404 Not Found", _PLAIN, b"there are /metrics, /health and /live\n"


def _is_somebody_there(server: WSGIServer) -> bool:
    """Whether a request waits to be accepted; over TCP, on Linux, where that can be told."""
    queue = accept_queue(server.socket.fileno())
    return queue is not None and queue.length > 0


class _HttpServer(WSGIServer):
    """gevent's, with an end to each request.

    It has no pool: with one, gevent would begin to accept again on its own.
    """

    def __init__(self, listener: socket.socket, answer: Any, environ: dict[str, Any]) -> None:
        #: The greenlets that serve one.
        self.requests = Group()
        spawn: Any = self.requests.spawn
        errors = logging.getLogger("gnet.operations")
        super().__init__(listener, answer, spawn=spawn, log=None, error_log=errors, environ=environ)

    def handle(self, sock: socket.socket, address: Any) -> None:
        """Serve a connection, and cut it off if that takes too long."""
        if len(self.requests) > _MOST_REQUESTS:
            return
        timer = self.loop.timer(REQUEST_TIMEOUT)
        timer.start(_cut_off, sock)
        try:
            super().handle(sock, address)
        finally:
            timer.close()


def _cut_off(sock: socket.socket) -> None:
    """Have whoever reads or writes see the end. Runs in the hub."""
    with contextlib.suppress(OSError):  # it is over already
        sock.shutdown(stdlib_socket.SHUT_RDWR)
