"""``NetUser``: a Locust user whose client speaks TCP, or over a Unix socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from gevent.pool import Group
from locust import User
from locust.env import Environment

from gnet.loadtest.client import NetClient

if TYPE_CHECKING:
    from gevent import Greenlet

__all__ = ["NetUser"]


class NetUser(User):
    r"""A user with a `NetClient` as ``self.client``.

    The host is that of Locust: ``--host tcp://127.0.0.1:4000`` or ``--host unix:/run/my.sock``, the
    field of the web UI, or the class attribute ``host``. Tasks, tags, wait times and ``context()``
    are those of any Locust user.

    Whatever way the user ends, its connection is closed then; ``on_stop`` may still use it.

    Example:
        class EchoUser(NetUser):
            wait_time = constant(1)

            @task
            def echo(self):
                if self.client.connected or self.client.connect():
                    self.client.request(b"hello\n", until=b"\n")
    """

    abstract = True

    #: Seconds that `NetClient.connect` may take.
    connection_timeout: ClassVar[float] = 60.0

    #: Seconds that each other operation may take, from its beginning to its end.
    network_timeout: ClassVar[float] = 60.0

    #: Options of `gnet.connect`: ``{'no_delay': True, 'local_address': '127.0.0.2'}``.
    connect_options: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client = NetClient(
            self.host,
            environment.events.request,
            user=self,
            connection_timeout=self.connection_timeout,
            network_timeout=self.network_timeout,
            connect_options=self.connect_options,
        )

    def start(self, group: Group) -> Greenlet[..., None]:
        """Start the user; Locust calls this."""
        greenlet: Greenlet[..., None] = super().start(group)
        greenlet.link(lambda _: self.client.destroy())
        return greenlet
