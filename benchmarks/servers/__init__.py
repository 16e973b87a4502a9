"""One program per peer, each run in a process of its own, with its role as the first argument.

| role | what the server does |
|---|---|
| ``echo`` | writes back every chunk |
| ``blocked`` | the same, but a chunk that starts with ``!`` only after 50 ms of cooperative sleep |
| ``small-writes`` | answers every chunk with ten writes of 16 bytes, one after the other |
| ``sink`` | counts what arrives, and acknowledges every 16 MiB with one byte |
| ``source`` | answers one byte with 16 MiB, in chunks of 64 KiB, minding backpressure |
| ``proxy`` | connects to the port given as second argument and passes on all, both ways |

``small-writes`` has TCP_NODELAY set (asyncio always sets it): otherwise the kernel holds back all
but the first write until the client acknowledges it, and the wait is all there is to see.

The agreement with the launcher (``benchmarks/peers.py``) is the same for all: listen on
127.0.0.1 with a port chosen by the kernel and a backlog of 511, print that port as the first
line of standard output, serve until standard input closes.
"""
