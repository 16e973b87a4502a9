"""Both halves of a stream in one, and what couples them.

Node: stream, "Class: stream.Duplex". A duplex destroys itself when both halves are done
(``autoDestroy``), and ends its writable half after the readable one unless ``allow_half_open``.
"""

from __future__ import annotations

import contextvars

from gnet.dispatcher import Dispatcher
from gnet.states import FLOW_UNSET, LIVE, READ_OPEN, WRITE_FINISHED, WRITE_OPEN, WRITE_SHUTTING
from gnet.stream.readable import Readable
from gnet.stream.writable import Writable

__all__ = ["Duplex"]


class Duplex(Readable, Writable):
    """A stream that can be read from and written to. Subclasses say what is underneath."""

    __slots__ = (
        "_allow_half_open",
        "_decoder",
        "_did_read",
        "_dispatcher",
        "_flow",
        "_lane",
        "_lane_waiting",
        "_life",
        "_read_length",
        "_read_side",
        "_resumed_in",
        "_write_side",
        "context",
    )

    _allow_half_open: bool

    @property
    def allow_half_open(self) -> bool:
        """Whether the writable half outlives the readable one."""
        return self._allow_half_open

    @allow_half_open.setter
    def allow_half_open(self, value: bool) -> None:
        self._allow_half_open = value

    allowHalfOpen = allow_half_open

    def _init_duplex(
        self,
        dispatcher: Dispatcher,
        context: contextvars.Context | None,
        allow_half_open: bool,
    ) -> None:
        # All slots of Stream, Readable and Writable in one place: one call per connection.
        self.context = context
        self._dispatcher = dispatcher
        self._life = LIVE
        self._flow = FLOW_UNSET
        self._read_side = READ_OPEN
        self._read_length = 0
        self._decoder = None
        self._did_read = False
        self._resumed_in = -1
        self._lane = None
        self._lane_waiting = None
        self._write_side = WRITE_OPEN
        self._allow_half_open = allow_half_open

    def _after_end(self) -> None:
        if self._write_side is WRITE_OPEN and not self._allow_half_open:
            self._dispatcher.defer(Duplex._end_after_peer, self)
        elif self._write_side is WRITE_FINISHED:
            self.destroy()

    def _end_after_peer(self) -> None:
        if self._write_side is not WRITE_OPEN or self._life is not LIVE:
            return
        self._send_gathered()
        events = self._events
        if (
            self._under_way is None
            and not self._write_length
            and self._errored is None
            and "finish" not in events
            and "prefinish" not in events
        ):
            # Nothing to flush and nobody watching: closing sends the same FIN as a shutdown(2) of
            # its own would.
            self._write_side = WRITE_SHUTTING
            self._dispatcher.defer_to_next_turn(Writable._final_done, self)
        else:
            self.end()

    def _after_finish(self) -> None:
        if self.readable_ended:
            self.destroy()

    def _has_more_to_write(self) -> bool:
        """Whether a stream that was read to its end is still good for something."""
        if self._write_side is WRITE_OPEN:
            return self._allow_half_open
        return self._write_length > 0
