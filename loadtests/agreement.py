"""What a server under load and those who load it have agreed on.

The greeting, the line in which the server says where it is, and what its statistics tell. Both
sides take it from here; how it gets from one to the other is told in `loadtests.statistics_client`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from gnet.kernel_options import AcceptQueue

__all__ = ["GREETING", "MOST_PAUSE_MSECS", "Address", "Ready", "Statistics"]

#: What each accepted connection is greeted with. After it comes back what the client sends.
GREETING = b"hello\n"

#: The longest pause that can be asked for: an hour, in milliseconds.
MOST_PAUSE_MSECS = 3_600_000


@dataclass(frozen=True)
class Ready:
    """The one line that a server prints, as soon as one can connect to it.

    Attributes:
        host: The IP address that it listens on; ``0.0.0.0`` or ``::`` for all of the machine's.
        port: Its port.
        statistics: URL of its statistics.
    """

    host: str
    port: int
    statistics: str

    def to_json(self) -> str:
        """The line, without its end."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str | bytes) -> Ready:
        """Read the line. Raises ``ValueError`` for anything else, such as an empty line."""
        found = json.loads(line)
        if not isinstance(found, dict) or set(found) != {field.name for field in fields(cls)}:
            raise ValueError(f"not where a server is: {found!r}")
        return cls(**found)


@dataclass(frozen=True)
class Address:
    """Where a server listens."""

    host: str
    port: int


@dataclass(frozen=True)
class Statistics:
    """What a server under load tells about itself.

    A connection counts when the application is given it: not yet while it waits in the kernel's
    queue, and never if it is refused.

    Attributes:
        server: ``gnet``, ``streamserver`` or ``node``.
        version: Version of gnet, gevent or Node.
        pid: The process that accepts.
        address: Where it listens.
        backlog: What was asked for; the accept queue tells what the kernel made of it.
        max_connections: The limit, if there is one.
        connections: How many are open now.
        peak_connections: The most that were ever open at once; looked at with each new one.
        accepted: How many there were since the start.
        dropped: How many were accepted and closed at once, because of the limit.
        paused: Whether it is told not to accept for a while.
        accept_queue: How many wait in the kernel, and the maximum; None where it is not told.
        socket_drops: How many packets the listening socket has dropped for want of room.
        listen_overflows: ``ListenOverflows`` of its network namespace; see `loadtests.kernel`.
        listen_drops: ``ListenDrops``, likewise.
        somaxconn: ``net.core.somaxconn`` there.
        cpu_seconds: CPU time that the process has used, user and system.
        time: ``time.monotonic()`` there when this was told, in seconds.
    """

    server: str
    version: str
    pid: int
    address: Address
    backlog: int
    max_connections: int | None
    connections: int
    peak_connections: int
    accepted: int
    dropped: int
    paused: bool
    accept_queue: AcceptQueue | None
    socket_drops: int
    listen_overflows: int
    listen_drops: int
    somaxconn: int
    cpu_seconds: float
    time: float

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON has it."""
        queue = None if self.accept_queue is None else self.accept_queue._asdict()
        return {**asdict(self), "accept_queue": queue}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Statistics:
        """Read what `to_dict` has made. Fields that are not known here are left out.

        Raises:
            ValueError: Something is missing.
        """
        try:
            known = {field.name: found[field.name] for field in fields(cls)}
            queue = known["accept_queue"]
            known["address"] = Address(**known["address"])
            known["accept_queue"] = None if queue is None else AcceptQueue(**queue)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not the statistics of a server under load: {error}") from error
        return cls(**known)
