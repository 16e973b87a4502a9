"""``finished``: hearing, or waiting for, the end of a stream, whichever way it ends.

Node: stream, "stream.finished(stream[, options], callback)" and "stream.promises".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gevent.event import AsyncResult

from gnet.checks import check_function
from gnet.dispatcher import check_can_wait
from gnet.errors import AbortError, node_error
from gnet.events.abort import Disposable, add_abort_listener, check_signal
from gnet.stream.destroy import Stream
from gnet.symbols import ABSENT

__all__ = ["finished", "hear_finish"]

Callback = Callable[..., object]


def finished(
    stream: Any,
    *arguments: Any,
    error: bool = True,
    readable: Any = ABSENT,
    writable: Any = ABSENT,
    signal: Any = None,
    cleanup: bool = False,
) -> Any:
    """Wait until a stream is over, or, with a callback, be told.

    Args:
        stream: A `gnet.Socket`.
        arguments: Node's options object, and perhaps a callback: called once, with None when
            the stream has ended well, else with the error.
        error: Whether an ``'error'`` event that comes after the end counts.
        readable: Whether to wait for the readable half; by default if the stream has one.
        writable: Whether to wait for the writable half; by default if the stream has one.
        signal: Gives up with `AbortError` when it fires; the stream stays as it is.
        cleanup: Take all listeners off again; else one for ``'error'`` stays, so that late
            errors are not reported as unheard. With a callback, call the result for that.
    Returns:
        None when it is over; with a callback, at once, a function that takes the listeners off.
    Raises:
        Exception: The error the stream was destroyed with.
        GnetError: ``ERR_STREAM_PREMATURE_CLOSE`` if it was closed before its end;
            ``ERR_HUB_CANNOT_WAIT``; ``ERR_READ_LANE_WAIT`` in a listener that holds up the
            stream's own ``'end'``.
        TypeError: ``ERR_INVALID_ARG_TYPE``.

    Node: stream, "stream.finished()", and "streamPromises.finished()" without a callback.
    Differs: who is killed while waiting leaves no listener; nor does the signal keep one when
    the others are taken off.
    """
    callback = None
    given = list(arguments)
    if given and callable(given[-1]):
        callback = given.pop()
    options: dict[str, Any] = {
        "error": error,
        "readable": readable,
        "writable": writable,
        "signal": signal,
        "cleanup": cleanup,
    }
    if given and given[0] is not None:
        if not isinstance(given[0], Mapping):
            raise node_error("ERR_INVALID_ARG_TYPE", "options", "object", given[0])
        options.update({key: given[0][key] for key in options if key in given[0]})
    if len(given) > 1:
        check_function(given[1], "callback")
    automatic = options.pop("cleanup")
    if callback is not None:
        return hear_finish(stream, callback, **options)
    if automatic and not isinstance(automatic, bool):
        raise node_error("ERR_INVALID_ARG_TYPE", "cleanup", "boolean", automatic)
    check_can_wait("finished()")
    if isinstance(stream, Stream):
        duplex: Any = stream
        half = options["readable"]
        reads = half is ABSENT or half is None or half
        # The read lane is needed only for an 'end' that is still to come.
        duplex._before_wait("end" if reads and not duplex.readable_ended else "finish")
    result: AsyncResult[None] = AsyncResult()

    def over(failure: BaseException | None) -> None:
        if failure is None:
            result.set(None)
        else:
            result.set_exception(failure)

    undo = hear_finish(stream, over, **options)
    try:
        result.get()
    finally:
        if automatic or not result.ready():
            undo()
    return None


def hear_finish(
    stream: Any,
    callback: Callback,
    *,
    error: bool = True,
    readable: Any = ABSENT,
    writable: Any = ABSENT,
    signal: Any = None,
) -> Callable[[], None]:
    """Call back once when the stream is over. Arguments and errors are those of `finished`.

    Returns:
        A function that takes the listeners off; the callback is not called any more.
    """
    if signal is not None:
        check_signal(signal, "options.signal")
    if not isinstance(stream, Stream):
        names = ["ReadableStream", "WritableStream", "Stream"]
        raise node_error("ERR_INVALID_ARG_TYPE", "stream", names, stream)
    duplex: Any = stream
    ear = _Ear(
        duplex,
        callback,
        readable is ABSENT or readable is None or readable,
        writable is ABSENT or writable is None or writable,
    )
    ear.listen(error)
    if signal is not None and not stream.closed:
        ear.obey(signal)
    return ear.clean_up


class _Ear:
    """What listens to one stream for one callback."""

    def __init__(self, stream: Any, callback: Callback, readable: bool, writable: bool) -> None:
        self._stream = stream
        self._callback: Callback | None = callback
        self._readable, self._writable = readable, writable
        self._read_over = stream._is_read_to_end()
        self._write_over = stream._is_written_to_end()
        self._abort_listener = Disposable(lambda: None)

    def listen(self, error: bool) -> None:
        stream = self._stream
        stream.on("end", self._on_end).on("finish", self._on_finish)
        if error:
            stream.on("error", self._tell)
        stream.on("close", self._on_close)
        later = stream._dispatcher.defer
        if stream.closed:
            later(lambda _: self._on_close(), stream)
        elif (
            not self._readable
            and (self._write_over or not stream.writable)
            and not stream._has_callbacks_to_call()
        ) or (not self._writable and (self._read_over or not stream.readable)):
            later(lambda _: self._tell(stream.errored), stream)

    def obey(self, signal: Any) -> None:
        def abort(_: object = None) -> None:
            tell, self._callback = self._callback, None
            self.clean_up()
            if tell is not None:
                tell(AbortError(signal.reason))

        if signal.aborted:
            self._stream._dispatcher.defer(abort, self._stream)
        else:
            self._abort_listener = add_abort_listener(signal, abort)

    def clean_up(self) -> None:
        self._callback = None
        self._abort_listener.dispose()
        stream = self._stream
        for event, listener in (
            ("finish", self._on_finish),
            ("end", self._on_end),
            ("error", self._tell),
            ("close", self._on_close),
        ):
            stream.remove_listener(event, listener)

    def _tell(self, failure: Any = None) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            self._abort_listener.dispose()
            callback(failure)

    def _on_finish(self) -> None:
        self._write_over = True
        if not self._readable or self._read_over:
            self._tell()

    def _on_end(self) -> None:
        self._read_over = True
        if not self._writable or self._write_over:
            self._tell()

    def _on_close(self, *_: object) -> None:
        stream = self._stream
        failure = stream.errored
        cut_short = (self._readable and not self._read_over and not stream._is_read_to_end()) or (
            self._writable and not self._write_over and not stream._is_written_to_end()
        )
        if failure is None and cut_short:
            failure = node_error("ERR_STREAM_PREMATURE_CLOSE")
        self._tell(failure)
