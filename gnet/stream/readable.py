"""The incoming half of a stream as its users see it: flowing, pulling, piping, iterating.

How data gets from the source to them is `gnet.stream.incoming`'s. Node: stream,
"Readable streams".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, TypeVar

from gnet.checks import parse_int
from gnet.dispatcher import check_can_wait
from gnet.errors import node_error
from gnet.states import (
    FLOW_UNSET,
    FLOWING,
    LIVE,
    NOTICE_DUE,
    NOTICE_IDLE,
    NOTICE_WANTED,
    PAUSED,
    READ_ENDED,
    READ_OPEN,
)
from gnet.stream.encoding import encode, make_decoder, normal_name
from gnet.stream.incoming import Chunk, Incoming
from gnet.stream.iteration import iterate
from gnet.stream.pipe import Pipe
from gnet.symbols import ABSENT

__all__ = ["Readable"]

Self = TypeVar("Self", bound="Readable")

#: Bytes beyond which a high-water mark does not grow. Node: 1 GiB.
_MOST_BUFFERED = 2**30


def _next_power_of_two(size: int) -> int:
    if size > _MOST_BUFFERED:
        raise node_error("ERR_OUT_OF_RANGE", "size", "<= 1GiB", size)
    return 1 << (size - 1).bit_length()


class Readable(Incoming):
    """The readable half."""

    __slots__ = ()

    _encoding: str | None = None
    _push_encoding: str = "utf8"  # of text that is pushed or unshifted
    _pipes: tuple[Pipe, ...] = ()
    _loops: int = 0  # that iterate over it
    _loops_waiting: int = 0  # those that are not in their bodies
    _stalled: frozenset[Any] = frozenset()  # destinations of pipes that are waited for

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

    @property
    def readable_did_read(self) -> bool:
        """Whether any data was delivered, or taken by `read`."""
        return self._did_read

    readableDidRead = readable_did_read

    @property
    def readable_aborted(self) -> bool:
        """Whether the stream was destroyed before ``'end'``."""
        is_gone = self._life is not LIVE or self._errored is not None
        return is_gone and self._read_side is not READ_ENDED

    readableAborted = readable_aborted

    @property
    def readable_object_mode(self) -> bool:
        """False: what comes is bytes or text."""
        return False

    readableObjectMode = readable_object_mode

    # ---------------------------------------------------------------- listeners

    def on(self, event: Hashable, listener: Any = ABSENT) -> Any:
        """Add a listener; one for ``'data'`` makes a stream flow that nobody has paused.

        One for ``'readable'`` keeps it from flowing: its listener is to call `read`. Everything
        else as in `EventEmitter.on`. Node: stream, event ``'readable'``.
        """
        if listener is ABSENT:
            return super().on(event)
        self._add(event, listener)
        if event == "data":
            if self._flow is not PAUSED:
                self.resume()
        elif event == "readable":
            self._begin_pulling()
        elif event == "resume" and self._resumed_in == self._dispatcher.turn:
            self._resume_later()
        return self

    def remove_listener(self: Self, event: Hashable, listener: Any) -> Self:
        """Take a listener off; without one for ``'readable'`` the stream may flow again, later.

        Everything else as in `EventEmitter.remove_listener`.
        """
        super().remove_listener(event, listener)
        if event == "readable":
            self._review_pulling_later()
        return self

    removeListener = remove_listener

    def remove_all_listeners(self: Self, event: Hashable = ABSENT) -> Self:
        """Take all listeners off, as `EventEmitter.remove_all_listeners` does."""
        super().remove_all_listeners(event)
        if event == "readable" or event is ABSENT:
            self._review_pulling_later()
        return self

    removeAllListeners = remove_all_listeners

    # ---------------------------------------------------------------- flowing

    def pause(self: Self) -> Self:
        """Deliver no more ``'data'``. Reading goes on until the buffer is full.

        Emits ``'pause'`` unless paused already. Node: stream, "readable.pause()".
        """
        self._dispatcher.check_thread(self)
        self._is_plain = False
        if self._flow is not PAUSED:
            self._flow = PAUSED
            self._detour()
            self.emit("pause")
        self._asked_flow = PAUSED
        return self

    def resume(self: Self) -> Self:
        """Deliver data from the next turn on; without a ``'data'`` listener it is dropped.

        Emits ``'resume'`` then. While somebody listens for ``'readable'``, nothing flows.
        Node: stream, "readable.resume()".
        """
        if self._is_plain:
            if self._flow is FLOWING:
                return self
            if self._chunks is None and self._is_reading() and "resume" not in self._events:
                # The next turn has nothing to do, unless this one still adds a 'resume' listener.
                # Most connections come here once; it spares them 5 % of connect-echo-close.
                self._dispatcher.check_thread(self)
                self._flow = FLOWING
                self._resumed_in = self._dispatcher.turn
                self._straighten()
                return self
        self._resume_fully()
        return self

    def _resume_fully(self) -> None:
        if not self._is_plain:
            self._asked_flow = FLOWING
        if self._flow is not FLOWING:
            self._dispatcher.check_thread(self)
            self._flow = PAUSED if self._is_pulled else FLOWING
            self._resume_later()

    def is_paused(self) -> bool:
        """Whether the stream was paused, by `pause` or a listener for ``'readable'``."""
        return self._asked_flow is PAUSED or self._flow is PAUSED

    isPaused = is_paused

    def set_encoding(self: Self, encoding: str | None = None) -> Self:
        """Deliver ``str`` from now on; characters split across chunks are put together.

        Args:
            encoding: utf8 (the default), utf16le, latin1, ascii, hex, base64 or base64url, or
                another name that Node has for one of them.
        Raises:
            TypeError: ``ERR_UNKNOWN_ENCODING``.

        What is buffered already is decoded, too. Node: stream, "readable.setEncoding(encoding)".
        """
        self._dispatcher.check_thread(self)
        name = normal_name(encoding or "utf8")
        decoder = make_decoder(name)
        self._trim_first()
        text = "".join(
            chunk if isinstance(chunk, str) else decoder.decode(chunk)
            for chunk in self._chunks or ()
        )
        self._decoder, self._encoding = decoder, name
        self._detour()
        self._chunks = deque([text]) if text else None
        self._read_length = len(text)
        return self

    setEncoding = set_encoding

    # ---------------------------------------------------------------- pulling

    def read(self, size: Any = ABSENT) -> Chunk | None:
        """Take buffered data, without waiting for any.

        Args:
            size: How many bytes, or characters after `set_encoding`; all that is buffered if left
                out. 0 takes nothing, but has the stream look for more. More than the high-water
                mark raises that mark.
        Returns:
            As much as was asked for, or what is left before the end; None if there is less:
            ``'readable'`` will tell of more. What is returned is emitted as ``'data'``, too.
        Raises:
            ValueError: ``ERR_OUT_OF_RANGE`` if ``size`` is over 1 GiB.

        Node: stream, "readable.read([size])".
        Example:
            @socket.on('readable')
            def take():
                while (chunk := socket.read()) is not None:
                    print(chunk)
        """
        self._dispatcher.check_thread(self)
        wanted = parse_int(size)
        if wanted is not None and wanted > self._read_high_water_mark:
            self._read_high_water_mark = _next_power_of_two(wanted)
        if wanted == 0:
            self._look_for_data()
            return None
        if self._notice is NOTICE_DUE:
            self._notice = NOTICE_IDLE
        is_over = self._read_side is not READ_OPEN
        amount = self._available(wanted)
        if not is_over:
            self._pull_source(amount)
        chunk = self._take_out(amount) if amount else None
        if is_over:
            if not self._read_length and wanted != amount:  # asked for more than there will be
                self._dispatcher.defer(Incoming._end, self)
        elif not self._read_length or (
            chunk is None and self._read_length <= self._read_high_water_mark
        ):
            self._want_notice()
        if chunk is not None and not self._error_emitted and self._may_deliver():
            self._did_read = True
            self.emit("data", chunk)
        return chunk

    def push(self, chunk: Any, encoding: str | None = None) -> bool:
        """Add to the end of what was read, as if it had come from the source.

        Args:
            chunk: ``bytes``, ``bytearray``, ``memoryview`` or ``str``; None for the end.
            encoding: Of a ``str``; utf8, or what `set_default_encoding` was given.
        Returns:
            Whether there is room for more.

        What cannot be added destroys the stream: ``ERR_INVALID_ARG_TYPE``,
        ``ERR_STREAM_PUSH_AFTER_EOF``. Node: stream, "readable.push(chunk[, encoding])".
        """
        self._dispatcher.check_thread(self)
        if chunk is None:
            if self._read_side is READ_OPEN:
                self._stop_reading()
                self._in_lane(Incoming._push_eof)
            return False
        data = self._readable_bytes(chunk, encoding, decoded=False)
        if data is None:
            return False
        if not data:
            return self._can_take_more()
        if self._read_side is not READ_OPEN:
            self.destroy(node_error("ERR_STREAM_PUSH_AFTER_EOF"))
            return False
        if self._life is not LIVE or self._errored is not None:
            return False
        if self._decoder is not None and not isinstance(data, str):
            data = self._decoder.decode(data)
        if data:
            self._insert(data, in_front=False)
        return self._can_take_more()

    def unshift(self, chunk: Any, encoding: str | None = None) -> bool:
        """Put back in front what was read too far.

        Args:
            chunk: As for `push`.
            encoding: As for `push`.
        Returns:
            Whether there is room for more.

        A stream that flows with nothing buffered delivers it at once. After ``'end'`` it destroys
        the stream: ``ERR_STREAM_UNSHIFT_AFTER_END_EVENT``. Node: stream,
        "readable.unshift(chunk[, encoding])".
        """
        self._dispatcher.check_thread(self)
        if chunk is None:
            return self.push(None)
        data = self._readable_bytes(chunk, encoding, decoded=True)
        if data is None:
            return False
        if data and self._read_side is READ_ENDED:
            self.destroy(node_error("ERR_STREAM_UNSHIFT_AFTER_END_EVENT"))
        elif data and (self._life is not LIVE or self._errored is not None):
            return False
        elif data:
            self._insert(data, in_front=True)
        return self._can_take_more()

    def _readable_bytes(self, chunk: Any, encoding: str | None, *, decoded: bool) -> Chunk | None:
        """What a user adds to the buffer; None if it can't be, which destroys the stream."""
        if isinstance(chunk, str):
            name = normal_name(encoding or self._push_encoding)
            if name == self._encoding:
                return chunk
            data = encode(chunk, name)
            if decoded and self._encoding is not None:
                return make_decoder(self._encoding).decode(data, final=True)
            return data
        if isinstance(chunk, (bytes, bytearray, memoryview)):
            # As in Node, bytes that are put back among text are taken for utf8.
            is_text = decoded and self._encoding is not None
            return bytes(chunk).decode(errors="replace") if is_text else bytes(chunk)
        names = ["string", "Buffer", "TypedArray", "DataView"]
        self.destroy(node_error("ERR_INVALID_ARG_TYPE", "chunk", names, chunk))
        return None

    def _can_take_more(self) -> bool:
        return self._read_side is READ_OPEN and self._has_room()

    # ---------------------------------------------------------------- telling who pulls

    def _begin_pulling(self) -> None:
        if self._read_side is READ_ENDED or self._is_pulled:
            return
        if self._resumed_in == self._dispatcher.turn:
            self._resume_later()
        if self._flow is FLOWING:
            self._asked_flow = FLOWING
        self._is_plain = False
        self._is_pulled = True
        self._flow = PAUSED
        self._detour()
        self._notice = NOTICE_WANTED
        if self._read_length:
            self._notify_later()
        elif not self._is_reading():
            self._dispatcher.defer(Readable._look_for_data, self)

    def _review_pulling_later(self) -> None:
        if self._resumed_in == self._dispatcher.turn:
            self._resume_later()
        self._is_plain = False
        self._dispatcher.defer(Readable._review_pulling, self)

    def _review_pulling(self) -> None:
        """See, a turn after a listener for ``'readable'`` went, whether to flow again."""
        self._is_pulled = "readable" in self._events
        if self._resume_due and self._asked_flow is FLOWING:
            self._flow = FLOWING
        elif "data" in self._events:
            self.resume()
        elif not self._is_pulled:
            self._flow = FLOW_UNSET
            self._detour()

    # ---------------------------------------------------------------- piping, iterating

    def pipe(self, destination: Any, options: Any = None, *, end: bool = True) -> Any:
        """Write to ``destination`` whatever is read, no faster than it takes it.

        Args:
            destination: A stream that can be written to.
            options: Node's options object: ``{'end': False}``.
            end: Whether the end of this stream ends ``destination``.
        Returns:
            ``destination``, which has emitted ``'pipe'``, so that pipes can be chained.

        An error of either stream ends neither the other nor is it handled: `gnet.pipeline` sees to
        both. Node: stream, "readable.pipe(destination[, options])".
        Example:
            client.pipe(upstream).pipe(client)
        """
        if options is not None:
            end = options.get("end") is not False
        pipe = Pipe(self, destination, end)
        self._pipes = (*self._pipes, pipe)
        self._pipes_changed()
        pipe.start()
        return destination

    def unpipe(self: Self, destination: Any = None) -> Self:
        """Undo `pipe` to ``destination``, or to all, and pause unless another one is left.

        Emits ``'unpipe'`` on the destination. Node: stream, "readable.unpipe([destination])".
        """
        if destination is None:
            gone, self._pipes = self._pipes, ()
        else:
            gone = tuple(pipe for pipe in self._pipes if pipe.destination is destination)[:1]
            self._pipes = tuple(pipe for pipe in self._pipes if pipe not in gone)
        if gone:
            self._pipes_changed()
        if gone and not self._pipes:
            self.pause()
        for pipe in gone:
            pipe.destination.emit("unpipe", self, {"hasUnpiped": False})
        return self

    def _pipes_changed(self) -> None:
        """Hear that `pipe` or `unpipe` has changed to whom the data goes."""

    def __iter__(self) -> Iterator[Chunk]:
        """Yield what arrives, in blocking style; leaving the loop early destroys the stream.

        Each step gives all that is buffered. A stream that dies before its end raises its error,
        or ``ERR_STREAM_PREMATURE_CLOSE``. In a listener of the same stream's read lane it raises
        ``ERR_READ_LANE_WAIT``. Node: stream, "readable[Symbol.asyncIterator]()". Differs: at the
        end of the data, what is still to be written goes out before the stream is destroyed.
        """
        return self.iterator()

    def iterator(
        self, options: Mapping[str, Any] | None = None, *, destroy_on_return: bool = True
    ) -> Iterator[Chunk]:
        """Iterate as ``for chunk in stream`` does, with a choice of how that ends.

        Args:
            options: Node's options object: ``{'destroyOnReturn': False}``.
            destroy_on_return: Whether leaving the loop early, by a kill or a time-out, too, or its
                end, destroys the stream.
        Raises:
            TypeError: ``ERR_INVALID_ARG_TYPE`` if the options are no mapping.

        Node: stream, "readable.iterator([options])".
        """
        if options is not None:
            if not isinstance(options, Mapping):
                raise node_error("ERR_INVALID_ARG_TYPE", "options", "object", options)
            destroy_on_return = options.get("destroyOnReturn") is not False
        check_can_wait("Reading from a stream")
        self._before_wait("data")
        return iterate(self, destroy_on_return)

    def _waits_for_data(self) -> bool:
        """Whether somebody wants the next data, and does nothing else meanwhile."""
        if self._loops:
            return self._loops_waiting == self._loops
        return self._flow is FLOWING or "readable" in self._events
