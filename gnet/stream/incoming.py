"""What comes in: the buffer, the read lane, and who is told of data and when.

Data is delivered in the *read lane*: one greenlet at a time. While a ``'data'``, ``'readable'`` or
``'end'`` listener blocks, nothing more of this stream is delivered, so that the peer feels it;
other events are not behind the lane. `gnet.stream.readable` adds what users call. Node: stream,
"Two reading modes", `lib/internal/streams/readable.js`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Any

import gevent

from gnet.errors import node_error
from gnet.states import (
    DESTROYED,
    FLOW_UNSET,
    FLOWING,
    LIVE,
    NOTICE_DUE,
    NOTICE_IDLE,
    NOTICE_WANTED,
    READ_EOF,
    READ_OPEN,
    Flow,
    Notice,
    ReadSide,
    after,
)
from gnet.stream.destroy import DEFAULT_HIGH_WATER_MARK, Stream
from gnet.stream.encoding import Decoder

__all__ = ["Chunk", "Incoming"]

Chunk = Any  # bytes, or str after set_encoding()

#: Events that only the read lane delivers.
_LANE_EVENTS = frozenset({"data", "readable", "end"})


class Incoming(Stream):
    """The inner part of a readable half: the source calls `_push`, the user's side takes."""

    __slots__ = ()

    _flow: Flow
    _read_side: ReadSide
    _chunks: deque[Chunk] | None = None  # made when something has to be buffered
    _first_taken: int = 0  # how much of the first chunk `read` has taken already
    _read_length: int
    _read_high_water_mark: int = DEFAULT_HIGH_WATER_MARK
    _decoder: Decoder | None
    _resumed_in: int  # the dispatcher's turn in which resume() left nothing to do
    _resume_due: bool = False  # a resume is queued: not a state, as pause() and resume() may follow
    _lane: Any  # the greenlet that delivers, or None
    _lane_waiting: list[Callable[[Any], object]] | None  # what found the lane busy
    _did_read: bool  # whether data was ever delivered: no state, it only tells what was
    _is_pulled: bool = False  # somebody listens for 'readable', or did at the last turn's end
    _notice: Notice = NOTICE_IDLE
    # Nobody has paused or pulled yet: resume() has little to do then, and keeps no record.
    _is_plain: bool = True
    # What pause() and resume() asked for last, once it is not so plain.
    _asked_flow: Flow = FLOW_UNSET

    # ---------------------------------------------------------------- the read lane

    def _in_lane(self, deliver: Callable[[Any], object]) -> None:
        """Call ``deliver(self)`` as the only one that delivers, or queue it until it can be."""
        if self._lane is not None:
            self._wait_for_lane(deliver)
            return
        self._lane = gevent.getcurrent()
        try:
            deliver(self)
        finally:
            self._lane = None
            if self._lane_waiting is not None:
                self._leave_lane()

    def _wait_for_lane(self, task: Callable[[Any], object]) -> None:
        if self._lane_waiting is None:
            self._lane_waiting = []
        self._lane_waiting.append(task)

    def _leave_lane(self) -> None:
        waiting, self._lane_waiting = self._lane_waiting, None
        for task in waiting or ():
            self._dispatcher.defer(task, self)

    def _insert(self, chunk: Chunk, *, in_front: bool) -> None:
        """Add a chunk on behalf of the user, who may be in the lane or not."""
        if not (self._read_length or self._is_pulled or self._flow is FLOWING):
            # Whoever begins to pull in this turn is told of this as well, as in Node.
            self._dispatcher.defer(Incoming._notify, self)
        if self._lane is None:
            self._in_lane(lambda _: self._add_chunk(chunk, in_front=in_front))
        else:
            self._add_chunk(chunk, in_front=in_front)

    def _before_wait(self, event: Hashable) -> None:
        self._dispatcher.check_thread(self)
        if event in _LANE_EVENTS and self._lane is gevent.getcurrent():
            raise node_error("ERR_READ_LANE_WAIT", event)

    # ---------------------------------------------------------------- flowing

    def _resume_later(self) -> None:
        if not self._resume_due:
            self._resume_due = True
            self._dispatcher.defer(Incoming._resume, self)

    def _resume(self) -> None:
        self._in_lane(Incoming._resume_now)

    def _resume_now(self) -> None:
        if self._is_pulled:
            self._look_for_data()
        else:
            self._read_more()
        self._resume_due = False
        self.emit("resume")
        self._flow_out()
        if self._flow is FLOWING:
            self._read_more()

    def _flow_out(self) -> None:
        while self._flow is FLOWING and self._chunks:
            chunk = self._take_out(self._first_length())
            self._read_more()
            if not self._error_emitted and self._may_deliver():
                self._did_read = True
                self.emit("data", chunk)

    # ---------------------------------------------------------------- telling who pulls

    def _look_for_data(self) -> None:
        """Tell of what is buffered, or have the source go on: Node's ``read(0)``."""
        is_over = self._read_side is not READ_OPEN
        if (
            self._read_length
            and self._notice is NOTICE_WANTED
            and (is_over or not self._has_room())
        ):
            self._notify_later()
        elif is_over:
            if not self._read_length:
                self._dispatcher.defer(Incoming._end, self)
        else:
            self._pull_source(0)
            if self._read_length <= self._read_high_water_mark:
                self._want_notice()

    def _want_notice(self) -> None:
        if self._is_pulled and self._notice is NOTICE_IDLE:
            self._notice = NOTICE_WANTED

    def _notify_later(self) -> None:
        self._notice = NOTICE_DUE
        self._dispatcher.defer(Incoming._notify, self)

    def _notify(self) -> None:
        self._in_lane(Incoming._notify_now)

    def _notify_now(self) -> None:
        is_over = self._read_side is not READ_OPEN
        if self._life is LIVE and self._errored is None and (self._read_length or is_over):
            self.emit("readable")
            if self._notice is NOTICE_DUE:
                self._notice = NOTICE_IDLE
        if (
            self._flow is not FLOWING
            and self._read_side is READ_OPEN
            and self._read_length <= self._read_high_water_mark
        ):
            self._want_notice()
        self._flow_out()

    # ---------------------------------------------------------------- the source

    def _may_deliver(self) -> bool:
        """Whether data and the end may still be told: until a turn after `destroy`."""
        return self._life is LIVE or self._life is DESTROYED

    def _read_more(self) -> None:
        """Have the source go on if there is room, or say that the end was reached."""
        if self._read_side is READ_OPEN:
            if self._has_room() and self._life is LIVE and self._errored is None:
                self._start_reading()
        elif self._read_side is READ_EOF and not self._read_length:
            self._dispatcher.defer(Incoming._end, self)

    def _has_room(self) -> bool:
        return self._read_length < self._read_high_water_mark or not self._read_length

    def _is_reading(self) -> bool:
        """Whether the source goes on by itself as it is."""
        return False

    def _start_reading(self) -> None:
        """Have the source call `_push`, until that returns False."""
        raise AssertionError("a subclass says where data comes from")

    def _stop_reading(self) -> None:
        """Have the source call `_push` no more."""

    def _straighten(self) -> None:
        """Have what comes go straight to the ``'data'`` listeners, if nothing is in between."""

    def _detour(self) -> None:
        """Have it come through the buffer again: what is in between may be new."""

    def _push(self, data: bytes) -> bool:
        """Take what the source has read, in the read lane.

        Returns:
            Whether the source shall go on; if not, `_start_reading` will tell it when.
        """
        if self._life is not LIVE or self._errored is not None:
            return False
        chunk: Chunk = data
        if self._decoder is not None:
            chunk = self._decoder.decode(data)
            if not chunk:
                return self._has_room()
        self._add_chunk(chunk, in_front=False)
        return self._has_room()

    def _add_chunk(self, chunk: Chunk, *, in_front: bool) -> None:
        if (
            self._flow is FLOWING
            and not self._read_length
            and "data" in self._events
            and self._lane is gevent.getcurrent()
        ):
            self._did_read = True
            self.emit("data", chunk)
        else:
            self._buffer(chunk, in_front=in_front)

    def _buffer(self, chunk: Chunk, *, in_front: bool = False) -> None:
        if self._chunks is None:
            self._chunks = deque()
        if in_front:
            self._trim_first()
            self._chunks.appendleft(chunk)
        else:
            self._chunks.append(chunk)
        self._read_length += len(chunk)
        self._detour()
        if self._notice is NOTICE_WANTED:
            self._notify_later()
        if self._flow is FLOWING and not self._resume_due:
            if self._resumed_in == self._dispatcher.turn:
                self._resume_later()
            else:
                self._dispatcher.defer(Incoming._flow_on, self)

    def _flow_on(self) -> None:
        self._in_lane(Incoming._flow_out)

    def _push_eof(self) -> None:
        """Take the end of the data from the source, in the read lane."""
        self._read_side = after(self._read_side, "eof")
        if self._is_pulled:
            self._notice = NOTICE_DUE  # told below, with the rest
        rest = self._decoder.decode(b"", final=True) if self._decoder is not None else ""
        if rest:
            self._buffer(rest)
        if self._is_pulled:
            self._notify_now()
        else:
            self._flow_out()
        if self._flow is FLOWING:
            self._read_more()

    # ---------------------------------------------------------------- taking

    def _available(self, wanted: int | None) -> int:
        """How much of the buffer a `read` of that size takes; None stands for no size."""
        if wanted is None:
            if self._flow is FLOWING and self._chunks:
                return self._first_length()
            return self._read_length
        if wanted <= self._read_length:
            return max(wanted, 0)
        return self._read_length if self._read_side is not READ_OPEN else 0

    def _pull_source(self, amount: int) -> None:
        """Have the source go on if after taking that much there is room, or somebody waits."""
        has_room = (
            not self._read_length
            or self._read_length - amount < self._read_high_water_mark
            or self._notice is NOTICE_WANTED
        )
        if has_room and self._life is LIVE and self._errored is None:
            self._start_reading()

    def _trim_first(self) -> None:
        if self._first_taken and self._chunks:
            self._chunks[0] = self._chunks[0][self._first_taken :]
            self._first_taken = 0

    def _first_length(self) -> int:
        assert self._chunks is not None
        return len(self._chunks[0]) - self._first_taken

    def _take_out(self, amount: int) -> Chunk:
        """Take as much out of the buffer, which has it."""
        chunks = self._chunks
        assert chunks is not None
        parts: list[Chunk] = []
        self._read_length -= amount
        while amount:
            start = self._first_taken
            part = chunks[0][start : start + amount]
            if start + len(part) == len(chunks[0]):
                chunks.popleft()
                self._first_taken = 0
            else:  # the rest stays where it is: many small reads copy each byte once
                self._first_taken = start + len(part)
            parts.append(part)
            amount -= len(part)
        if not chunks:
            self._chunks = None
        return parts[0] if len(parts) == 1 else parts[0][:0].join(parts)

    # ---------------------------------------------------------------- the end

    def _end(self) -> None:
        self._in_lane(Incoming._end_now)

    def _end_now(self) -> None:
        if (
            self._read_side is READ_EOF
            and not self._read_length
            and self._errored is None
            and self._may_deliver()
        ):
            self._read_side = after(self._read_side, "end")
            self._emit_then("end", self._after_end)

    def _is_read_to_end(self) -> bool:
        """Whether nothing is left to deliver but perhaps ``'end'``."""
        if self._read_side is READ_EOF:
            return not self._read_length
        return self._read_side is not READ_OPEN

    def _ends_later(self) -> bool:
        """Whether the source's end was read, with data in front of it, and all was well."""
        return self._read_side is not READ_OPEN and self._errored is None

    def _after_end(self) -> None:
        """Do what follows ``'end'``."""
