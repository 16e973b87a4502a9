"""Echo server of asyncio: a ``Protocol`` that writes back every chunk."""

import asyncio
import os
from typing import cast

__all__ = ["serve"]

#: Length of the accept queue asked for; Node's default, and ten times the client's window.
BACKLOG = 511


class Echo(asyncio.Protocol):
    """Writes back what the connection sends."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to write to."""
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Write the chunk back."""
        self.transport.write(data)


async def serve() -> None:
    """Serve until standard input closes, on whichever loop this runs."""
    loop = asyncio.get_running_loop()
    # A watcher in the server's own loop, rather than a thread: nothing else runs here.
    loop.add_reader(0, os._exit, 0)
    server = await loop.create_server(Echo, "127.0.0.1", 0, backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
