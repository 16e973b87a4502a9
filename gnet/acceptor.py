"""The accept loop: a ``gevent.server.StreamServer`` that hands over bare descriptors.

gevent owns the listening socket, its watcher and the loop of up to ``max_accept`` accepts per
wake-up. What differs here: a connection gets no greenlet, and the faults of ``accept()`` are
sorted into three lists instead of being printed.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

from gevent.server import StreamServer

from gnet import kernel
from gnet.errors import system_error

__all__ = ["Acceptor"]

#: The peer gave up between its SYN and our accept, or the network did: its affair, not ours
#: (POSIX accept; accept(2) under "Error handling" names the network's).
_IGNORED = frozenset(
    getattr(errno, name)
    for name in (
        "ECONNABORTED",
        "EINTR",
        "EPROTO",
        "EPERM",  # a firewall rule
        "ENETDOWN",
        "ENOPROTOOPT",
        "EHOSTDOWN",
        "ENONET",
        "EHOSTUNREACH",
        "EOPNOTSUPP",
        "ENETUNREACH",
        "ETIMEDOUT",
    )
    if hasattr(errno, name)  # not every system has all of them
)

#: No descriptor is left: `Acceptor._spend_reserve` answers so that the peer does not hang.
_NO_DESCRIPTOR = frozenset({errno.EMFILE, errno.ENFILE})

#: The machine is short of memory: it may pass, so the loop waits a little.
_BACK_OFF = frozenset({errno.ENOBUFS, errno.ENOMEM})

# What is in none of the lists is reported as 'error': EBADF, EINVAL, ENOTSOCK.


class Acceptor(StreamServer):
    """Accepts for one `gnet.Server`.

    Args:
        listener: The listening socket, which it closes in the end.
        on_accept: Called in the hub with each non-blocking descriptor and the peer's name.
        on_overflow: Called in the hub with the descriptor and the peer's name of a connection that
            has to be closed for want of descriptors, which happens when this returns.
        on_error: Called in the hub with an error that nothing here can mend.
    """

    def __init__(
        self,
        listener: Any,
        on_accept: Callable[[int, Any], None],
        on_overflow: Callable[[int, Any], None],
        on_error: Callable[[OSError], None],
    ) -> None:
        super().__init__(listener, handle=on_accept)  # type: ignore[arg-type]  # never called
        #: Takes the connections from the next wake-up on.
        self.on_accept = on_accept
        self._on_overflow = on_overflow
        self._on_error = on_error
        self._reserve = _open_reserve()
        self._pause = self.min_delay

    def do_read(self) -> None:  # type: ignore[override]
        """Accept what waits, up to ``max_accept`` connections, and hand each over in the hub.

        gevent asks for one connection at a time, to make a greenlet for it; here the whole batch
        is taken in one call, and the answer is always that there is no more for now.
        """
        self._accept(self.max_accept)

    def _accept(self, most: int) -> bool:
        """Accept up to so many connections; whether there may be more."""
        listener: Any = self.socket
        on_accept = self.on_accept
        accept = listener._accept
        for _ in range(most):
            try:
                descriptor, peer = accept()
            except BlockingIOError:
                self._pause = self.min_delay
                if self._reserve is None:
                    self._reserve = _open_reserve()
                return False
            except OSError as error:
                if error.errno in _IGNORED:
                    continue
                self._on_fault(error)
                return False
            os.set_blocking(descriptor, False)
            try:
                on_accept(descriptor, peer)
            except BaseException:  # nobody else has it, and the peer would wait for ever
                kernel.close(descriptor)
                raise
        return True

    def fileno(self) -> int:
        """The listening socket's descriptor."""
        return int(self.socket.fileno())

    def close_behind_waiting(self) -> None:
        """Accept all that waits, and close with as little as possible in between."""
        self.stop_accepting()
        while self._accept(self.max_accept):
            pass
        self.socket.close()
        self.close()

    def close(self) -> None:
        """Close the listening socket and stop accepting."""
        super().close()
        reserve, self._reserve = getattr(self, "_reserve", None), None
        if reserve is not None:
            kernel.close(reserve)

    def _on_fault(self, error: OSError) -> None:
        if error.errno in _NO_DESCRIPTOR:
            self._spend_reserve()
        elif error.errno in _BACK_OFF:
            self._rest()
        else:
            self.stop_accepting()
            self._on_error(system_error(error.errno or 0, "accept"))

    def _spend_reserve(self) -> None:
        """Without descriptors, accept with the one kept for it and close: each peer sees a FIN.

        Otherwise the connections would stay in the queue, where they wake the loop for ever.
        """
        if self._reserve is None:
            self._rest()
            return
        kernel.close(self._reserve)
        listener: Any = self.socket
        try:
            for _ in range(self.max_accept):
                descriptor, peer = listener._accept()
                try:
                    self._on_overflow(descriptor, peer)
                finally:
                    kernel.close(descriptor)
        except BlockingIOError:
            pass  # the queue is empty
        except OSError:
            self._rest()  # another thread took the descriptor, or worse: the next try will tell
        self._reserve = _open_reserve()

    def _rest(self) -> None:
        """Stop accepting for a while, doubled each time in a row up to ``max_delay`` seconds."""
        self.stop_accepting()
        timer: Any = self.loop.timer(self._pause)
        timer.start(self._start_accepting_if_started)  # type: ignore[attr-defined]
        self._timer = timer  # gevent stops and closes it with the server
        self._pause = min(self.max_delay, self._pause * 2)


def _open_reserve() -> int | None:
    try:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
