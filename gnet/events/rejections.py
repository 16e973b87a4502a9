"""Listeners that go on after ``emit`` has: greenlets in the place of Node's promises.

A listener may return a greenlet, or be wrapped with `spawned` so that each call runs in one. If
the emitter captures rejections, the greenlet's failure reaches its ``nodejs_rejection`` method or
its ``'error'`` event, after the code that follows the ``emit``. Node: events, "Capture rejections
of promises".
"""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

import gevent

from gnet.checks import check_listener
from gnet.dispatcher import dispatcher

if TYPE_CHECKING:
    from gnet.events.emitter import EventEmitter

__all__ = ["spawned", "watch_rejection"]

Function = TypeVar("Function", bound=Callable[..., object])


class _ListenerGreenlet(gevent.Greenlet):  # type: ignore[type-arg]  # only in the stubs
    """Runs one call of a `spawned` listener; a captured failure is not also printed."""

    def __init__(self, function: Callable[..., object], args: Any, kwargs: Any) -> None:
        super().__init__()
        self._call = functools.partial(function, *args, **kwargs)
        self.on_rejection: Callable[[BaseException], None] | None = None

    def _run(self) -> object:
        try:
            return self._call()
        except (Exception, gevent.Timeout) as error:  # what the listener raised is to be routed
            if self.on_rejection is None:
                raise
            self.on_rejection(error)
            return None


def spawned(function: Function) -> Callable[..., gevent.Greenlet[[], object]]:
    """Make a listener whose every call runs in a greenlet of its own, while ``emit`` goes on.

    What an ``async`` listener is in Node. Example::

        @server.on('connection')
        @gnet.spawned
        def serve(socket): ...
    """
    check_listener(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> gevent.Greenlet[[], object]:
        greenlet = _ListenerGreenlet(function, args, kwargs)
        greenlet.gr_context = contextvars.copy_context()
        greenlet.start()
        return greenlet

    return call


def watch_rejection(
    emitter: EventEmitter, result: object, event: Hashable, args: tuple[Any, ...]
) -> None:
    """Route the failure of a greenlet that a listener returned; ignore any other result."""
    if not isinstance(result, gevent.Greenlet):
        return
    if gevent.getcurrent() in emitter._routing:
        return  # an 'error' listener that fails in its turn would come back here for ever

    def rejected(error: BaseException) -> None:
        dispatcher().defer(lambda _: _route(emitter, error, event, args), emitter._task_owner())

    if isinstance(result, _ListenerGreenlet):
        result.on_rejection = rejected
    else:
        result.rawlink(lambda done: rejected(done.exception) if done.exception else None)


def _route(
    emitter: EventEmitter, error: BaseException, event: Hashable, args: tuple[Any, ...]
) -> None:
    handler = getattr(emitter, "nodejs_rejection", None)
    if callable(handler):
        handler(error, event, *args)
        return
    me = gevent.getcurrent()
    emitter._routing = (*emitter._routing, me)
    try:
        emitter.emit("error", error)
    finally:
        emitter._routing = tuple(other for other in emitter._routing if other is not me)
