"""A load test of a Redis server with Locust, as an example of one's own protocol in a few lines.

Needs the extra ``load``: ``pip install '.[load]'``. Then::

    locust -f examples/load_redis.py --host tcp://127.0.0.1:6379
    locust -f examples/load_redis.py --host unix:/run/redis/redis.sock --headless -u 50 -t 10

Each user keeps a key of its own, and one connection, which it makes again if it was lost.
"""

from __future__ import annotations

from locust import constant_pacing, task

from gnet.loadtest import NetUser, Until

VALUE = "x" * 100


def bulk_length(data: bytes) -> int | bool:
    """The length of a reply such as ``$5␍␊hello␍␊``, as soon as its first line is there."""
    line, end, _ = data.partition(b"\r\n")
    if not end:
        return False
    has_value = line.startswith(b"$") and line != b"$-1"  # else there is none, or it is an error
    return len(line) + 2 + (int(line[1:]) + 2 if has_value else 0)


class RedisUser(NetUser):
    """Asks, sets and gets, ten times a second."""

    wait_time = constant_pacing(0.1)
    connection_timeout = network_timeout = 5

    @task
    def use(self) -> None:
        """Run each command once."""
        if self.client.connected or self.client.connect():
            key = f"load:{id(self)}"
            self.run_command("PING", until=b"\r\n", expected="+PONG\r\n")
            self.run_command(f"SET {key} {VALUE}", until=b"\r\n", expected="+OK\r\n")
            self.run_command(f"GET {key}", until=bulk_length, expected=f"$100\r\n{VALUE}\r\n")

    def run_command(self, command: str, until: Until, expected: str) -> None:
        """Send a command; any other reply than the expected one is a failure."""
        data, name = f"{command}\r\n", command.split()[0]
        with self.client.request(data, until, name=name, catch_response=True) as reply:
            if reply and reply.text != expected:
                reply.failure(f"an unexpected reply: {reply.text[:80]!r}")
