"""What joins the processes of the chat in ``chat.py``: nothing at all, or Redis."""

from __future__ import annotations

import contextlib
import logging
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import gevent
from gevent import monkey

if TYPE_CHECKING:
    import redis

log = logging.getLogger("chat")


class Away(Exception):
    """The bus cannot be reached now."""


class Bus(Protocol):
    """What joins the processes of a chat. All but ``release`` may raise `Away`; all may block."""

    def claim(self, name: str) -> bool:
        """Take a name, unless somebody has it."""

    def release(self, name: str) -> None:
        """Give a name back."""

    def publish(self, room: str, text: str) -> None:
        """Have a room hear a line, here and in all other processes."""


class MemoryBus:
    """Joins a process with itself."""

    def __init__(self, deliver: Callable[[str, str], None]) -> None:
        self._names: set[str] = set()
        self.publish = deliver

    def claim(self, name: str) -> bool:
        """Take a name, unless somebody has it."""
        if name in self._names:
            return False
        self._names.add(name)
        return True

    def release(self, name: str) -> None:
        """Give a name back."""
        self._names.discard(name)


class RedisBus:
    """Joins all processes that use the same Redis.

    Redis' publish/subscribe keeps nothing: what is published while a process cannot reach Redis,
    that process does not hear, then or later. What it does hear comes in the same order to all.

    It listens to the rooms of all processes by one pattern, from before the first member has a
    name: so nobody can join a room that is not listened to yet. (A chat of very many rooms would
    subscribe to those it has members in, and have each join wait for Redis' confirmation.)

    A name is a key that expires, so that it does not outlive a process that crashed. After Redis
    was away two members may have the same name: if it came back empty and another was faster, or
    was away from one of them for longer than ``NAME_S``.
    """

    PREFIX = "gnet-chat"
    #: Seconds that a name is kept for a process that says nothing; each third of it, it does.
    NAME_S = 60
    #: Seconds without a word from Redis after which it is asked for one; twice as long is too long.
    QUIET_S = 10
    #: Seconds until it is tried again, at first and at most; each is half as long or as long.
    RETRY_S = 0.1, 5.0

    def __init__(
        self, url: str, deliver: Callable[[str, str], None], announce: Callable[[str], None]
    ) -> None:
        if not monkey.is_module_patched("socket"):
            raise RuntimeError("Redis would block all: call gevent.monkey.patch_all() before")
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._deliver = deliver
        self._announce = announce
        self._names: set[str] = set()
        self._errors = (redis.RedisError, OSError)
        # No second attempts: a line whose answer was lost may have been heard already.
        pool = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=16,
            timeout=5,
            socket_timeout=5,
            socket_connect_timeout=5,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
            protocol=2,
        )
        self._redis: redis.Redis = redis.Redis(connection_pool=pool)
        self._is_subscribed = False  # the subscription is the state; this tells who wants to ask
        gevent.spawn(self._keep_listening)
        gevent.spawn(self._keep_names)

    def claim(self, name: str) -> bool:
        """Take a name, unless somebody has it."""
        taken = self._ask(lambda: self._redis.set(self._key(name), 1, nx=True, ex=self.NAME_S))
        if taken:
            self._names.add(name)
        return bool(taken)

    def release(self, name: str) -> None:
        """Give a name back; if Redis cannot be told, it expires."""
        self._names.discard(name)
        with contextlib.suppress(Away):
            self._ask(lambda: self._redis.delete(self._key(name)))

    def publish(self, room: str, text: str) -> None:
        """Have a room hear a line, here and in all other processes."""
        self._ask(lambda: self._redis.publish(f"{self.PREFIX}:room:{room}", text))

    def _key(self, name: str) -> str:
        return f"{self.PREFIX}:name:{name}"

    def _ask(self, command: Callable[[], Any]) -> Any:
        if not self._is_subscribed:
            raise Away
        try:
            return command()
        except self._errors as error:
            log.warning("Redis: %s", error)
            raise Away from error

    def _keep_listening(self) -> None:
        """Listen, and if that fails try again, ever more rarely."""
        first, most = self.RETRY_S
        delay = first
        while True:
            try:
                with self._redis.pubsub() as subscription:
                    self._listen(subscription)
            except self._errors as error:
                if self._is_subscribed:
                    self._is_subscribed = False
                    delay = first
                    self._announce("* cut off from the other hosts: nobody hears what you say")
                log.warning("Redis is away, tried again in %g s at most: %s", delay, error)
            gevent.sleep(random.uniform(delay / 2, delay))
            delay = min(2 * delay, most)

    def _listen(self, subscription: redis.client.PubSub) -> None:
        """Deliver what is published, until Redis fails."""
        subscription.psubscribe(f"{self.PREFIX}:room:*")
        unanswered = 0
        while unanswered < 2:
            message = subscription.get_message(timeout=self.QUIET_S)
            if message is None:
                unanswered += 1
                subscription.ping()
                continue
            unanswered = 0
            if message["type"] == "pmessage":
                self._deliver(message["channel"].rpartition(":")[2], message["data"])
            elif message["type"] == "psubscribe":
                self._renew_names()
                self._is_subscribed = True
                log.info("listening to Redis")
                self._announce("* in touch with the other hosts")
        raise TimeoutError(f"Redis has said nothing for {2 * self.QUIET_S} s")

    def _keep_names(self) -> None:
        while True:
            gevent.sleep(self.NAME_S / 3)
            try:
                self._renew_names()
            except self._errors as error:
                log.warning("names were not renewed: %s", error)

    def _renew_names(self) -> None:
        with self._redis.pipeline(transaction=False) as pipeline:
            for name in self._names:
                pipeline.set(self._key(name), 1, ex=self.NAME_S)
            pipeline.execute()
