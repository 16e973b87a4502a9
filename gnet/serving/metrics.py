"""What Prometheus is told of a service. Needs the extra ``metrics``.

Counting is done in plain numbers, for speed; `Metrics.refresh` tells them to ``prometheus_client``
each second, less often with thousands of connections, and before they are read. With several
workers each writes its own to files of a directory that all share, and whoever is asked adds up:
see `gnet.serving.sharing`.
"""

from __future__ import annotations

import errno
import time
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import gevent
import prometheus_client
from gevent.hub import get_hub
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.exposition import choose_encoder

from gnet.serving import sharing
from gnet.serving.service import OUTCOMES, Connection, Endpoint, Service
from gnet.socket import Socket

__all__ = ["Metrics"]

#: Seconds from one measurement of the loop's lag to the next.
LAG_PERIOD = 0.25
#: After how many of them the numbers are told, for a worker that is killed. More if that takes
#: more than a share of all the time, since nothing else runs meanwhile: with ten thousand
#: connections some twenty milliseconds.
_LEAST_PERIODS, _MOST_PERIODS = 4, 60
_SHARE = 0.01

_LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

#: What else an error's code may be; any other is an exception of the application's.
_CODES = frozenset({*errno.errorcode.values(), "ABORT_ERR", "ENOTFOUND"})


class Metrics:
    """Counts a service's connections, and what goes through them.

    Args:
        registry: Where the metrics are; by default prometheus_client's own, in which those of the
            application and of the process are, too.
        own_queues: Whether each worker has a listening socket, and so an accept queue, of its own.
    """

    def __init__(
        self, registry: CollectorRegistry | None = None, *, own_queues: bool = False
    ) -> None:
        if sharing.directory() and not values.ValueClass._multiprocess:
            # It was imported before there was the directory. That counts from here on.
            values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]
        self._registry = registry = registry or prometheus_client.REGISTRY
        here: Any = {"registry": registry}
        at: Any = {"labelnames": ["listen"], **here}
        queue: Any = {"multiprocess_mode": "livesum" if own_queues else "livemostrecent", **at}
        self._open = Gauge(
            "gnet_connections_open",
            "Connections that are open now.",
            multiprocess_mode="livesum",
            **at,
        )
        self._accepted = Counter(
            "gnet_connections_accepted_total", "Connections that were taken.", **at
        )
        self._dropped = Counter(
            "gnet_connections_dropped_total",
            "Connections that were refused, by reason.",
            ["listen", "reason"],
            **here,
        )
        self._closed = Counter(
            "gnet_connections_closed_total",
            "Connections that have ended, by how.",
            ["listen", "outcome"],
            **here,
        )
        self._errors = Counter(
            "gnet_connection_errors_total",
            "Connections that an error has ended, by its code.",
            ["listen", "code"],
            **here,
        )
        self._received = Counter(
            "gnet_received_bytes_total", "Bytes received over connections.", **at
        )
        self._sent = Counter(
            "gnet_sent_bytes_total",
            "Bytes written to connections, those that still wait to be sent included.",
            **at,
        )
        self._queue_length = Gauge(
            "gnet_accept_queue_length",
            "Connections that wait in the kernel to be accepted.",
            **queue,
        )
        self._queue_maximum = Gauge(
            "gnet_accept_queue_maximum",
            "How many connections may wait in the kernel to be accepted.",
            **queue,
        )
        self._lag = Histogram(
            "gnet_loop_lag_seconds",
            "By how much the event loop was late, each quarter of a second.",
            buckets=_LAG_BUCKETS,
            **here,
        )
        self._counted: dict[str, _Counted] = defaultdict(_Counted)  # by listening address
        self._told: dict[tuple[Counter, tuple[str, ...]], int] = {}
        self._service: Service | None = None
        self._ticker: gevent.Greenlet[..., Any] | None = None

    # ---------------------------------------------------------------- an observer

    def opened(self, connection: Connection) -> None:
        """Count it."""
        self._counted[connection.endpoint.name].accepted += 1

    def closed(self, connection: Connection) -> None:
        """Count how it ended, and what went through it."""
        counted = self._counted[connection.endpoint.name]
        outcome = connection.outcome or ""
        if outcome not in OUTCOMES:
            counted.errors[_label(outcome)] += 1
            outcome = "error"
        counted.closed[outcome] += 1
        counted.received += connection.socket.bytes_read
        counted.sent += connection.socket.bytes_written

    # ---------------------------------------------------------------- telling

    def watch(self, service: Service) -> None:
        """Tell of this service from now on."""
        self._service = service
        self._ticker = gevent.spawn(self._tick)
        self.refresh()

    def stop(self) -> None:
        """Tell for the last time."""
        if self._ticker is not None:
            self._ticker.kill()
            self._ticker = None
            self.refresh()

    def _tick(self) -> None:
        loop, periods = get_hub().loop, _LEAST_PERIODS
        while True:
            for _ in range(periods):
                loop.update_now()  # so that the timer counts from here
                due = time.perf_counter() + LAG_PERIOD
                gevent.sleep(LAG_PERIOD)
                self._lag.observe(max(0.0, time.perf_counter() - due))
            before = time.perf_counter()
            self.refresh()
            wanted = (time.perf_counter() - before) / _SHARE / LAG_PERIOD
            periods = min(_MOST_PERIODS, max(_LEAST_PERIODS, int(wanted)))

    def refresh(self) -> None:
        """Have the metrics say what is so now."""
        service = self._service
        assert service is not None
        endpoints: dict[str, list[Endpoint]] = {each.name: [] for each in service.endpoints}
        for endpoint in service.endpoints:
            endpoints[endpoint.name].append(endpoint)
        sockets: defaultdict[str, list[Socket]] = defaultdict(list)
        for connection in list(service.connections.values()):
            sockets[connection.endpoint.name].append(connection.socket)
        for name in endpoints:
            self._refresh(name, endpoints[name], sockets[name])

    def _refresh(self, name: str, endpoints: list[Endpoint], there: list[Socket]) -> None:
        counted = self._counted[name]
        self._open.labels(name).set(len(there))
        self._reach(self._accepted, (name,), counted.accepted)
        for reason in endpoints[0].dropped._fields:
            number = sum(getattr(endpoint.dropped, reason) for endpoint in endpoints)
            self._reach(self._dropped, (name, reason), number)
        for outcome in (*OUTCOMES, "error"):
            self._reach(self._closed, (name, outcome), counted.closed[outcome])
        for code, number in counted.errors.items():
            self._reach(self._errors, (name, code), number)
        received = counted.received + sum(socket.bytes_read for socket in there)
        self._reach(self._received, (name,), received)
        sent = counted.sent + sum(socket.bytes_written for socket in there)
        self._reach(self._sent, (name,), sent)
        queues = [queue for each in endpoints if (queue := each.accept_queue) is not None]
        if queues:
            self._queue_length.labels(name).set(sum(queue.length for queue in queues))
            self._queue_maximum.labels(name).set(sum(queue.maximum for queue in queues))
            counted.has_queue = True
        elif counted.has_queue:  # it was closed; if there are others with this queue, they tell
            counted.has_queue = False
            self._queue_length.labels(name).set(0)
            self._queue_maximum.labels(name).set(0)

    def _reach(self, counter: Counter, labels: tuple[str, ...], total: int) -> None:
        """Raise a counter to what was counted; it is there from the first time on."""
        child = counter.labels(*labels)
        more = total - self._told.get((counter, labels), 0)
        if more > 0:
            child.inc(more)
            self._told[counter, labels] = total

    def expose(self, accept: str = "") -> tuple[str, bytes]:
        """What a scrape gets, of all workers.

        Args:
            accept: The request's header of that name; it decides between Prometheus' own format
                and OpenMetrics.
        Returns:
            The content's type, and the content.
        """
        self.refresh()
        encode: Callable[[Any], bytes]
        encode, content_type = choose_encoder(accept)
        directory = sharing.directory()
        if directory is None:
            return content_type, encode(self._registry)
        with sharing.locked(directory):
            sharing.bury_the_dead(directory)
            return content_type, encode(sharing.collected(directory))


class _Counted:
    """Of one listening address, since the beginning; bytes of ended connections only."""

    __slots__ = ("accepted", "closed", "errors", "has_queue", "received", "sent")

    def __init__(self) -> None:
        self.accepted = self.received = self.sent = 0
        self.closed: Tally[str] = Tally()
        self.errors: Tally[str] = Tally()
        self.has_queue = False  # one to tell of; not a state of ours, but the kernel's


def _label(code: str) -> str:
    """The code, if there cannot be many of its kind; a label has to have few values."""
    is_known = code in _CODES or code.startswith(("ERR_", "EAI_"))
    return code if is_known else "exception"
