"""The outgoing half of a stream: one chunk under way, the others queued, ``'drain'``, ``end``.

Node: stream, "Writable streams"; the order of callbacks and events is that of
`lib/internal/streams/writable.js`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from gnet.errors import node_error
from gnet.states import (
    LIVE,
    WRITE_ENDING,
    WRITE_FINISHED,
    WRITE_OPEN,
    WRITE_SHUTTING,
    WriteSide,
    after,
)
from gnet.stream.destroy import DEFAULT_HIGH_WATER_MARK, Stream
from gnet.stream.encoding import encode, normal_name

__all__ = ["Writable"]

Self = TypeVar("Self", bound="Writable")
Callback = Callable[[BaseException | None], object]


class Writable(Stream):
    """The writable half. What is underneath takes bytes by `_write` and the end by `_final`."""

    __slots__ = ()

    _write_side: WriteSide
    _write_high_water_mark: int = DEFAULT_HIGH_WATER_MARK
    _write_length: int = 0  # taken by write() and not yet out: bytes, or a string's UTF-16 units
    # Length and callback of what _write() has.
    _under_way: tuple[int, Callback | None] | None = None
    _queue: deque[tuple[bytes, int, Callback | None]] | None = (
        None  # made when something has to wait
    )
    _need_drain: bool = False  # write() returned False: 'drain' is owed, whatever the state
    _finish_callbacks: list[Callback] | None = None
    _corked: int = 0  # how many uncork() are missing
    _default_encoding: str = "utf8"

    # ---------------------------------------------------------------- properties

    @property
    def writable(self) -> bool:
        """Whether `write` makes sense: not destroyed, failed or ended."""
        return self._life is LIVE and self._errored is None and self._write_side is WRITE_OPEN

    @property
    def writable_ended(self) -> bool:
        """Whether `end` was called."""
        return self._write_side is not WRITE_OPEN

    writableEnded = writable_ended

    @property
    def writable_finished(self) -> bool:
        """Whether all is out: true right before ``'finish'``."""
        return self._write_side is WRITE_FINISHED

    writableFinished = writable_finished

    @property
    def writable_length(self) -> int:
        """How many bytes were written and are not out yet; a string counts its UTF-16 units."""
        self._send_gathered()
        return self._write_length

    writableLength = writable_length

    @property
    def writable_high_water_mark(self) -> int:
        """From how many such bytes on `write` returns False."""
        return self._write_high_water_mark

    writableHighWaterMark = writable_high_water_mark

    @property
    def writable_need_drain(self) -> bool:
        """Whether `write` has returned False and ``'drain'`` is still to come."""
        self._send_gathered()
        return self._life is LIVE and self._write_side is WRITE_OPEN and self._need_drain

    writableNeedDrain = writable_need_drain

    @property
    def writable_corked(self) -> int:
        """How many more times `uncork` has to be called than `cork` was."""
        return self._corked

    writableCorked = writable_corked

    @property
    def writable_aborted(self) -> bool:
        """Whether the stream was destroyed, or failed, before ``'finish'``."""
        is_gone = self._life is not LIVE or self._errored is not None
        return is_gone and self._write_side is not WRITE_FINISHED

    writableAborted = writable_aborted

    @property
    def writable_object_mode(self) -> bool:
        """False: what goes out is bytes or text."""
        return False

    writableObjectMode = writable_object_mode

    # ---------------------------------------------------------------- public methods

    def cork(self) -> None:
        """Keep what is written until `uncork`, and send it in one go then.

        Several calls need as many of `uncork`; `end` does them all. Node: stream,
        "writable.cork()".
        """
        self._dispatcher.check_thread(self)
        self._corked += 1

    def uncork(self) -> None:
        """Undo one `cork`; after the last, what was written meanwhile goes out."""
        self._dispatcher.check_thread(self)
        if self._corked:
            self._corked -= 1
            if self._under_way is None:
                self._send_queued()

    def set_default_encoding(self: Self, encoding: str) -> Self:
        """Set the encoding of text that is written without one; utf8 before.

        Raises:
            TypeError: ``ERR_UNKNOWN_ENCODING``.

        Node: stream, "writable.setDefaultEncoding(encoding)".
        """
        normal_name(encoding)
        self._default_encoding = encoding
        return self

    setDefaultEncoding = set_default_encoding

    def write(
        self,
        chunk: Any,
        encoding: str | Callback | None = None,
        callback: Callback | None = None,
    ) -> bool:
        """Send a chunk, or queue it behind what is on its way.

        Args:
            chunk: ``bytes``, ``bytearray``, ``memoryview`` or ``str``. What is mutable is copied
                if it cannot go out at once.
            encoding: Of a ``str``; utf8 if left out. May be left out before the callback.
            callback: Called with None when the chunk is out, or with the error.
        Returns:
            Whether to go on writing. If not, wait for ``'drain'``: the stream takes what is
            written meanwhile, but holds it in memory.
        Raises:
            TypeError: ``ERR_STREAM_NULL_VALUES`` for None, ``ERR_INVALID_ARG_TYPE`` for another
                type, ``ERR_UNKNOWN_ENCODING``.

        After `end` the callback and ``'error'`` get ``ERR_STREAM_WRITE_AFTER_END``, after
        `destroy` the callback gets ``ERR_STREAM_DESTROYED``. Node: stream,
        "writable.write(chunk[, encoding][, callback])".
        """
        if callable(encoding):
            encoding, callback = None, encoding
        return self._take(chunk, encoding, callback) is True

    def end(
        self: Self,
        chunk: Any = None,
        encoding: str | Callback | None = None,
        callback: Callback | None = None,
    ) -> Self:
        """Write a last chunk, if any, and finish when all is out.

        Args:
            chunk: As for `write`; may be left out before the callback.
            encoding: As for `write`.
            callback: Called with None right before ``'finish'``, or with the error that
                prevents it.
        Returns:
            The stream itself. Node: stream, "writable.end([chunk[, encoding]][, callback])".
        """
        if callable(chunk):
            chunk, encoding, callback = None, None, chunk
        elif callable(encoding):
            encoding, callback = None, encoding
        self._dispatcher.check_thread(self)
        taken = True if chunk is None else self._take(chunk, encoding, None)
        error = taken if isinstance(taken, BaseException) else None
        if self._corked:
            self._corked = 1
            self.uncork()
        if error is not None:
            pass  # told already, to 'error'
        elif self._write_side is WRITE_OPEN and self._errored is None:
            self._write_side = after(self._write_side, "end")
            self._finish_maybe()
        elif self._write_side is WRITE_FINISHED:
            error = node_error("ERR_STREAM_ALREADY_FINISHED", "end")
        elif self._life is not LIVE:
            error = node_error("ERR_STREAM_DESTROYED", "end")
        if callback is not None:
            self._call_at_finish(callback, error or self._errored)
        return self

    def _call_at_finish(self, callback: Callback, error: BaseException | None) -> None:
        if error is not None or self._write_side is WRITE_FINISHED:
            self._dispatcher.defer(lambda _: callback(error), self)
        elif self._finish_callbacks is None:
            self._finish_callbacks = [callback]
        else:
            self._finish_callbacks.append(callback)

    # ---------------------------------------------------------------- what is underneath

    def _write(self, chunks: list[bytes]) -> bool:
        """Send the chunks, all of them or nothing as far as the caller can see.

        Returns:
            True if they are out; False if `_written` will tell.
        Raises:
            Exception: What `_written` would have been told.
        """
        raise AssertionError("a subclass says where data goes")

    def _send_gathered(self) -> None:
        """Send now what is kept back underneath until the present event is over."""

    def _final(self) -> None:
        """Say the end underneath, and call `_final_done` then, in a later turn."""
        raise AssertionError("a subclass says how its end is told")

    # ---------------------------------------------------------------- writing

    def _take(self, chunk: Any, encoding: Any, callback: Callback | None) -> bool | BaseException:
        """Write; the answer is that of `write`, or the error that kept the chunk out."""
        self._dispatcher.check_thread(self)
        if not callable(callback):
            callback = None  # as in Node, anything else counts as none
        data = self._bytes(chunk, encoding)
        error = None
        if self._write_side is not WRITE_OPEN:
            error = node_error("ERR_STREAM_WRITE_AFTER_END")
        elif self._life is not LIVE:
            error = node_error("ERR_STREAM_DESTROYED", "write")
        if error is not None:
            if callback is not None:
                tell = callback
                self._dispatcher.defer(lambda _: tell(error), self)
            self.destroy(error)
            return error
        length = len(data)
        if isinstance(chunk, str):  # Node's sockets keep strings as they are and count their length
            length = len(chunk) if chunk.isascii() else len(encode(chunk, "utf16le")) // 2
        self._write_length += length
        if self._under_way is None and self._errored is None and not self._corked:
            self._send([data], length, callback)
        else:
            if self._queue is None:
                self._queue = deque()
            self._queue.append((data, length, callback))
        if self._write_length >= self._write_high_water_mark and self._write_length:
            self._need_drain = True
            return False
        return self._life is LIVE and self._errored is None

    def _bytes(self, chunk: Any, encoding: Any) -> bytes:
        if chunk is None:
            raise node_error("ERR_STREAM_NULL_VALUES")
        if encoding and encoding != "buffer":
            normal_name(encoding)
        if isinstance(chunk, bytes):
            return chunk
        if isinstance(chunk, str):
            return encode(chunk, encoding or self._default_encoding)
        if isinstance(chunk, (bytearray, memoryview)):
            return bytes(chunk)
        raise node_error(
            "ERR_INVALID_ARG_TYPE", "chunk", ["string", "Buffer", "TypedArray", "DataView"], chunk
        )

    def _send(self, chunks: list[bytes], length: int, callback: Callback | None) -> None:
        self._under_way = (length, callback)
        try:
            out = self._write(chunks)
        except Exception as error:  # whatever it is, it ends this stream
            self._fail_later(error, callback)
            return
        if not out:
            return
        self._under_way = None
        self._write_length -= length
        self._send_queued()
        if callback is not None or (self._need_drain and not self._write_length):
            self._dispatcher.defer(lambda _: self._after_write(callback), self)
        else:
            self._finish_maybe()

    def _written(self, error: BaseException | None = None) -> None:
        """Hear from underneath what became of a `_write` that had returned False."""
        assert self._under_way is not None
        length, callback = self._under_way
        self._under_way = None
        self._write_length -= length
        if error is not None:
            self._fail(error, callback)
            return
        self._send_queued()
        self._after_write(callback)

    def _send_queued(self) -> None:
        if self._queue is None or self._corked or self._life is not LIVE:
            return
        queued, self._queue = self._queue, None
        callbacks = [callback for _, _, callback in queued if callback is not None]

        def tell_all(error: BaseException | None) -> None:
            self._call_each(callbacks, error)

        self._send(
            [data for data, _, _ in queued], self._write_length, tell_all if callbacks else None
        )

    def _after_write(self, callback: Callback | None) -> None:
        if (
            self._need_drain
            and not self._write_length
            and self._write_side is WRITE_OPEN
            and self._life is LIVE
        ):
            self._need_drain = False
            self._emit_then("drain", lambda: self._call_back(callback))
        else:
            self._call_back(callback)

    def _call_back(self, callback: Callback | None) -> None:
        try:
            if callback is not None:
                callback(None)
        finally:
            if self._life is not LIVE:
                self._fail_queued()
            self._finish_maybe()

    def _fail_later(self, error: BaseException, callback: Callback | None) -> None:
        if self._errored is None:
            self._errored = error
        length, _ = self._under_way or (0, None)
        self._under_way = None
        self._write_length -= length
        self._dispatcher.defer(lambda _: self._fail(error, callback), self)

    def _fail(self, error: BaseException, callback: Callback | None) -> None:
        if self._errored is None:
            self._errored = error
        if callback is not None:
            callback(error)
        self._fail_queued()
        self.destroy(error)

    def _fail_queued(self) -> None:
        """Tell those whose chunks will never go out, and those who wait for the finish."""
        if self._under_way is not None:
            return  # they come after the one that is on its way
        queued, self._queue = self._queue, None
        self._write_length -= sum(length for _, length, _ in queued or ())
        callbacks = [callback for _, _, callback in queued or () if callback is not None]
        self._call_each(callbacks, self._errored or node_error("ERR_STREAM_DESTROYED", "write"))
        self._tell_finish(self._errored or node_error("ERR_STREAM_DESTROYED", "end"))

    def _fail_what_waits(self) -> None:
        if self._life is not LIVE:  # else it has begun anew, and waits for something else
            self._fail_queued()

    def _call_each(self, callbacks: list[Callback], error: BaseException | None) -> None:
        """Call all of them, even if one raises: each is owed its call."""
        for callback in callbacks:
            try:
                callback(error)
            except Exception as failure:  # as if each were a task of its own
                self._on_task_error(failure)

    def _before_destroy(self) -> None:
        if self._queue is not None or self._finish_callbacks is not None:
            self._dispatcher.defer(Writable._fail_what_waits, self)

    # ---------------------------------------------------------------- ending

    def _is_written_to_end(self) -> bool:
        """Whether `end` was called and nothing is left to send."""
        return self._write_side is not WRITE_OPEN and not self._write_length

    def _has_callbacks_to_call(self) -> bool:
        """Whether a write or the end is still on its way."""
        return self._under_way is not None or self._write_side in (WRITE_ENDING, WRITE_SHUTTING)

    def _is_flushed(self) -> bool:
        return (
            self._life is LIVE
            and self._errored is None
            and self._under_way is None
            and not self._write_length
        )

    def _finish_maybe(self) -> None:
        if self._write_side is WRITE_ENDING and self._is_flushed():
            self._write_side = after(self._write_side, "flushed")
            self._final()

    def _final_done(self, error: BaseException | None = None) -> None:
        """Hear from underneath that the end was told, or why not."""
        if error is not None:
            self._tell_finish(error)
            self.destroy(error)
        elif self._write_side is WRITE_SHUTTING and self._is_flushed():
            self.emit("prefinish")
            self._dispatcher.defer(Writable._finish, self)

    def _finish(self) -> None:
        if self._write_side is not WRITE_SHUTTING:
            return  # destroyed and connected again meanwhile
        self._write_side = after(self._write_side, "finish")
        self._tell_finish(None)
        self.emit("finish")
        self._after_finish()

    def _after_finish(self) -> None:
        """Do what follows ``'finish'``."""

    def _tell_finish(self, error: BaseException | None) -> None:
        callbacks, self._finish_callbacks = self._finish_callbacks, None
        self._call_each(callbacks or [], error)
