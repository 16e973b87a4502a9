"""Locust for the process that runs the tests: imported without patching it.

``import locust`` calls ``gevent.monkey.patch_all()``, unless a variable of the environment is set.
The tests run unpatched, so it is set for as long as the import takes, and no longer: programs that
the tests start have Locust as their users have it. `conftest` imports this first of all; whatever
imports `gnet.loadtest` afterwards finds Locust there already.
"""

import os

os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"
try:
    from locust import User, constant, constant_pacing, tag, task
    from locust.env import Environment
    from locust.exception import LocustError, RescheduleTask, StopUser
finally:
    del os.environ["LOCUST_SKIP_MONKEY_PATCH"]

__all__ = [
    "Environment",
    "LocustError",
    "RescheduleTask",
    "StopUser",
    "User",
    "constant",
    "constant_pacing",
    "tag",
    "task",
]
