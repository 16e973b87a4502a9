"""HTTP for those who run the service: ``/metrics``, ``/health`` and ``/live``, on an own port.

It is as much of HTTP as that takes: a head is read, an answer is written, the connection closed.
"""

from __future__ import annotations

import contextlib
import logging
import re
import socket as stdlib_socket
from http import HTTPStatus
from typing import Any

import gevent
from gevent import socket
from gevent.pool import Group
from gevent.server import StreamServer

from gnet.kernel_options import accept_queue
from gnet.serving.metrics import Metrics
from gnet.serving.service import Service

__all__ = ["Operations"]

#: Seconds for one request, from the connection to the last byte of the answer.
REQUEST_TIMEOUT = 10.0
#: Requests at a time; more are cut off.
MOST_REQUESTS = 64
#: Seconds after which a worker that drains answers what no other does.
FOR_THE_OTHERS = 0.5

#: Seconds in which it accepts one, hardly more.
_FOR_ONE = 0.01
#: Seconds for the peer to close after the answer. Who closes first may destroy what is under way.
_FOR_THE_END = 1.0

_MOST_OF_A_HEAD = 16384
_TOO_LONG = "TOO LONG"  # instead of a head
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_REQUEST = re.compile(r"(?P<method>[A-Z]+) (?P<path>/[^ ?#]*)[^ ]* HTTP/1\.\d")
_ACCEPT = re.compile(r"^accept:(.*)$", re.IGNORECASE | re.MULTILINE)

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
        self._requests = Group()
        # No pool: with one, gevent would begin to accept again on its own.
        spawn: Any = self._requests.spawn
        self._server = StreamServer(
            # Whatever it was made with, from here on it is gevent's.
            socket.socket(listener.family, listener.type, fileno=listener.detach()),
            self._serve,
            spawn=spawn,
        )
        if is_shared:
            self._server.max_accept = 1
        self._substitute: gevent.Greenlet[..., Any] | None = None

    @property
    def requests(self) -> int:
        """How many are being served now."""
        return len(self._requests)

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
        self._requests.kill()

    # ---------------------------------------------------------------- a request

    def _serve(self, sock: socket.socket, _address: Any) -> None:
        if len(self._requests) > MOST_REQUESTS:
            return
        with _at_most(REQUEST_TIMEOUT), contextlib.suppress(OSError):
            head = _read_head(sock)
            if head is None:
                return
            sock.sendall(self._answer(head))
            sock.shutdown(stdlib_socket.SHUT_WR)
            with _at_most(_FOR_THE_END):
                while sock.recv(_MOST_OF_A_HEAD):
                    pass

    def _answer(self, head: str) -> bytes:
        request = _REQUEST.match(head)
        headers = {}
        kind, content = _PLAIN, b""
        if request is None:
            status = 431 if head == _TOO_LONG else 400
        elif request["method"] not in ("GET", "HEAD"):
            status, headers = 405, {"Allow": "GET, HEAD"}
        else:
            accept = _ACCEPT.search(head)
            status, kind, content = self._get(request["path"], accept[1].strip() if accept else "")
        phrase = HTTPStatus(status).phrase
        content = content or f"{phrase.lower()}\n".encode()
        headers |= {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "Cache-Control": "no-store",
            "Connection": "close",
        }
        lines = [f"HTTP/1.1 {status} {phrase}", *map(": ".join, headers.items()), "", ""]
        is_head = request is not None and request["method"] == "HEAD"
        return "\r\n".join(lines).encode() + (b"" if is_head else content)

    def _get(self, path: str, accept: str) -> tuple[int, str, bytes]:
        """Status, type and content; the status' own text if that is empty."""
        if path == "/metrics":
            try:
                return (200, *self._metrics.expose(accept))
            except Exception:  # also of the application's own metrics
                _log.exception("the metrics cannot be told")
                return 500, _PLAIN, b""
        if path == "/health" and self._service.is_draining:
            return 503, _PLAIN, b"draining\n"
        if path in ("/health", "/live"):
            return 200, _PLAIN, b"ok\n"
        return 404, _PLAIN, b""


def _read_head(sock: socket.socket) -> str | None:
    """Up to the empty line, or `_TOO_LONG`; None if it has no end."""
    head = b""
    while not (end := _HEAD_END.search(head)):
        part = sock.recv(_MOST_OF_A_HEAD)
        if not part:
            return None
        head += part
        if len(head) > _MOST_OF_A_HEAD:
            return _TOO_LONG
    return head[: end.start()].replace(b"\r\n", b"\n").decode("latin-1")


def _at_most(seconds: float) -> gevent.Timeout:
    """What leaves a block after that time, without an error."""
    quiet: Any = False  # gevent's word for that
    return gevent.Timeout(seconds, quiet)
