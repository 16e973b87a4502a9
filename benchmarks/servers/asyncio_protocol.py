"""The server of asyncio as a ``Protocol``: callbacks, the faster of its two interfaces."""

import asyncio
import sys
from typing import cast

from benchmarks.servers._asyncio_life import announce, exit_with_stdin
from benchmarks.servers.agreement import (
    BACKLOG,
    BLOCK_S,
    CHUNK,
    HOST,
    PIECE,
    PIECES,
    PORTION,
    is_blocking,
)

__all__ = ["serve"]


class Connection(asyncio.Protocol):
    """Has a transport to write to."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.Transport, transport)


class Echo(Connection):
    """Writes back what the connection sends."""

    def data_received(self, data: bytes) -> None:
        """Write the chunk back."""
        self.transport.write(data)


class Blocked(Connection):
    """Writes it back too, some of it late."""

    def data_received(self, data: bytes) -> None:
        """Write the chunk back, at once or from a task, since a callback cannot wait."""
        if is_blocking(data):
            self.task = asyncio.get_running_loop().create_task(self.write_late(data))
        else:
            self.transport.write(data)

    async def write_late(self, data: bytes) -> None:
        """Write the chunk back after a while."""
        await asyncio.sleep(BLOCK_S)
        self.transport.write(data)


class SmallWrites(Connection):
    """Answers with many small writes."""

    def data_received(self, _data: bytes) -> None:
        """Write the pieces."""
        for _ in range(PIECES):
            self.transport.write(PIECE)


class Sink(Connection):
    """Counts what arrives."""

    count = 0

    def data_received(self, data: bytes) -> None:
        """Add the chunk."""
        self.count += len(data)
        if self.count >= PORTION:
            self.count -= PORTION
            self.transport.write(b".")


class Source(Connection):
    """Writes a portion whenever one is asked for, as fast as the connection takes it."""

    left = 0
    may_write = True

    def data_received(self, _data: bytes) -> None:
        """Start another portion."""
        self.left = PORTION
        self.write_on()

    def write_on(self) -> None:
        """Write until the transport's buffer is full."""
        while self.left and self.may_write:
            self.left -= len(CHUNK)
            self.transport.write(CHUNK)

    def pause_writing(self) -> None:
        """Stop: the buffer is full."""
        self.may_write = False

    def resume_writing(self) -> None:
        """Go on: the buffer has emptied."""
        self.may_write = True
        self.write_on()


class Joined(Connection):
    """One of two connections that pass on all to each other."""

    other: asyncio.Transport

    def data_received(self, data: bytes) -> None:
        """Write the chunk to the other connection."""
        self.other.write(data)

    def pause_writing(self) -> None:
        """Have the other connection read no more: what it sends piles up here."""
        self.other.pause_reading()

    def resume_writing(self) -> None:
        """Have the other connection read again."""
        self.other.resume_reading()

    def eof_received(self) -> bool:
        """Pass on the end, and stay open for the other direction."""
        self.other.write_eof()
        return True

    def connection_lost(self, _error: Exception | None) -> None:
        """Close the other connection too."""
        self.other.close()


class Proxy(Joined):
    """The client's connection, which makes the one to the upstream server."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connect to the upstream server."""
        super().connection_made(transport)
        self.is_joined = False
        # Kept here, since uvloop reads on even if reading is paused before this returns.
        self.early: list[bytes] = []
        self.task = asyncio.get_running_loop().create_task(self.join())

    async def join(self) -> None:
        """Connect, and pass on what has come meanwhile."""
        upstream = Joined()
        upstream.other = self.transport
        loop = asyncio.get_running_loop()
        self.other, _ = await loop.create_connection(lambda: upstream, HOST, int(sys.argv[2]))
        self.is_joined = True
        self.other.writelines(self.early)

    def data_received(self, data: bytes) -> None:
        """Write the chunk to the other connection, once there is one."""
        if self.is_joined:
            self.other.write(data)
        else:
            self.early.append(data)


ROLES = {
    "echo": Echo,
    "blocked": Blocked,
    "small-writes": SmallWrites,
    "sink": Sink,
    "source": Source,
    "proxy": Proxy,
}


async def serve() -> None:
    """Serve until standard input closes, on whichever loop this runs."""
    exit_with_stdin()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(ROLES[sys.argv[1]], HOST, 0, backlog=BACKLOG)
    announce(server)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
