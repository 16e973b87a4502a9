"""What a load is sent to: Locust's ``--host``, read once.

Knows neither sockets nor Locust.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gnet.errors import node_error

__all__ = ["Target", "read_target"]

_FORMS = "tcp://host:port, such as tcp://127.0.0.1:4000 or tcp://[::1]:4000, or unix:/path"


@dataclass(frozen=True)
class Target:
    """An address to connect to.

    Args:
        request_type: What Locust shows as the type of the requests: ``'TCP'`` or ``'UNIX'``.
        address: For texts and errors: the host, or the path.
        port: TCP port, or None.
    """

    request_type: str
    address: str
    port: int | None = None

    @property
    def connect_options(self) -> dict[str, Any]:
        """What `gnet.connect` takes. By name: a path alone that is a number would be a port."""
        if self.port is None:
            return {"path": self.address}
        return {"host": self.address, "port": self.port}


def read_target(host: str | None) -> Target:
    """Read ``tcp://host:port`` or ``unix:/path``.

    A path that begins with ``@`` is an abstract name, as other tools write it.

    Raises:
        TypeError: ``ERR_INVALID_URL``, with the forms that it may have.
    """
    if host is None:
        raise node_error("ERR_INVALID_URL", "no host is set", f"--host with {_FORMS}")
    scheme, _, rest = host.partition(":")
    if scheme == "unix" and (path := _unix_path(rest)):
        return Target("UNIX", path)
    if scheme == "tcp":
        try:
            parts = urlsplit(host)
            name, port = parts.hostname, parts.port
        except ValueError:  # a port that is no number or too large, brackets without their pair
            name = port = None
        if name and port and not (parts.path.strip("/") or parts.query or parts.username):
            return Target("TCP", name, port)
    raise node_error("ERR_INVALID_URL", repr(host), _FORMS)


def _unix_path(rest: str) -> str:
    """The path after ``unix:``, with or without the empty authority of a URL."""
    path = rest[2:] if rest.startswith("//") else rest
    return f"\0{path[1:]}" if path.startswith("@") and len(path) > 1 else path
