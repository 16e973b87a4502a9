"""The client: it makes load over loopback with as little work per operation as Python allows.

It runs in the benchmark's own process, on a core of its own, and knows a server only by its
port. What the server used is measured elsewhere.

Two habits keep it cheap: one ``epoll`` answer is worked through as a whole, and the calls of the
inner loops are bound once. Sockets are watched edge-triggered and read into a buffer longer than
what can be under way, so one read empties a socket.

| module | its one idea |
|---|---|
| ``connections.py`` | opening connections, one or many, and ending them |
| ``base.py`` | waiting, and sending what the kernel takes only in parts |
| ``requests.py`` | lasting connections with requests and answers |
| ``aside.py`` | the same, while something else goes on: a proxy's far end, a listener that blocks |
| ``short.py`` | connections that live for one request |
| ``bulk.py`` | one connection, as much as it takes in one direction |
"""

from benchmarks.load.aside import BlockedLoad, ProxyLoad, Upstream
from benchmarks.load.bulk import BulkInLoad, BulkOutLoad
from benchmarks.load.connections import (
    LoadError,
    end_politely,
    open_many,
    open_sockets,
    reset_all,
)
from benchmarks.load.requests import RequestLoad
from benchmarks.load.short import ConnectLoad

__all__ = [
    "BlockedLoad",
    "BulkInLoad",
    "BulkOutLoad",
    "ConnectLoad",
    "LoadError",
    "ProxyLoad",
    "RequestLoad",
    "Upstream",
    "end_politely",
    "open_many",
    "open_sockets",
    "reset_all",
]
