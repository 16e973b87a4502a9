"""The incoming half of a stream: buffering, flowing and pausing, ``'data'`` and ``'end'``.

Data is delivered in the *read lane*: one greenlet at a time. While a ``'data'`` or ``'end'``
listener blocks, nothing more of this stream is delivered, so that the peer feels it; other events
are not behind the lane. Node: stream, "Readable streams".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar

import gevent
from gevent.hub import Waiter

from gnet.dispatcher import check_can_wait
from gnet.errors import AbortError, node_error
from gnet.states import (
    CLOSED,
    FLOW_UNSET,
    FLOWING,
    LIVE,
    PAUSED,
    READ_ENDED,
    READ_EOF,
    READ_OPEN,
    Flow,
    ReadSide,
    after,
)
from gnet.stream.destroy import Stream
from gnet.stream.encoding import Decoder, make_decoder, normal_name
from gnet.symbols import ABSENT

__all__ = ["Readable"]

Self = TypeVar("Self", bound="Readable")
Chunk = Any  # bytes, or str after set_encoding()

#: Events that only the read lane delivers.
_LANE_EVENTS = frozenset({"data", "end"})


class Readable(Stream):
    """The readable half. The source calls `_push`, and `_start_reading` when told to go on."""

    __slots__ = ()

    _flow: Flow
    _read_side: ReadSide
    _chunks: deque[Chunk] | None = None  # made when something has to be buffered
    _read_length: int
    _read_high_water_mark: int
    _decoder: Decoder | None
    _encoding: str | None = None
    _resumed_in: int  # the dispatcher's turn in which resume() left nothing to do
    _resume_due: bool = False  # a resume is queued: not a state, as pause() and resume() may follow
    _lane: Any  # the greenlet that delivers, or None
    _lane_waiting: list[Callable[[Any], object]] | None  # what found the lane busy
    _pullers: tuple[Waiter[None], ...] = ()  # who iterates and waits for data

    # ---------------------------------------------------------------- properties

    @property
    def readable(self) -> bool:
        """Whether data may still come: not destroyed and not ended."""
        return self._life is LIVE and self._read_side is not READ_ENDED

    @property
    def readable_ended(self) -> bool:
        """Whether ``'end'`` was emitted."""
        return self._read_side is READ_ENDED

    readableEnded = readable_ended

    @property
    def readable_flowing(self) -> bool | None:
        """True while data is pushed to listeners, False while paused, None before either."""
        return None if self._flow is FLOW_UNSET else self._flow is FLOWING

    readableFlowing = readable_flowing

    @property
    def readable_length(self) -> int:
        """How much is buffered: bytes, or characters after `set_encoding`."""
        return self._read_length

    readableLength = readable_length

    @property
    def readable_high_water_mark(self) -> int:
        """From how many buffered bytes on nothing more is read."""
        return self._read_high_water_mark

    readableHighWaterMark = readable_high_water_mark

    @property
    def readable_encoding(self) -> str | None:
        """The name given to `set_encoding` in its usual spelling, or None."""
        return self._encoding

    readableEncoding = readable_encoding

    # ---------------------------------------------------------------- public methods

    def on(self, event: Hashable, listener: Any = ABSENT) -> Any:
        """Add a listener; one for ``'data'`` makes a stream flow that nobody has paused.

        Everything else as in `EventEmitter.on`.
        """
        if listener is ABSENT:
            return super().on(event)
        self._add(event, listener, prepend=False)
        if event == "data":
            if self._flow is not PAUSED:
                self.resume()
        elif event == "resume" and self._resumed_in == self._dispatcher.turn:
            self._resume_later()
        return self

    def pause(self: Self) -> Self:
        """Deliver no more ``'data'``. Reading goes on until the buffer is full.

        Emits ``'pause'`` unless paused already. Node: stream, "readable.pause()".
        """
        if self._flow is not PAUSED:
            self._flow = PAUSED
            self.emit("pause")
        return self

    def resume(self: Self) -> Self:
        """Deliver data from the next turn on; without a ``'data'`` listener it is dropped.

        Emits ``'resume'`` then. Node: stream, "readable.resume()".
        """
        if self._flow is not FLOWING:
            self._dispatcher.check_thread(self)
            self._flow = FLOWING
            if self._chunks is None and self._is_reading() and "resume" not in self._events:
                # The next turn has nothing to do, unless this one still adds a 'resume' listener.
                # Most connections come here once; it spares them 5 % of connect-echo-close.
                self._resumed_in = self._dispatcher.turn
            else:
                self._resume_later()
        return self

    def _resume_later(self) -> None:
        if not self._resume_due:
            self._resume_due = True
            self._dispatcher.defer(Readable._resume, self)

    def set_encoding(self: Self, encoding: str | None = None) -> Self:
        """Deliver ``str`` from now on; characters split across chunks are put together.

        Args:
            encoding: utf8 (the default), utf16le, latin1, ascii, hex, base64 or base64url, or
                another name that Node has for one of them.
        Raises:
            TypeError: ``ERR_UNKNOWN_ENCODING``.

        What is buffered already is decoded, too. Node: stream, "readable.setEncoding(encoding)".
        """
        name = normal_name(encoding or "utf8")
        decoder = make_decoder(name)
        text = "".join(
            chunk if isinstance(chunk, str) else decoder.decode(chunk)
            for chunk in self._chunks or ()
        )
        self._decoder, self._encoding = decoder, name
        self._chunks = deque([text]) if text else None
        self._read_length = len(text)
        return self

    setEncoding = set_encoding

    def __iter__(self) -> Iterator[Chunk]:
        """Yield what arrives, in blocking style; leaving the loop early destroys the stream.

        Each step gives all that is buffered. A stream that dies before its end raises its error,
        or ``ERR_STREAM_PREMATURE_CLOSE``. In a listener of the same stream's read lane it raises
        ``ERR_READ_LANE_WAIT``. Node: stream, "readable[Symbol.asyncIterator]()". Differs: at the
        end of the data, what is still to be written goes out before the stream is destroyed.
        """
        check_can_wait("Reading from a stream")
        self._before_wait("data")
        return self._iterate()

    def _iterate(self) -> Iterator[Chunk]:
        outcome: list[BaseException | None] = []

        def conclude(error: BaseException | None) -> None:
            if not outcome:
                outcome.append(error)
            self._wake_pullers()

        def on_end() -> None:
            conclude(None)
            # Two turns on, the stream has ended its own side, and what was written is out or not.
            defer = self._dispatcher.defer
            defer(lambda _: defer(Readable._destroy_unless_needed, self), self)

        def on_close(*_args: object) -> None:
            conclude(None if self.readable_ended else node_error("ERR_STREAM_PREMATURE_CLOSE"))

        self._flow = PAUSED
        self.on("end", on_end).on("error", conclude).on("close", on_close)
        if self.readable_ended:
            conclude(None)
        elif self._life is not LIVE:
            conclude(self._errored or node_error("ERR_STREAM_PREMATURE_CLOSE"))
        try:
            while True:
                chunk = self._take_all() if self._life is LIVE else None
                if chunk is not None:
                    yield chunk
                elif outcome:
                    if outcome[0] is not None:
                        raise outcome[0]
                    return
                else:
                    self._wait_readable()
        finally:
            if outcome and outcome[0] is None:
                self.off("end", on_end).off("error", conclude).off("close", on_close)
            elif self._life is LIVE:
                # The listener for 'error' stays: this error is not one to report.
                self.destroy(AbortError())

    def _destroy_unless_needed(self) -> None:
        if not self._has_more_to_write():
            self.destroy()

    def _has_more_to_write(self) -> bool:
        """Whether a stream that was read to its end is still good for something."""
        return False

    def _wait_readable(self) -> None:
        puller: Waiter[None] = Waiter()
        self._pullers = (*self._pullers, puller)
        try:
            puller.get()
        finally:
            self._pullers = tuple(other for other in self._pullers if other is not puller)

    def _wake_pullers(self) -> None:
        for puller in self._pullers:
            self._dispatcher.loop.run_callback(puller.switch, None)
        self._pullers = ()

    def _waits_for_data(self) -> bool:
        """Whether somebody wants the next data: it flows, or a loop over it waits."""
        return self._flow is FLOWING or bool(self._pullers)

    def _before_wait(self, event: Hashable) -> None:
        self._dispatcher.check_thread(self)
        if event in _LANE_EVENTS and self._lane is gevent.getcurrent():
            raise node_error("ERR_READ_LANE_WAIT", event)

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

    def _resume(self) -> None:
        self._in_lane(Readable._resume_now)

    def _resume_now(self) -> None:
        self._resume_due = False
        self._read_more()
        self.emit("resume")
        self._flow_out()
        if self._flow is FLOWING:
            self._read_more()

    def _flow_out(self) -> None:
        while self._flow is FLOWING and self._chunks:
            chunk = self._chunks.popleft()
            self._read_length -= len(chunk)
            self._read_more()
            if not self._error_emitted and self._life is not CLOSED:
                self.emit("data", chunk)

    def _take_all(self) -> Chunk | None:
        """Everything that is buffered as one chunk, or None; then go on reading."""
        chunks, self._chunks = self._chunks, None
        self._read_length = 0
        if self._life is LIVE:
            self._read_more()
        if not chunks:
            return None
        return chunks[0] if len(chunks) == 1 else chunks[0][:0].join(chunks)

    def _read_more(self) -> None:
        """Have the source go on if there is room, or say that the end was reached."""
        if self._read_side is READ_OPEN:
            if self._has_room() and self._life is LIVE and self._errored is None:
                self._start_reading()
        elif self._read_side is READ_EOF and not self._read_length:
            self._dispatcher.defer(Readable._end, self)

    def _has_room(self) -> bool:
        return self._read_length < self._read_high_water_mark or not self._read_length

    def _is_reading(self) -> bool:
        """Whether the source goes on by itself as it is."""
        return False

    def _start_reading(self) -> None:
        """Have the source call `_push`, until that returns False."""
        raise AssertionError("a subclass says where data comes from")

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
        if self._flow is FLOWING and not self._read_length and "data" in self._events:
            self.emit("data", chunk)
        else:
            self._buffer(chunk)
        return self._has_room()

    def _buffer(self, chunk: Chunk) -> None:
        if self._chunks is None:
            self._chunks = deque()
        self._chunks.append(chunk)
        self._read_length += len(chunk)
        self._wake_pullers()
        if self._flow is FLOWING and not self._resume_due:
            self._flow_out()  # flowing without a listener: nobody wants it

    def _push_eof(self) -> None:
        """Take the end of the data from the source, in the read lane."""
        self._read_side = after(self._read_side, "eof")
        rest = self._decoder.decode(b"", final=True) if self._decoder is not None else ""
        if rest:
            self._buffer(rest)
        self._flow_out()
        self._read_more()
        self._wake_pullers()

    def _end(self) -> None:
        self._in_lane(Readable._end_now)

    def _end_now(self) -> None:
        if (
            self._read_side is READ_EOF
            and not self._read_length
            and self._errored is None
            and self._life is not CLOSED
        ):
            self._read_side = after(self._read_side, "end")
            self._emit_then("end", self._after_end)

    def _after_end(self) -> None:
        """Do what follows ``'end'``."""
