"""What every test gets: a ledger of what it leaves behind, a clock, the errors nobody caught."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from typing import Any

import gevent
import gevent.socket
import locust_unpatched  # noqa: F401  # before any test imports gnet.loadtest, or its module by name
import pytest
from gevent.hub import get_hub
from hypothesis import HealthCheck, settings
from support import FakeClock, unmet_expectations

from gnet import Server, Socket
from gnet.dispatcher import dispatcher

# How long an example takes says more of the machine, and of what else it does, than of gnet.
settings.register_profile("gnet", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gnet")

#: Whether the test itself went wrong: then what it left behind is tidied away without a word.
_FAILED = pytest.StashKey[bool]()
#: Seconds that closing may take. What a test has closed is gone after a turn or two of the loop.
_SETTLING_S = 2.0


def _watcher_type() -> type:
    timer = get_hub().loop.timer(0)
    try:
        return next(cls for cls in type(timer).__mro__ if cls.__name__ == "watcher")
    finally:
        timer.close()


_WATCHER = _watcher_type()


def _descriptors() -> dict[int, str]:
    """The open file descriptors and what they are."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # the one that listed the directory
    return found


def _is_open(handle: Any) -> bool:
    try:
        if isinstance(handle, Server):
            return handle.listening
        return handle.connecting or not (handle.pending or handle.destroyed)
    except AttributeError:
        return False  # its constructor raised


class Ledger:
    """What was open before a test, and the errors that reached the hub during it."""

    def __init__(self) -> None:
        #: ``(context, type, value)`` of what nobody caught.
        self.errors: list[tuple[Any, type[BaseException], BaseException]] = []
        self.errors_expected = False
        self.hub = get_hub()
        self._descriptors = _descriptors()
        # Parked workers may work for this test; all else that exists is none of its business.
        self._workers = list(dispatcher()._parked)
        gc.freeze()  # what is frozen is not listed by gc.get_objects(): that keeps it fast

    def note_error(self, context: Any, kind: Any, value: Any, _traceback: Any) -> None:
        """Stand in for ``hub.handle_error``."""
        if not issubclass(kind, self.hub.NOT_ERROR):  # what gevent itself says nothing about
            self.errors.append((context, kind, value))

    def _living(self) -> tuple[list[Any], list[Any], list[Any]]:
        """Greenlets that run or wait, watchers that watch, servers and sockets that are open."""
        loop = get_hub().loop  # other threads take theirs with them
        parked = set(map(id, dispatcher()._parked))
        greenlets: list[Any] = []
        watchers: list[Any] = []
        handles: list[Any] = []
        for thing in [*gc.get_objects(), *self._workers]:
            kind = type(thing)
            if issubclass(kind, gevent.Greenlet):
                if not thing.dead and id(thing) not in parked:
                    greenlets.append(thing)
            elif issubclass(kind, _WATCHER):
                if thing.loop is loop and thing.active:
                    watchers.append(thing)
            elif issubclass(kind, (Socket, Server)) and _is_open(thing):
                handles.append(thing)
        return greenlets, watchers, handles

    def _left(self) -> tuple[list[str], list[Any], list[Any], list[Any]]:
        """What is left in words, and the greenlets, watchers and handles among it."""
        greenlets, watchers, handles = self._living()
        problems = [f"left open: {handle!r}" for handle in handles]
        problems += [f"still waiting: {greenlet!r}" for greenlet in greenlets]
        problems += [f"still watching: {watcher!r}" for watcher in watchers]
        now = _descriptors()
        problems += [
            f"descriptor {number} still open: {target}"
            for number, target in now.items()
            if self._descriptors.get(number) != target
        ]
        references = dispatcher()._references
        if references:
            problems.append(f"gnet.run() would wait for {references} handle(s)")
        return problems, greenlets, watchers, handles

    def settle(self) -> list[str]:
        """Let what is being closed come to its end; what is left then is a problem."""
        problems, *_ = self._left()
        deadline = self.hub.loop.now() + _SETTLING_S
        while problems and self.hub.loop.now() < deadline:
            gevent.sleep(0.002)
            problems, *_ = self._left()
        return problems

    def tidy(self) -> None:
        """Close what is left, so that the next test starts clean."""
        _, greenlets, watchers, handles = self._left()
        for handle in handles:
            handle.destroy() if isinstance(handle, Socket) else handle.close()
        gevent.killall(greenlets, timeout=1)
        for watcher in watchers:
            watcher.stop()
        self.settle()
        dispatcher()._references = 0


@pytest.fixture(scope="session", autouse=True)
def _warm() -> Iterator[None]:
    """Open what gevent opens once, so that no test is charged for it."""
    dispatcher()
    get_hub().threadpool.apply(int)
    gevent.socket.getaddrinfo("localhost", 0)
    gc.collect()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def ledger(_warm: None, request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """Fail the test for what it leaves behind, for unmet expectations, and for unheard errors."""
    book = Ledger()
    unmet_expectations()
    hub: Any = book.hub
    hub.handle_error = book.note_error
    try:
        yield book
        problems = book.settle()
    finally:
        del hub.handle_error
    if problems:
        book.tidy()
    problems += [f"called too often or too seldom: {problem}" for problem in unmet_expectations()]
    if not book.errors_expected:
        problems += [
            f"caught by nobody: {value!r} of {context!r}" for context, _, value in book.errors
        ]
    book.errors.clear()
    if problems and not request.node.stash.get(_FAILED, False):
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.fixture
def uncaught(ledger: Ledger) -> list[tuple[Any, type[BaseException], BaseException]]:
    """The errors that reached ``hub.handle_error``, as ``(context, type, value)``; they may."""
    ledger.errors_expected = True
    return ledger.errors


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    """A clock that only the test moves, in the dispatcher's place for one."""
    owner = dispatcher()
    before = owner.clock
    owner.clock = fake = FakeClock()
    yield fake
    owner.clock = before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note for the ledger how the test itself ended."""
    report = yield
    if report.when == "call" and report.failed:
        item.stash[_FAILED] = True
    return report
