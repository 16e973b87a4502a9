"""The command line: ``gnet serve MODULE:CALLABLE``."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import logging
import os
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import NoReturn

from gnet.serving import health, logs, settings
from gnet.serving.addresses import AddressError, ListenError
from gnet.serving.application import ApplicationError, Stopped
from gnet.serving.reloading import ReloadError, lent_listeners, reload
from gnet.serving.settings import Settings
from gnet.serving.watching import WatchError

__all__ = ["main"]

#: Exit codes beside 0, and those of `ApplicationError`: 1, 3 and 4.
WRONG_USAGE, WRONG_ADDRESS, CANNOT_LISTEN = 2, 5, 6

_log = logging.getLogger("gnet.serve")

_DESCRIPTION = """\
Serve a TCP application. CALLABLE takes each connection, a gnet.Socket; or it
takes nothing and returns a gnet.Server."""

_EPILOG = """\
Each option is also a variable, as GNET_IDLE_TIMEOUT for --idle-timeout.
SIGTERM and SIGINT stop accepting and wait for connections; twice: no longer.
Exit codes: 0 stopped as told, 1 the application failed, 2 wrong usage,
3 no such module, 4 no such callable, 5 wrong address, 6 cannot listen.

  gnet serve app:on_connection
  gnet serve --listen tcp://:4000 --listen unix:/run/app.sock app:make_server
  gnet serve --workers 4 --idle-timeout 60 --access-log app:on_connection"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: What follows the program's name; by default ``sys.argv``'s.
    Returns:
        The exit code.
    """
    _open_standard_streams()
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["health"]:
        return health.main(arguments[1:])
    parser = _Parser(
        prog="gnet", description="Node's net for Python on gevent.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"gnet {_version()}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    serve = commands.add_parser(
        "serve",
        help="serve an application",
        usage="gnet serve [OPTIONS] MODULE:CALLABLE",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=_HelpFormatter,
        allow_abbrev=False,
    )
    serve.set_defaults(run=_serve, parser=serve)
    settings.add_to(serve)
    commands.add_parser("health", help="tell by the exit code whether a service is healthy")
    given, unknown = parser.parse_known_args(arguments)
    if unknown:
        given.parser.error(_unknown(unknown))
    status: int = given.run(given, arguments)
    return status


def _unknown(arguments: list[str]) -> str:
    """What to say of arguments that nobody knows: a wrong option leaves others over behind it."""
    options = [each for each in arguments if each.startswith("-")]
    known = [f"--{option.name}" for option in settings.OPTIONS]
    close = difflib.get_close_matches(options[0], known, 1) if options else []
    guess = f"; did you mean {close[0]}?" if close else ""
    return f"unrecognized arguments: {' '.join(options or arguments)}{guess}"


def _open_standard_streams() -> None:
    """Give a process that was started without some of them something in their places.

    Otherwise a socket would get such a number, and what is printed, or read, would go there.
    """
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(fd, True)
    os.close(fd)
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115  # as long as the process
    if sys.stderr is None:
        sys.stderr = open(2, "w", errors="backslashreplace", closefd=False)  # noqa: SIM115


class _Parser(argparse.ArgumentParser):
    """Tells what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Say it, and where help is."""
        self.exit(WRONG_USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


class _HelpFormatter(argparse.RawTextHelpFormatter):
    """Options in one column, explanations in the next, within 80 columns."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=80)


def _version() -> str:
    try:
        return version("gevent-net")
    except PackageNotFoundError:  # run from a checkout
        return "(not installed)"


# ---------------------------------------------------------------- serve


def _serve(given: argparse.Namespace, arguments: Sequence[str]) -> int:
    try:
        wanted = settings.resolve(given, os.environ, given.parser.error)
    except AddressError as error:
        return _refuse(WRONG_ADDRESS, error)
    logs.configure(wanted.log_level, wanted.log_format)
    try:
        return _run(wanted, arguments)
    except ApplicationError as error:
        return _refuse(error.status, error, wanted.log_format)
    except WatchError as error:
        return _refuse(WRONG_USAGE, error, wanted.log_format)
    except ListenError as error:
        return _refuse(CANNOT_LISTEN, error, wanted.log_format)
    except ReloadError as error:
        return _refuse(WRONG_USAGE, error, wanted.log_format)


def _refuse(status: int, why: object, log_format: str = "text") -> int:
    if log_format == "json":
        _log.critical("%s", why)
    else:
        try:
            print(f"gnet serve: {why}", file=sys.stderr, flush=True)
        except OSError:  # nobody reads it, and Python shall not try once more: the code tells
            sys.stderr = None
    return status


def _run(wanted: Settings, arguments: Sequence[str]) -> int:
    lent = lent_listeners(os.environ)
    # Until there is something to drain, there is nothing to wait for. (To the first process of a
    # container signals do nothing by default.)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _pass_over if lent else _leave)
    if lent:
        wanted = replace(wanted, listen=lent)
    elif wanted.reload:
        return reload(wanted, arguments)
    _raise_descriptor_limit()
    if wanted.workers is not None:
        return _run_workers(wanted, lent=bool(lent))
    from gevent import monkey

    monkey.patch_all()
    from gnet.serving.single import serve

    return serve(wanted, lent=bool(lent))


def _raise_descriptor_limit() -> None:
    """Have as many descriptors as may be had: one for each connection, and the usual 1024 are few.

    As Node does; the lower limit is for programs that use ``select``.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # not everywhere is the greatest one permitted
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _pass_over(_number: int, _frame: object) -> None:
    """Leave the terminal's SIGINT to the process that has lent the sockets."""


def _run_workers(wanted: Settings, *, lent: bool) -> int:
    try:
        from gnet.serving.workers import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "gunicorn":
            raise
        why = "--workers needs gunicorn: pip install gunicorn"
        return _refuse(WRONG_USAGE, why, wanted.log_format)
    serve(wanted, lent=lent)
    return 0


def _leave(_number: int, _frame: object) -> NoReturn:
    raise Stopped(0)
