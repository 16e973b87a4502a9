"""The access log: one line for each connection that has ended."""

from __future__ import annotations

import logging

from gnet.serving.service import Connection

__all__ = ["AccessLog"]


class AccessLog:
    """Logs, at level info, who was connected to what, for how long, how much went, how it ended.

    As text ``203.0.113.7:49152 tcp://0.0.0.0:4000 0.012s in=64 out=128 end``: peer, address that
    was listened on, duration, bytes received, bytes written by the application, outcome (see
    `Connection.outcome`). In JSON the same as fields: ``peer``, ``listen``, ``duration`` in
    seconds, ``bytes_in``, ``bytes_out``, ``outcome``. Nothing that a peer has sent is among it.

    Args:
        logger: Where to. By default ``gnet.access``, which then logs from info on, whatever the
            level of the others: who asks for this log wants to see it.
    """

    def __init__(self, logger: logging.Logger | None = None) -> None:
        if logger is None:
            logger = logging.getLogger("gnet.access")
            if logger.level == logging.NOTSET:
                logger.setLevel(logging.INFO)
        self._logger = logger

    def opened(self, connection: Connection) -> None:
        """Ask who it is: at the end it could not be told any more."""
        connection.peer  # noqa: B018  # the socket remembers it

    def closed(self, connection: Connection) -> None:
        """Log it."""
        socket = connection.socket
        fields = {
            "peer": connection.peer,
            "listen": connection.endpoint.name,
            "duration": round(connection.duration, 6),
            "bytes_in": socket.bytes_read,
            "bytes_out": socket.bytes_written,
            "outcome": connection.outcome,
        }
        self._logger.info(
            "%(peer)s %(listen)s %(duration).3fs in=%(bytes_in)d out=%(bytes_out)d %(outcome)s",
            fields,
            extra={"fields": fields},
        )
