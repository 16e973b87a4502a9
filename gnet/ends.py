"""A transport that knows the names of both its ends, and what has passed between them.

Node: net, "socket.address()", "socket.remoteAddress", "socket.bytesRead".
"""

from __future__ import annotations

import errno
from typing import Any
from weakref import WeakValueDictionary

from gnet import kernel
from gnet.address import AddressInfo, from_kernel
from gnet.errors import system_error
from gnet.transport import Transport

__all__ = ["NamedTransport"]

# Whose descriptor may come back as another socket's ``fd``: those that `fileno` has shown, and
# those that were given. An entry may be out of date: what counts is the descriptor that it has.
_shown: WeakValueDictionary[int, NamedTransport] = WeakValueDictionary()


class NamedTransport(Transport):
    """A transport with the names of both ends and the counters."""

    __slots__ = ()

    # The peer's name as accept() gave it, until the 'connection' listeners were called: who asks
    # there learns it even of a peer that is gone already. A slot of the socket's.
    _peer: Any
    _known_peer: AddressInfo | None = None
    _known_local: AddressInfo | None = None

    @property
    def bytes_read(self) -> int:
        """How many bytes were received."""
        return self._bytes_read

    bytesRead = bytes_read

    @property
    def bytes_written(self) -> int:
        """How many bytes were written to the socket, those that still wait included."""
        self._send_gathered()
        queued = sum(len(data) for data, _, _ in self._queue or ())
        gathered = sum(map(len, self._gathered or ()))  # as another thread may find it
        return self._bytes_sent + self._bytes_held + queued + gathered

    bytesWritten = bytes_written

    @property
    def local_address(self) -> str | None:
        """The local IP address; None if not connected, or a Unix socket."""
        return self.address().address

    localAddress = local_address

    @property
    def local_port(self) -> int | None:
        """The local TCP port, or None."""
        return self.address().port

    localPort = local_port

    @property
    def local_family(self) -> str | None:
        """``'IPv4'`` or ``'IPv6'``, or None."""
        return self.address().family

    localFamily = local_family

    @property
    def remote_address(self) -> str | None:
        """The peer's IP address; None if not connected, or a Unix socket.

        As in Node, it stays after the end if it was asked for before.
        """
        return self._remote().address

    remoteAddress = remote_address

    @property
    def remote_port(self) -> int | None:
        """The peer's TCP port; otherwise as `remote_address`."""
        return self._remote().port

    remotePort = remote_port

    @property
    def remote_family(self) -> str | None:
        """``'IPv4'`` or ``'IPv6'``; otherwise as `remote_address`."""
        return self._remote().family

    remoteFamily = remote_family

    def address(self) -> AddressInfo:
        """The local end: ``address``, ``family``, ``port``. Empty if there is none."""
        if self._fd is None:
            return AddressInfo()
        if self._known_local is None:
            self._known_local = kernel.local_name(self._fd)
        return self._known_local

    def fileno(self) -> int:
        """The kernel socket's descriptor, which stays this socket's; -1 if there is none."""
        if self._fd is None:
            return -1
        self._send_gathered()  # before what the caller may write to it
        _shown[self._fd] = self
        return self._fd

    def _claim(self, fd: int) -> None:
        """Note that this one takes over a descriptor. Raises ``EEXIST`` if another has it."""
        owner = _shown.get(fd)
        if owner is not None and owner._fd == fd:
            raise system_error(errno.EEXIST, "open")
        _shown[fd] = self

    def _remote(self) -> AddressInfo:
        if self._known_peer is None:
            if self._fd is None:
                return AddressInfo()
            if self._peer is not None:
                self._known_peer = from_kernel(self._peer)
            else:
                self._known_peer = kernel.peer_name(self._fd)
        return self._known_peer
