"""Where listeners run: one queue of ready tasks per hub, and the greenlets that work it off.

gevent's hub must never run user code: a listener that blocks there stops the whole loop. A
greenlet per connection, on the other hand, pays two stack switches for every message. So:

* Whatever becomes ready (a readable socket, an expired timer, a deferred call) is a *task*, a
  pair ``(function, owner)``, appended to one first-in-first-out queue. An io watcher appends it
  itself (``watcher.start(dispatcher.post, task)``): no Python frame runs in the hub for it.
* Once per turn of the loop, after all its events were collected, the hub switches to a parked
  worker greenlet, which runs ``function(owner)`` for task after task until the queue is empty.
* If a task blocks, its worker leaves to the hub like any greenlet, and the hub goes on with the
  next worker, or a new one. So one switch serves a whole batch, and what blocks delays nobody.

An *owner* (`TaskOwner`) brings the ``contextvars.Context`` its tasks run in and hears of what they
raise. Invariants: tasks start in the order in which they were queued; when a flush ends, every
queued task has started; a worker that dies leaves the queue as it is.

This room knows neither emitters nor sockets.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import Any, Protocol, TypeAlias, cast

import gevent
from gevent import monkey
from gevent.event import Event
from gevent.exceptions import LoopExit
from gevent.hub import Hub, get_hub

from gnet.errors import node_error

__all__ = [
    "NOBODY",
    "Dispatcher",
    "Task",
    "TaskOwner",
    "check_can_wait",
    "dispatcher",
    "in_hub",
    "report",
    "run",
    "thread_ident",
]

# The thread's own identity. Under monkey patching threading.get_ident() tells greenlets apart.
thread_ident: Callable[[], int] = monkey.get_original("_thread", "get_ident")


class TaskOwner(Protocol):
    """On whose behalf a task runs."""

    #: The context the task runs in; None for an empty one.
    context: Context | None

    def _on_task_error(self, error: BaseException) -> None:
        """Hear what the task raised. Must not raise itself."""


Task: TypeAlias = "tuple[Callable[[Any], object], TaskOwner]"


class _Nobody:
    """Owner of tasks that belong to no connection: what they raise is only reported."""

    __slots__ = ()
    context: Context | None = None

    def _on_task_error(self, error: BaseException) -> None:
        report("gnet", error)


NOBODY: TaskOwner = _Nobody()


def report(context: object, error: BaseException) -> None:
    """Hand an error that nobody caught to gevent's ``hub.handle_error``, as gevent does."""
    hub = get_hub()
    hub.handle_error(context, type(error), error, error.__traceback__)
    if isinstance(error, socket.gaierror) and isinstance(error, hub.NOT_ERROR):
        # gevent keeps quiet about these, as its resolver raises them into who asked. Nobody did.
        hub.print_exception(context, type(error), error, error.__traceback__)


class _Worker(gevent.Greenlet):  # type: ignore[type-arg]  # generic only in the stubs
    """A greenlet that runs queued tasks and parks when there are none."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__()
        self.dispatcher = dispatcher

    def _run(self) -> None:
        dispatcher = self.dispatcher
        queue, parked = dispatcher._queue, dispatcher._parked
        due, closing, closing_now = dispatcher._due, dispatcher._closing, dispatcher._closing_now
        popleft, leave = queue.popleft, dispatcher.hub.switch
        while True:
            function: Callable[[Any], object] | None
            owner: TaskOwner = NOBODY
            try:
                while queue:
                    function, owner = popleft()
                    # Any worker may run a connection's tasks, two of them even at once (a reader
                    # that blocks, a timeout); Context.run() would refuse the second.
                    self.gr_context = owner.context
                    function(owner)
            except gevent.GreenletExit as error:
                dispatcher._workers_at_rest()  # killed: the rest of the queue is for others
                owner._on_task_error(error)
                return
            except BaseException as error:  # the edge: whatever a listener raised ends here
                owner._on_task_error(error)
                continue
            if due:
                queue.append(due.popleft())
                continue
            if closing_now or closing:
                if not closing_now:
                    closing_now.extend(closing)
                    closing.clear()
                queue.append(closing_now.pop())
                continue
            dispatcher._workers_at_rest()
            if len(parked) >= dispatcher.reserve:
                return
            self.gr_context = None  # a parked worker must not keep a connection's context alive
            del owner
            function = None
            parked.append(self)
            leave()


class Dispatcher:
    """The queue of one hub. Get it with `dispatcher`; never share it between threads."""

    #: How many idle workers are kept for the next burst. More cost a stack each (some 10 KB);
    #: fewer mean that a burst of blocking listeners makes new greenlets.
    reserve = 16

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        loop: Any = hub.loop  # the stubs know only a part of it
        self.loop = loop
        #: Where time comes from: ``now()`` in seconds and ``timer(seconds, ref=…)``, as the loop
        #: has them. Tests put a clock in its place that they move themselves.
        self.clock: Any = hub.loop
        #: Identity of the only thread that may use this dispatcher and what belongs to it.
        self.thread = thread_ident()
        self._queue: deque[Task] = deque()
        self._due: deque[Task] = deque()  # what was asked for in the turn before
        self._closing: list[Task] = []
        self._closing_now: list[Task] = []  # those of the phase that has begun
        self._parked: list[_Worker] = []
        self._flush_due = False
        #: Counts the flushes. What is deferred runs in this turn or the next, but no later.
        self.turn = 0
        #: Who has written last in this turn, for `gnet.transport.sending`.
        self.writer: object = None
        self._references = 0
        self._working = 0  # workers inside a task or between two; the others are parked
        self._idle = Event()
        #: Queue a task from a watcher's callback; the flush at the end of the loop's turn runs it.
        self.post: Callable[[Task], None] = self._queue.append
        # Check watchers of the lowest priority run after all other events of a turn.
        self._check = loop.check(ref=False, priority=loop.MINPRI)
        self._check.start(self._flush)

    def __repr__(self) -> str:
        return (
            f"<Dispatcher queued={len(self._queue)} parked={len(self._parked)} "
            f"references={self._references}>"
        )

    def defer(self, function: Callable[[Any], object], owner: TaskOwner = NOBODY) -> None:
        """Queue ``function(owner)``, from any greenlet or from the hub: Node's ``nextTick``."""
        self._queue.append((function, owner))
        if not self._flush_due:
            self._flush_due = True
            self.loop.run_callback(self._flush)

    def call_next(self, function: Callable[[Any], object], owner: TaskOwner) -> None:
        """Queue a task in front of all others: right behind the one that runs, if one does."""
        self._queue.appendleft((function, owner))
        if not self._flush_due:
            self._flush_due = True
            self.loop.run_callback(self._flush)

    def owners_of(self, function: Callable[[Any], object]) -> list[TaskOwner]:
        """Whose tasks with that function are queued now."""
        return [owner for queued, owner in self._queue if queued is function]

    def defer_closing(self, function: Callable[[Any], object], owner: TaskOwner = NOBODY) -> None:
        """Queue a task behind everything that is ready now and what that defers in turn.

        libuv runs close callbacks in a phase of their own, which is why a socket's ``'close'``
        follows all other events of the same turn; and the last one that was closed comes first.
        """
        self._closing.append((function, owner))
        if not self._flush_due:
            self._flush_due = True
            self.loop.run_callback(self._flush)

    def defer_to_next_turn(
        self, function: Callable[[Any], object], owner: TaskOwner = NOBODY
    ) -> None:
        """Queue a task for the loop's next turn, behind all that this one still defers.

        What libuv is asked for is done, at the earliest, when the loop comes by again. As there,
        what one such task defers runs before the next one.
        """
        self.loop.run_callback(self._come_due, (function, owner))

    def _come_due(self, task: Task) -> None:
        self._due.append(task)
        if not self._flush_due:
            self._flush_due = True
            self.loop.run_callback(self._flush)

    def _flush(self) -> None:
        """Run in the hub: have workers start every queued task."""
        queue, closing, parked = self._queue, self._closing, self._parked
        due, closing_now = self._due, self._closing_now
        self._flush_due = True  # nothing that is queued meanwhile needs a flush of its own
        self.turn += 1
        self.writer = None
        try:
            while queue or due or closing_now or closing:
                worker = parked.pop() if parked else _Worker(self)
                if not worker.dead:  # a parked one can have been killed
                    self._working += 1
                    worker.switch()
        finally:
            self._flush_due = False
            self.writer = None  # nor must it be kept alive until the next turn

    # ---------------------------------------------------------------- threads, life

    def check_thread(self, user: object) -> None:
        """Raise ``ERR_FOREIGN_THREAD`` unless called in this dispatcher's thread."""
        if thread_ident() != self.thread:
            raise node_error("ERR_FOREIGN_THREAD", repr(user))

    def acquire(self) -> None:
        """Count one more open handle that keeps `run` from returning."""
        self._references += 1

    def release(self) -> None:
        """Count one handle less."""
        self._references -= 1
        if not self._references:
            self._idle.set()

    def _workers_at_rest(self) -> None:
        """Hear that a worker has run all tasks it could."""
        self._working -= 1
        if not self._working:
            self._idle.set()

    def run(self) -> None:
        """Block until no handle is left that was acquired, no task queued and none running."""
        self.check_thread(self)
        check_can_wait("gnet.run()")
        mine = isinstance(gevent.getcurrent(), _Worker)  # a listener that calls this is one, too
        while (
            self._references
            or self._queue
            or self._due
            or self._closing
            or self._closing_now
            or self._working > mine
        ):
            self._idle.clear()
            try:
                self._idle.wait()
            except LoopExit:
                return  # as in Node: what waits for nothing that could come keeps nobody alive


def dispatcher() -> Dispatcher:
    """The dispatcher of this thread's hub, made on first use."""
    hub: Any = get_hub()
    try:
        return cast(Dispatcher, hub.gnet_dispatcher)
    except AttributeError:
        hub.gnet_dispatcher = made = Dispatcher(hub)
        return made


def in_hub() -> bool:
    """Whether the caller runs in the hub, where nothing may block."""
    return isinstance(gevent.getcurrent(), Hub)


def check_can_wait(what: str) -> None:
    """Raise ``ERR_HUB_CANNOT_WAIT`` if called in the hub."""
    if in_hub():
        raise node_error("ERR_HUB_CANNOT_WAIT", what)


def run() -> None:
    """Block until no referenced server or socket of this thread is left.

    What keeps a Node process alive: listening servers, connected and connecting sockets, except
    those with ``unref()``, and listeners that still run. Returns also when all of them wait for
    nothing. Differs from Node: a timer or a greenlet of yours does not keep it waiting.

    Raises:
        GnetError: ``ERR_HUB_CANNOT_WAIT``.
    """
    dispatcher().run()
