"""Piping: what one stream reads is written to another, no faster than that one takes it.

Node: stream, "readable.pipe(destination[, options])".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gnet.events.emitter import EventEmitter

__all__ = ["Pipe"]


class Pipe:
    """One source joined to one destination, until either is over or `Readable.unpipe`.

    It consists of listeners only. While a destination does not take more, the source is paused;
    with several destinations, the slowest counts: the source keeps in ``_stalled`` those that
    are waited for.
    """

    __slots__ = ("_cut", "_source", "_watches_drain", "destination", "on_end")

    def __init__(self, source: Any, destination: Any, end: bool) -> None:
        self._source = source
        self.destination = destination
        self._watches_drain = False
        self._cut = False
        #: What the source's 'end' brings about.
        self.on_end: Callable[[], object] = self._end_destination if end else self._unpipe

    def start(self) -> None:
        """Let it flow."""
        source, destination = self._source, self.destination
        if source.readable_ended:
            source._dispatcher.defer(lambda _: self.on_end(), source)
        else:
            source.once("end", self.on_end)
        destination.on("unpipe", self._on_unpipe)
        source.on("data", self.on_data)
        destination.prepend_listener("error", self._on_error)
        destination.once("close", self._on_close).once("finish", self._on_finish)
        destination.emit("pipe", source)
        if destination.writable_need_drain:
            self.stall()
        elif not source.readable_flowing:
            source.resume()

    # ---------------------------------------------------------------- flow

    def hears_alone(self) -> bool:
        """Whether this pipe is all that the source's data goes to."""
        listeners = self._source._events.get("data", ())
        return len(listeners) == 1 and listeners[0] == self.on_data

    def on_data(self, chunk: Any) -> None:
        """Write what the source has read."""
        destination = self.destination
        try:
            goes_on = destination.write(chunk)
        except Exception as error:  # what the destination will not take ends it
            destination.destroy(error)
        else:
            if not goes_on:
                self.stall()

    def stall(self) -> None:
        """Have the source wait for this destination."""
        if not self._cut:
            self._source._stalled = self._source._stalled | {self.destination}
            self._source.pause()
        if not self._watches_drain:
            self._watches_drain = True
            self.destination.on("drain", self._on_drain)

    def _on_drain(self) -> None:
        source = self._source
        source._stalled = source._stalled - {self.destination}
        if not source._stalled and source.listener_count("data"):
            source.resume()

    # ---------------------------------------------------------------- the end

    def _end_destination(self) -> None:
        self.destination.end()

    def _unpipe(self) -> None:
        self._source.unpipe(self.destination)

    def _on_error(self, error: Any = None) -> None:
        self._unpipe()
        destination: EventEmitter = self.destination
        destination.remove_listener("error", self._on_error)
        if not destination.listener_count("error"):
            # Nobody else hears it; that it was piped to must not keep that quiet.
            self.destination._on_unheard_error(error)

    def _on_close(self, *_: object) -> None:
        self.destination.remove_listener("finish", self._on_finish)
        self._unpipe()

    def _on_finish(self) -> None:
        self.destination.remove_listener("close", self._on_close)
        self._unpipe()

    def _on_unpipe(self, source: Any, info: Any = None) -> None:
        # The second argument tells this pipe from another one of the same two streams.
        if source is self._source and info is not None and info.get("hasUnpiped") is False:
            info["hasUnpiped"] = True
            self._clean_up()

    def _clean_up(self) -> None:
        source, destination = self._source, self.destination
        destination.remove_listener("close", self._on_close)
        destination.remove_listener("finish", self._on_finish)
        destination.remove_listener("drain", self._on_drain)
        destination.remove_listener("error", self._on_error)
        destination.remove_listener("unpipe", self._on_unpipe)
        source.remove_listener("end", self.on_end)
        source.remove_listener("data", self.on_data)
        self._cut = True
        if self._watches_drain and source._stalled and destination._need_drain:
            self._on_drain()  # what is cut off is not waited for
