"""Letting users end what they are at, before a run is stopped and judged.

Locust alone does not do that. It kills a user that waits, and one that has just woken then dies in
the middle of its next request, which the server has counted and the client has not; and a master
that quits does not wait for its workers. Here no user begins anything new from a moment on, and
whoever drains waits until nothing is under way: in its own process, and in each worker, which says
so together with its statistics, when these have all of it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import gevent
from locust import User
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import MasterRunner, WorkerRunner

__all__ = ["Visit", "Visits"]

#: What a user does, as a task.
Visit = TypeVar("Visit", bound=Callable[..., None])

#: Seconds that users have to end what they are at, and workers to report it.
PATIENCE_S = 15.0

#: Seconds between two looks at whether all have.
_LOOK_S = 0.05

#: The message that drains a worker, and the name under which it reports how far it is.
_DRAIN = "gnet_drain"


class Visits:
    """The visits of users to a server: those under way, and whether there are to be any more."""

    def __init__(self) -> None:
        self._under_way = 0
        self._is_draining = False  # whatever the users are at
        self._of_workers: dict[str, int] = {}
        self._runner: Any = None

    def counted(self, task: Visit) -> Visit:
        """Decorate a task: it is a visit. Instead of another one, the user stops by itself."""

        @functools.wraps(task)
        def visit(user: User) -> None:
            if self._is_draining:
                raise StopUser
            self._under_way += 1
            try:
                task(user)
            finally:
                self._under_way -= 1

        return cast(Visit, visit)

    def join(self, environment: Environment) -> None:
        """Begin anew with each run; in a worker, drain when the master says so."""
        self._runner = environment.runner
        events = environment.events
        events.test_start.add_listener(self._on_test_start)
        if isinstance(environment.runner, WorkerRunner):
            environment.runner.register_message(_DRAIN, self._on_drain)
            events.report_to_master.add_listener(self._on_report_to_master)
        else:
            events.worker_report.add_listener(self._on_worker_report)

    def forbid(self) -> None:
        """Have no visit begun in this process until the next run."""
        self._is_draining = True

    def drain(self) -> bool:
        """Have no visit begun any more, anywhere, and wait for the last one to end.

        Returns:
            Whether all have ended, before the patience did.
        """
        self.forbid()
        self._of_workers.clear()
        if isinstance(self._runner, MasterRunner):
            self._runner.send_message(_DRAIN)
        with gevent.Timeout(PATIENCE_S, False):  # type: ignore[arg-type]  # as gevent documents it
            while self._under_way or not self._are_workers_drained():
                gevent.sleep(_LOOK_S)
            return True
        return False

    def _are_workers_drained(self) -> bool:
        if not isinstance(self._runner, MasterRunner):
            return True
        clients = self._runner.clients
        workers = {each.id for each in clients.all} - {each.id for each in clients.missing}
        return all(self._of_workers.get(each, 1) == 0 for each in workers)

    def _on_test_start(self, **_: Any) -> None:
        self._is_draining = False

    def _on_drain(self, **_: Any) -> None:
        self.forbid()

    def _on_report_to_master(self, data: dict[str, Any], **_: Any) -> None:
        if self._is_draining:
            data[_DRAIN] = self._under_way

    def _on_worker_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        if _DRAIN in data:
            self._of_workers[client_id] = data[_DRAIN]
