"""Node's streams, knowing no socket: both halves, what couples them, their end."""

from gnet.stream.finished import finished
from gnet.stream.pipeline import pipeline

__all__ = ["finished", "pipeline"]
