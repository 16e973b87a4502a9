"""The server of asyncio with streams: a coroutine for each connection."""

import asyncio
import sys
from asyncio import StreamReader, StreamWriter

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


async def echo(reader: StreamReader, writer: StreamWriter) -> None:
    """Write back what the connection sends, until it ends."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def blocked(reader: StreamReader, writer: StreamWriter) -> None:
    """Write it back too, some of it late."""
    while data := await reader.read(65536):
        if is_blocking(data):
            await asyncio.sleep(BLOCK_S)
        writer.write(data)
        await writer.drain()
    writer.close()


async def small_writes(reader: StreamReader, writer: StreamWriter) -> None:
    """Answer with many small writes."""
    while await reader.read(65536):
        for _ in range(PIECES):
            writer.write(PIECE)
        await writer.drain()
    writer.close()


async def sink(reader: StreamReader, writer: StreamWriter) -> None:
    """Count what arrives."""
    count = 0
    while data := await reader.read(65536):
        count += len(data)
        if count >= PORTION:
            count -= PORTION
            writer.write(b".")
    writer.close()


async def source(reader: StreamReader, writer: StreamWriter) -> None:
    """Write a portion whenever one is asked for; ``drain`` waits as long as it must."""
    while await reader.read(1):
        for _ in range(PORTION // len(CHUNK)):
            writer.write(CHUNK)
            await writer.drain()
    writer.close()


async def proxy(reader: StreamReader, writer: StreamWriter) -> None:
    """Pass on all, both ways."""
    from_upstream, to_upstream = await asyncio.open_connection(HOST, int(sys.argv[2]))
    await asyncio.gather(pass_on(reader, to_upstream), pass_on(from_upstream, writer))
    to_upstream.close()
    writer.close()


async def pass_on(reader: StreamReader, writer: StreamWriter) -> None:
    """Write what one connection sends to the other, until it ends."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


ROLES = {
    "echo": echo,
    "blocked": blocked,
    "small-writes": small_writes,
    "sink": sink,
    "source": source,
    "proxy": proxy,
}


async def serve() -> None:
    """Serve until standard input closes, on whichever loop this runs."""
    exit_with_stdin()
    server = await asyncio.start_server(ROLES[sys.argv[1]], HOST, 0, backlog=BACKLOG)
    announce(server)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
