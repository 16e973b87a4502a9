"""A transport's end, what keeps a program waiting for it, and its life after that.

Here are the ways to end a socket that wait for something first, the references that
`gnet.dispatcher.run` counts, and how a closed socket is made ready to be connected again. Node:
net, "socket.destroySoon()", "socket.ref()"; stream, ``_undestroy``.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from gevent.event import AsyncResult

from gnet.errors import AbortError, node_error, system_error
from gnet.events.waiting import once
from gnet.states import CLOSED, DESTROYED, LIVE, NOTICE_WANTED, SILENT, UNLINKED, WRITE_FINISHED
from gnet.transport import Transport

__all__ = ["MortalTransport"]

Self = TypeVar("Self", bound="MortalTransport")

#: What a socket that is connected again keeps: its settings, and what was received and not read.
_KEPT = (
    "_decoder",
    "_did_read",
    "_flow",
    "_lane",
    "_lane_waiting",
    "_read_length",
)
#: What it starts anew with; the defaults are its classes'.
_FORGOTTEN = (
    "_at_connect",
    "_bytes_held",
    "_error_emitted",
    "_error_reported",
    "_errored",
    "_finish_callbacks",
    "_gathered",
    "_known_local",
    "_known_peer",
    "_need_drain",
    "_outgoing",
    "_queue",
    "_under_way",
    "_write_length",
)


def _ignore(*_: object) -> None:
    """Listen, and that is all."""


def _call(callback: Callable[..., object], error: BaseException, _owner: object) -> None:
    callback(error)


class MortalTransport(Transport):
    """A transport that is referenced, ends in several ways, and may begin anew."""

    __slots__ = ()

    _held: bool  # whether it counts among what gnet.run() waits for; a slot of the socket's
    _unreferenced: bool = False  # not a state: unref() may be called before there is anything

    # ---------------------------------------------------------------- ends

    def destroy_soon(self) -> None:
        """End the socket, and destroy it as soon as all writes are out.

        Node: net, "socket.destroySoon()".
        """
        self._dispatcher.check_thread(self)
        if self.writable:
            self.end()
        if self.writable_finished:
            self.destroy()
        else:
            self.once("finish", self.destroy)

    destroySoon = destroy_soon

    def async_dispose(self) -> AsyncResult[None]:
        """Destroy the socket now; the result is there when it is closed.

        Returns:
            A result whose ``get()`` blocks until ``'close'``, and raises what the socket has
            failed with before, if it has. Node: net, "socket[Symbol.asyncDispose]()".
        """
        result: AsyncResult[None] = AsyncResult()
        own = None
        if self._life is LIVE:
            own = None if self.readable_ended else AbortError()
            self.on("error", _ignore)  # it is told here
            self.destroy(own)

        def settle(*_: object) -> None:
            error = self._errored
            if error is None and not (self.readable_ended and self.writable_finished):
                error = node_error("ERR_STREAM_PREMATURE_CLOSE")
            if error is None or error is own:
                result.set(None)
            else:
                result.set_exception(error)

        if self._life is CLOSED:
            settle()
        else:
            self.once("close", settle)
        return result

    # ---------------------------------------------------------------- references, with

    def ref(self: Self) -> Self:
        """Let `gnet.run` wait for this socket, which it does unless `unref` was called."""
        self._dispatcher.check_thread(self)
        self._unreferenced = False
        if self._link is not UNLINKED:
            self._hold()
        return self

    def unref(self: Self) -> Self:
        """Let `gnet.run` return although this socket is open."""
        self._dispatcher.check_thread(self)
        self._unreferenced = True
        self._let_go()
        return self

    def _hold(self) -> None:
        if not self._held and not self._unreferenced:
            self._held = True
            self._dispatcher.acquire()

    def _let_go(self) -> None:
        if self._held:
            self._held = False
            self._dispatcher.release()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close and wait for ``'close'``: after an error at once, else when all writes are out.

        Raises:
            Exception: What the socket fails with meanwhile, unless the block failed before.
        """
        if self._life is LIVE:
            if kind is not None or self._link is UNLINKED:
                self.destroy()
            else:
                self.end()
                if self._write_side is not WRITE_FINISHED:
                    self.once("finish", self.destroy)
                else:
                    self.destroy()
        if self._life is not CLOSED:
            with contextlib.suppress(*((Exception,) if kind is not None else ())):
                once(self, "close")

    # ---------------------------------------------------------------- another life

    def _revive(self) -> None:
        """Make a destroyed socket one that was never connected. Node: ``_undestroy``.

        Its settings stay, and so does what was received and not read yet. If ``'close'`` is still
        to come, it comes all the same.
        """
        self._forsake()
        kept = {name: getattr(self, name) for name in _KEPT}
        self._init_duplex(self._dispatcher, self.context, allow_half_open=self._allow_half_open)
        for name, value in kept.items():
            setattr(self, name, value)
        for name in _FORGOTTEN:
            self.__dict__.pop(name, None)
        self._bytes_read = self._bytes_sent = 0
        if self._is_pulled:
            self._notice = NOTICE_WANTED

    def _forsake(self) -> None:
        """Settle what the connection before owes its callbacks."""
        for step in self._at_connect:
            self.off("connect", step)
        unsent = self._errored or node_error("ERR_STREAM_DESTROYED", "write")
        unfinished = self._errored or node_error("ERR_STREAM_DESTROYED", "end")
        due: list[tuple[Any, BaseException]] = []
        if self._under_way is not None:
            early = node_error("ERR_SOCKET_CLOSED_BEFORE_CONNECTION")
            late = system_error(errno.ECANCELED, "write")
            due.append((self._under_way[1], early if self._outgoing is None else late))
        due += [(callback, unsent) for _, _, callback in self._queue or ()]
        due += [(callback, unfinished) for callback in self._finish_callbacks or ()]
        for callback, outcome in due:
            if callback is not None:
                self._dispatcher.defer(partial(_call, callback, outcome), self)

    def _closed(self, *arguments: bool) -> None:
        if self._life in (DESTROYED, SILENT):
            super()._closed(*arguments)
        else:  # connected again since: this is the end of the connection before
            self.emit("close", *arguments)
