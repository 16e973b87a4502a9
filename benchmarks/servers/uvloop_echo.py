"""Echo server of uvloop: asyncio's server, on uvloop's loop."""

import uvloop

from benchmarks.servers.asyncio_echo import serve

if __name__ == "__main__":
    uvloop.run(serve())
