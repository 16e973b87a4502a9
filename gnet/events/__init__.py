"""Node's ``events`` module: `EventEmitter`, blocking for events, abort signals.

Usable without any server: ``from gnet.events import EventEmitter``.
"""

from gnet.events.abort import AbortController, AbortSignal, Disposable, add_abort_listener
from gnet.events.emitter import EventEmitter
from gnet.events.rejections import spawned
from gnet.events.waiting import (
    EventIterator,
    get_event_listeners,
    get_max_listeners,
    listener_count,
    on,
    once,
    set_max_listeners,
)
from gnet.symbols import capture_rejection_symbol, error_monitor

__all__ = [
    "AbortController",
    "AbortSignal",
    "Disposable",
    "EventEmitter",
    "EventIterator",
    "addAbortListener",
    "add_abort_listener",
    "captureRejectionSymbol",
    "capture_rejection_symbol",
    "errorMonitor",
    "error_monitor",
    "getEventListeners",
    "getMaxListeners",
    "get_event_listeners",
    "get_max_listeners",
    "listenerCount",
    "listener_count",
    "on",
    "once",
    "setMaxListeners",
    "set_max_listeners",
    "spawned",
]

addAbortListener = add_abort_listener
captureRejectionSymbol = capture_rejection_symbol
errorMonitor = error_monitor
getEventListeners = get_event_listeners
getMaxListeners = get_max_listeners
listenerCount = listener_count
setMaxListeners = set_max_listeners
