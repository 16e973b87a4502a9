"""The servers under load, one room each, by their names on the command line.

All do the same: greet each connection, echo what comes, and end when the client ends. What they
differ in is what the load tests look at: how they accept, and what they do at their limit.
"""

from __future__ import annotations

from loadtests.servers.base import LoadedServer
from loadtests.servers.gnet_server import GnetServer
from loadtests.servers.node_server import NodeServer
from loadtests.servers.stream_server import BareStreamServer

__all__ = ["SERVERS"]

#: The servers by name.
SERVERS: dict[str, type[LoadedServer]] = {
    server.name: server for server in (GnetServer, BareStreamServer, NodeServer)
}
