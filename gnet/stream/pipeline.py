"""``pipeline``: streams, iterables and generators joined, all ended or destroyed together.

Node: stream, "stream.pipeline(source[, ...transforms], destination, callback)".
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import ExitStack
from typing import Any

import gevent
from gevent.event import AsyncResult, Event

from gnet.dispatcher import NOBODY, TaskOwner, check_can_wait, dispatcher
from gnet.errors import AbortError, node_error
from gnet.events.abort import add_abort_listener, check_signal
from gnet.stream.destroy import Stream
from gnet.stream.finished import hear_finish

__all__ = ["pipeline"]


def pipeline(*streams: Any, signal: Any = None, end: bool = True) -> Any:
    """Pipe each stream into the next one, and wait until all is through, or destroy them all.

    Args:
        streams: A source (a stream, an iterable, or a function that returns one), any number of
            streams or functions that take an iterable and return one, and a destination (a
            stream, or a function that takes an iterable). At last, perhaps, Node's options
            object, or a callback, which gets the error or None, and what a function before it
            returned. A function as destination needs one of the two behind it.
        signal: Destroys all of it when it fires.
        end: Whether the end of the source ends the destination.
    Returns:
        What a function as destination returned, else None. With a callback, at once, the
        destination.
    Raises:
        Exception: What the first of them failed with.
        GnetError: ``ERR_STREAM_PREMATURE_CLOSE``, ``ERR_STREAM_UNABLE_TO_PIPE``,
            ``ERR_HUB_CANNOT_WAIT``; ``ERR_READ_LANE_WAIT`` in a listener that holds up the data
            of one that is read.
        TypeError: ``ERR_MISSING_ARGS`` for fewer than two streams, ``ERR_INVALID_ARG_TYPE``,
            ``ERR_INVALID_RETURN_VALUE``.

    Functions run in greenlets of their own and may block; they end with the pipeline, and so do
    the generators they have made or were given. Who is killed while waiting, or by a
    ``gevent.Timeout``, gives it up: all of it is destroyed with `AbortError`. Node: stream,
    "stream.pipeline()", and "streamPromises.pipeline()" without a callback. Differs: a function
    gets no signal, and as destination it is no stream to go on from.
    Example:
        gnet.pipeline(client, upstream, client)
    """
    parts = list(streams)
    callback = None
    if parts and callable(parts[-1]):
        callback = parts.pop()
    elif parts and isinstance(parts[-1], Mapping):
        options = parts.pop()
        signal, end = options.get("signal", signal), options.get("end", end)
    if len(parts) == 1 and isinstance(parts[0], (list, tuple)):
        parts = list(parts[0])
    if len(parts) < 2:
        raise node_error("ERR_MISSING_ARGS", "streams")
    if signal is not None:
        check_signal(signal, "options.signal")
    # On whose behalf the callback runs: it sees that stream's context, and fails with it.
    owner = next((part for part in reversed(parts) if isinstance(part, Stream)), NOBODY)
    if callback is not None:
        return _Pipeline(callback, owner, is_awaited=False).join(parts, signal, end)
    check_can_wait("pipeline()")
    for position, part in enumerate(parts, 1):
        if isinstance(part, Stream):
            # The last one is only written to, which its read lane does not hold up.
            part._before_wait("end" if position < len(parts) else "finish")
    result: AsyncResult[Any] = AsyncResult()

    def over(error: BaseException | None, value: Any = None) -> None:
        if error is None:
            result.set(value)
        else:
            result.set_exception(error)

    run = _Pipeline(over, owner, is_awaited=True)
    run.join(parts, signal, end)
    try:
        return result.get()
    except BaseException as reason:  # killed or timed out, if it is not the pipeline's own error
        if not result.ready():
            run.give_up(reason)
        raise


def _is_iterable(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, bytearray))


class _Pipeline:
    """One run of `pipeline`: what is joined, and what to undo when one part fails."""

    def __init__(
        self, callback: Callable[..., object], owner: TaskOwner, *, is_awaited: bool
    ) -> None:
        self._callback = callback
        self._is_awaited = is_awaited
        self._owner = owner
        self._dispatcher = dispatcher()
        self._error: BaseException | None = None
        self._value: tuple[Any, ...] = ()
        self._to_finish = 0  # how many have still to say that they are through
        # What the next greenlet will pull from.
        self._generators: list[Generator[Any, Any, Any]] = []
        self._undo: list[Callable[[BaseException | None], object]] = []
        self._after_success: list[Callable[[], object]] = []

    def join(self, parts: list[Any], signal: Any, end: bool) -> Any:
        if signal is not None:
            disposable = add_abort_listener(
                signal, lambda _: self._settle(AbortError(signal.reason))
            )
            self._undo.append(lambda _: disposable.dispose())
        joined: Any = None
        for position, part in enumerate(parts):
            is_last = position == len(parts) - 1
            if isinstance(part, Stream):
                following = parts[position + 1] if not is_last else None
                if isinstance(following, Stream) and following.destroyed:
                    raise node_error("ERR_STREAM_UNABLE_TO_PIPE")
                self._watch(part, position > 0, is_last, ends=end or not is_last)
            if position == 0:
                joined = self._source(part)
            elif isinstance(part, Stream):
                self._feed(joined, part, end or not is_last, is_last)
                joined = part
            elif not callable(part):
                raise node_error("ERR_INVALID_ARG_TYPE", "stream", ["Stream", "Function"], part)
            elif is_last:
                self._consume(part, joined)
                joined = None
            else:
                joined = part(joined)
                if not _is_iterable(joined):
                    name = f"transform[{position - 1}]"
                    raise node_error("ERR_INVALID_RETURN_VALUE", "Iterable", name, joined)
                self._close_in_the_end(joined)
        return joined

    def give_up(self, reason: BaseException) -> None:
        """Destroy all of it: nobody waits any more."""
        self._settle(AbortError(reason))

    # ---------------------------------------------------------------- parts

    def _source(self, part: Any) -> Any:
        if callable(part) and not isinstance(part, Stream):
            made = part()
            if not _is_iterable(made):
                expected = "Iterable, AsyncIterable or Stream"
                raise node_error("ERR_INVALID_RETURN_VALUE", expected, "source", made)
            self._close_in_the_end(made)
            return made
        if not _is_iterable(part):
            names = ["Stream", "Iterable", "Function"]
            raise node_error("ERR_INVALID_ARG_TYPE", "source", names, part)
        self._close_in_the_end(part)
        return part

    def _close_in_the_end(self, iterable: Any) -> None:
        # JavaScript's loop closes what it leaves early; in Python the traceback of an error would
        # keep it open for as long as somebody keeps the error.
        if inspect.isgenerator(iterable):
            self._generators.append(iterable)

    def _watch(self, stream: Any, is_written: bool, is_last: bool, *, ends: bool) -> None:
        """Hear of a stream's errors, and destroy it when another part fails."""
        if ends:
            finished = [False]

            def on_close(*_: object) -> None:
                finished[0] = True

            def destroy(error: BaseException | None) -> None:
                if not finished[0]:
                    finished[0] = True
                    stream.destroy(error or node_error("ERR_STREAM_DESTROYED", "pipe"))

            def over(error: BaseException | None) -> None:
                finished[0] = error is None

            stream.on("close", on_close)
            clean_up = hear_finish(stream, over, readable=not is_last, writable=is_written)
            self._undo.append(destroy)
            if is_last:
                self._after_success.append(clean_up)

        def on_error(error: Any = None) -> None:
            # Errors that come after the pipe is through; the others tell nothing new.
            code = getattr(error, "code", None)
            if error is not None and code not in ("ABORT_ERR", "ERR_STREAM_PREMATURE_CLOSE"):
                self._settle(error)

        stream.on("error", on_error)
        if is_last:
            self._after_success.append(lambda: stream.remove_listener("error", on_error))

    def _feed(self, source: Any, destination: Any, end: bool, is_last: bool) -> None:
        if not isinstance(source, Stream):
            self._to_finish += 1
            self._run(lambda: self._pump(source, destination, end))
            return
        self._to_finish += 2
        ended = [False]

        def on_close(*_: object) -> None:
            if not ended[0]:
                self._settle(node_error("ERR_STREAM_PREMATURE_CLOSE"))

        def end_destination() -> None:
            ended[0] = True
            destination.end()

        destination.on("close", on_close)
        stream: Any = source
        stream.pipe(destination, end=False)
        if not end:
            self._finish()
        elif stream._is_read_to_end():
            self._dispatcher.defer(lambda _: end_destination(), destination)
        else:
            stream.once("end", end_destination)
        hear_finish(stream, lambda error: self._source_over(stream, error), writable=False)
        clean_up = hear_finish(destination, self._finish, readable=False)
        if is_last:
            self._after_success.append(clean_up)

    def _source_over(self, stream: Any, error: Any) -> None:
        is_cut_short = getattr(error, "code", None) == "ERR_STREAM_PREMATURE_CLOSE"
        if is_cut_short and stream._ends_later() and not self._is_awaited:
            # Node counts on an 'end' that never comes, and tells nobody. Who blocks must be told.
            stream.once("end", self._finish).once("error", self._finish)
        else:
            self._finish(error)

    def _pump(self, chunks: Iterable[Any], destination: Any, end: bool) -> None:
        """Write what an iterable gives, no faster than the destination takes it."""
        moved = Event()
        over: list[BaseException | None] = []

        def on_over(error: BaseException | None) -> None:
            over.append(error)
            moved.set()

        def wait_for_room() -> None:
            if not over:
                moved.wait()
                moved.clear()
            if over:  # it may have come while the iterable made a chunk
                raise over[0] or node_error("ERR_STREAM_PREMATURE_CLOSE")

        destination.on("drain", moved.set)
        clean_up = hear_finish(destination, on_over, readable=False)
        try:
            if destination.writable_need_drain:
                wait_for_room()
            for chunk in chunks:
                moved.clear()
                if not destination.write(chunk):
                    wait_for_room()
            if end:
                destination.end()
                while not over:
                    moved.wait()
                    moved.clear()
                if over[0] is not None:
                    raise over[0]
        finally:
            clean_up()
            destination.remove_listener("drain", moved.set)

    def _consume(self, function: Callable[[Any], Any], joined: Any) -> None:
        self._to_finish += 1

        def consume() -> None:
            value = function(joined)
            if inspect.isgenerator(value):
                for _ in value:
                    pass  # it is run for what it does
                value = None
            self._value = (value,)

        self._run(consume)

    def _run(self, work: Callable[[], None]) -> None:
        """Do one part's work in a greenlet of its own, which ends with the pipeline."""
        generators, self._generators = self._generators, []
        told: list[bool] = []

        def run() -> None:
            failure: BaseException | None = None
            try:
                with ExitStack() as stack:
                    for generator in generators:
                        stack.callback(generator.close)  # the last one first
                    work()
            except (Exception, gevent.Timeout) as error:  # whatever it is, it ends the pipeline
                failure = error
            told.append(True)
            self._finish(failure)

        def on_exit(_: object) -> None:
            if not told:  # killed, as another part has failed, or by somebody else
                self._dispatcher.defer(
                    lambda _: self._finish(self._error or AbortError()), self._owner
                )

        greenlet = gevent.spawn(run)
        greenlet.rawlink(on_exit)

        def stop(error: BaseException | None) -> None:
            if error is not None:
                greenlet.kill(block=False)

        self._undo.append(stop)

    # ---------------------------------------------------------------- the end

    def _finish(self, error: Any = None) -> None:
        self._to_finish -= 1
        self._settle(error, is_final=not self._to_finish)

    def _settle(self, error: BaseException | None, *, is_final: bool = False) -> None:
        """Take note of an error, or that a part is through; undo all of it in the end."""
        vague = ("ABORT_ERR", "ERR_STREAM_PREMATURE_CLOSE")
        if self._error is None or getattr(self._error, "code", None) in vague:
            self._error = error or self._error
        if self._error is None and not is_final:
            return
        while self._undo:
            self._undo.pop(0)(self._error)
        if is_final:
            if self._error is None:
                for step in self._after_success:
                    step()
            failure, value = self._error, self._value
            self._dispatcher.defer(lambda _: self._callback(failure, *value), self._owner)
