"""The server of uvloop: asyncio's ``Protocol``, on uvloop's loop."""

import uvloop

from benchmarks.servers.asyncio_protocol import serve

if __name__ == "__main__":
    uvloop.run(serve())
