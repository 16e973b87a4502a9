"""Load tests of TCP and Unix socket servers with Locust.

`NetUser` is a Locust user; `NetClient`, which it holds, can be used without one. `Latencies` keeps
what Locust's own statistics round away. Needs the extra ``load``: ``gevent-net[load]``.

Importing it imports Locust, which patches the process with ``gevent.monkey.patch_all()``.
"""

try:
    from gnet.loadtest.client import NetClient, Reply
    from gnet.loadtest.connection import Until
    from gnet.loadtest.latencies import Latencies
    from gnet.loadtest.user import NetUser
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("locust", "hdrh"):
        raise
    raise ModuleNotFoundError(
        "gnet.loadtest needs Locust and HdrHistogram: pip install 'gevent-net[load]', or "
        "'.[load]' in a checkout",
        name=error.name,
    ) from error

__all__ = ["Latencies", "NetClient", "NetUser", "Reply", "Until"]
