"""The command line: ``python -m loadtests.server``, a server to be loaded.

It prints one JSON line when one can connect, with its address and the URL of its statistics, and
nothing else. It ends with SIGTERM or SIGINT, or, if told so, with its standard input.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import socket
import sys
from collections.abc import Sequence

import gevent
import gevent.socket
from gevent.event import AsyncResult

from benchmarks.machine import raise_file_limit
from loadtests.agreement import Ready
from loadtests.servers import SERVERS
from loadtests.servers.base import ServerOptions, UnavailableError
from loadtests.statistics_server import StatisticsServer

__all__ = ["main", "parse"]

#: Length of the accept queue asked for if nobody says otherwise: Node's default, and gnet's.
BACKLOG = 511

#: What to do about a failure to listen.
_CURES = {
    errno.EADDRINUSE: "choose another port, or 0 for any that is free",
    errno.EACCES: "choose a port from 1024 on",
    errno.EADDRNOTAVAIL: "choose an address of this machine's, or 0.0.0.0 or :: for all of them",
}


class _CannotListenError(Exception):
    """There is no listening where it was asked for; the text says what to do."""


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the settings of a server."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.server",
        description="An echo server to be loaded. Prints one JSON line when it is ready.",
    )
    parser.add_argument(
        "--server", choices=SERVERS, default="gnet", help="which server (default: %(default)s)"
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address or name to listen on; 0.0.0.0 or :: for all (default: %(default)s)",
    )
    parser.add_argument(
        "--port", type=_port, default=0, help="port; 0, the default, for any that is free"
    )
    parser.add_argument(
        "--backlog",
        type=_positive,
        default=BACKLOG,
        help="length of the accept queue to ask the kernel for (default: %(default)s)",
    )
    parser.add_argument(
        "--max-connections",
        type=_positive,
        metavar="N",
        help="most connections at once (default: no limit); the streamserver does not refuse "
        "those beyond it, but lets them wait",
    )
    parser.add_argument(
        "--statistics-port",
        type=_port,
        default=0,
        metavar="PORT",
        help="port of the statistics over HTTP; 0, the default, for any that is free",
    )
    parser.add_argument(
        "--statistics-host", metavar="HOST", help="where they are (default: the same as --host)"
    )
    parser.add_argument(
        "--end-with-parent",
        action="store_true",
        help="also end when standard input reaches its end",
    )
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    """Read the number of a port."""
    return _number(text, 0, 65535, "0 lets the system choose")


def _positive(text: str) -> int:
    """Read a whole number above zero that the kernel can take."""
    return _number(text, 1, 2**31 - 1, "leave it out for the default")


def _number(text: str, least: int, most: int, hint: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(
            f"must be a whole number from {least} to {most}, not {text!r}; {hint}"
        )
    return number


def run(options: argparse.Namespace) -> int:
    """Serve until told to end; return the exit status."""
    over: AsyncResult[int] = AsyncResult()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, over.set, 0)

    def on_failure(text: str) -> None:
        _complain(text)
        over.set(1)

    raise_file_limit()
    host = _resolve(options.host)
    server = SERVERS[options.server](
        ServerOptions(host, options.port, options.backlog, options.max_connections), on_failure
    )
    try:
        server.start()
    except OSError as error:
        raise _cannot_listen(host, options.port, error) from error
    try:
        statistics_host = _resolve(options.statistics_host or options.host)
        statistics = StatisticsServer(server, statistics_host, options.statistics_port)
        try:
            statistics.start()
        except OSError as error:
            raise _cannot_listen(statistics_host, options.statistics_port, error) from error
        address = server.address
        print(Ready(address.host, address.port, statistics.url).to_json(), flush=True)
        if options.end_with_parent:
            _end_with_input(over)
        status = over.get()
        statistics.stop()
    finally:
        server.stop()
    assert status is not None
    return status


def _resolve(host: str) -> str:
    """The first address that a name stands for, so that every server is told the same."""
    try:
        found = gevent.socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _CannotListenError(
            f"cannot listen on {host!r}: {error.strerror}; {_CURES[errno.EADDRNOTAVAIL]}"
        ) from error
    return str(found[0][4][0])


def _cannot_listen(host: str, port: int, error: OSError) -> _CannotListenError:
    number = error.errno or 0
    cure = f"; {_CURES[number]}" if number in _CURES else ""
    return _CannotListenError(f"cannot listen on {host} port {port}: {os.strerror(number)}{cure}")


def _end_with_input(over: AsyncResult[int]) -> None:
    """Set ``over`` when standard input has reached its end."""
    watcher = gevent.get_hub().loop.io(0, 1)

    def read() -> None:
        if not os.read(0, 65536):
            watcher.stop()
            over.set(0)

    watcher.start(read)


def _complain(text: str) -> None:
    print(f"loadtests.server: {text}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server and return the exit status of the program."""
    options = parse(arguments)
    try:
        return run(options)
    except (_CannotListenError, UnavailableError) as error:
        _complain(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
