"""What the servers and their client have agreed on; ``node_server.js`` repeats the figures."""

__all__ = [
    "BACKLOG",
    "BLOCK_S",
    "CHUNK",
    "HOST",
    "PIECE",
    "PIECES",
    "PORTION",
    "is_blocking",
]

HOST = "127.0.0.1"

#: Length of the accept queue asked for; Node's default, and ten times the client's window.
BACKLOG = 511

#: What ``source`` writes at a time: 64 KiB.
CHUNK = bytes(65536)

#: Bytes that ``source`` writes for one byte, and that ``sink`` acknowledges with one.
PORTION = 16 * 1024 * 1024

#: What ``small-writes`` writes at a time, and how often for one chunk.
PIECE = b"sixteen bytes..."
PIECES = 10

#: Seconds that ``blocked`` sleeps.
BLOCK_S = 0.05


def is_blocking(chunk: bytes) -> bool:
    """Whether ``blocked`` sleeps before it writes this chunk back."""
    return chunk.startswith(b"!")
