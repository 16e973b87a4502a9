"""Node's streams, knowing no socket: both halves, what couples them, their end."""

__all__: list[str] = []
