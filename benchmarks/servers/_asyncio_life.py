"""The launcher's agreement, for servers that run on an asyncio loop."""

import asyncio
import os

__all__ = ["announce", "exit_with_stdin"]


def announce(server: asyncio.Server) -> None:
    """Tell the launcher which port to connect to."""
    print(server.sockets[0].getsockname()[1], flush=True)


def exit_with_stdin() -> None:
    """End this process when standard input closes.

    A watcher in the server's own loop, rather than a thread: nothing else runs here.
    """
    asyncio.get_running_loop().add_reader(0, os._exit, 0)
