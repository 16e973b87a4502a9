"""Load tests of TCP and Unix socket servers with Locust.

`NetUser` is a Locust user; `NetClient`, which it holds, can be used without one. `Latencies` keeps
what Locust's own statistics round away. Needs the extra ``load``: ``gevent-net[load]``.

Importing it imports Locust, which patches the process with ``gevent.monkey.patch_all()``.
"""

from gnet.loadtest.client import NetClient, Reply
from gnet.loadtest.connection import Until
from gnet.loadtest.latencies import Latencies
from gnet.loadtest.user import NetUser

__all__ = ["Latencies", "NetClient", "NetUser", "Reply", "Until"]
