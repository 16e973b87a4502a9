"""The statistics of a server under load over HTTP, in its process and on its loop.

``GET /`` tells them, ``POST /pause?msecs=N`` has the server leave connections in the kernel's
queue for so long. `loadtests.statistics_client` is the other side.
"""

from __future__ import annotations

import json
import math
import socket
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

from loadtests.agreement import MOST_PAUSE_MSECS
from loadtests.kernel import KernelError
from loadtests.servers.base import LoadedServer

__all__ = ["StatisticsServer"]

#: Where to reach what listens on every address of this machine.
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class _RefusedError(Exception):
    """A request is not answered as asked: with this status and text instead."""

    def __init__(self, status: str, text: str) -> None:
        super().__init__(text)
        self.status = status


class StatisticsServer:
    """Tells a server's statistics over HTTP.

    Args:
        server: The server.
        host: IP address to listen on.
        port: Port; 0 lets the system choose.
    """

    def __init__(self, server: LoadedServer, host: str, port: int) -> None:
        self._server = server
        self._host = host
        listener: Any = (host, port)
        self._http = WSGIServer(listener, self._answer, log=None, spawn=Pool())

    def start(self) -> None:
        """Listen. Raises ``OSError``."""
        self._http.start()
        # Accepted sockets inherit it. An answer goes out in two pieces, and the second one would
        # wait for the client's delayed acknowledgement of the first: 40 ms for each answer.
        self._http.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def stop(self) -> None:
        """Listen no more, and leave nobody on a connection that was kept open."""
        self._http.stop(timeout=0)

    @property
    def url(self) -> str:
        """Where the statistics are to be had, from this machine if it listens everywhere."""
        host = _LOOPBACK.get(self._host, self._host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self._http.server_port}/"

    def _answer(
        self, environ: dict[str, Any], start_response: Callable[..., object]
    ) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        try:
            body = json.dumps(self._route(environ)).encode()
            status, kind = "200 OK", "application/json"
        except _RefusedError as refused:
            body = f"{refused}\n".encode()
            status, kind = refused.status, "text/plain; charset=utf-8"
        start_response(status, [("Content-Type", kind), ("Cache-Control", "no-store")])
        return [body]

    def _route(self, environ: dict[str, Any]) -> dict[str, Any]:
        request = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if request == ("GET", "/"):
            return self._tell()
        if request == ("POST", "/pause"):
            self._server.pause(_parse_msecs(environ["QUERY_STRING"]))
            return {"paused": True}
        raise _RefusedError(
            "404 Not Found",
            f"nothing answers {' '.join(request)}; there are GET / and POST /pause?msecs=N",
        )

    def _tell(self) -> dict[str, Any]:
        try:
            return self._server.statistics().to_dict()
        except KernelError as error:
            raise _RefusedError("501 Not Implemented", str(error)) from error


def _parse_msecs(query: str) -> float:
    """The milliseconds in a query; raise ``_RefusedError`` if there are none."""
    text = parse_qs(query).get("msecs", [""])[-1]
    try:
        msecs = float(text)
    except ValueError:
        msecs = math.nan
    if not 0 <= msecs <= MOST_PAUSE_MSECS:  # which is no number's case, either
        raise _RefusedError(
            "400 Bad Request",
            f"msecs must be a number of milliseconds from 0 to {MOST_PAUSE_MSECS}, not {text!r}; "
            "write for example /pause?msecs=500",
        )
    return msecs
