"""A stream over a connected kernel socket: data is received and sent here, and nowhere else."""

from gnet.transport.duplex import Transport
from gnet.transport.receiving import READ_SIZE

__all__ = ["READ_SIZE", "Transport"]
