"""Reading a stream in blocking style: ``for chunk in socket``.

Node: stream, "readable[Symbol.asyncIterator]()", "readable.iterator([options])".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gevent.hub import Waiter

from gnet.dispatcher import check_can_wait
from gnet.errors import AbortError
from gnet.states import LIVE
from gnet.stream.finished import hear_finish

__all__ = ["iterate"]


def iterate(stream: Any, destroy_on_return: bool) -> Iterator[Any]:
    """Yield all that is buffered, again and again, until the stream ends.

    Args:
        stream: What is read; it gets a listener for ``'readable'``.
        destroy_on_return: Whether leaving the loop early destroys the stream.
    """
    readers: list[Waiter[None]] = []
    outcome: list[BaseException | None] = []  # one entry once the stream is over

    def wake() -> None:
        while readers:
            stream._dispatcher.loop.run_callback(readers.pop().switch, None)

    def over(error: BaseException | None) -> None:
        outcome.append(error)
        if error is None and destroy_on_return:
            _destroy_in_time(stream)
        wake()

    stream._loops += 1
    stream.on("readable", wake)
    clean_up = hear_finish(stream, over, writable=False)
    failed = False  # as against being left early, which a time-out or a kill does, too
    try:
        while True:
            try:
                chunk = stream.read() if stream._life is LIVE else None
                if chunk is None and outcome and outcome[0] is not None:
                    raise outcome[0]
            except BaseException:  # also what a 'data' listener raised
                failed = True
                raise
            if chunk is not None:
                yield chunk
            elif outcome:
                return
            else:
                check_can_wait("Reading from a stream")
                stream._before_wait("data")
                reader: Waiter[None] = Waiter()
                readers.append(reader)
                stream._loops_waiting += 1
                try:
                    reader.get()
                finally:
                    stream._loops_waiting -= 1
                    if reader in readers:
                        readers.remove(reader)
    finally:
        stream._loops -= 1
        if not failed and (outcome or not destroy_on_return):
            stream.remove_listener("readable", wake)
            clean_up()
        elif stream._life is LIVE:
            # The listener for 'error' stays: this error is not one to report.
            stream.destroy(AbortError())


def _destroy_in_time(stream: Any) -> None:
    """Destroy a stream that was read to its end, when what was written to it is out."""

    def destroy(_: object) -> None:
        if not stream._has_more_to_write():
            stream.destroy()

    # Two turns on, the stream has ended its own side, and what was written is out or not.
    defer = stream._dispatcher.defer
    defer(lambda _: defer(destroy, stream), stream)
