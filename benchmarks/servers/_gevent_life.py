"""The launcher's agreement, for servers that run on gevent's loop."""

import os
from typing import Protocol

import gevent

__all__ = ["announce", "exit_with_stdin"]


class Watcher(Protocol):
    """What is used here of a watcher of gevent's loop."""

    def stop(self) -> object:
        """Watch no longer."""


def announce(port: int) -> None:
    """Tell the launcher which port to connect to."""
    print(port, flush=True)


def exit_with_stdin() -> Watcher:
    """End this process when standard input closes, for as long as the watcher is kept.

    A watcher in the server's own loop, rather than a thread, so that nothing but the server
    under test runs in its process. It is not referenced: it keeps no loop alive.
    """
    watcher = gevent.get_hub().loop.io(0, 1, ref=False)
    watcher.start(os._exit, 0)
    kept: Watcher = watcher
    return kept
