"""The settings of ``gnet serve``: from the command line, from ``GNET_…`` variables, by default.

One table has them all; parser, environment and help are made from it.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from gnet.serving.addresses import Address, AddressError, activated, parse
from gnet.serving.logs import FORMATS, LEVELS

__all__ = ["OPTIONS", "BadAddress", "Option", "Settings", "add_to", "from_environment", "resolve"]

DEFAULT_LISTEN = "tcp://127.0.0.1:4000"

#: The greatest number that the kernel takes for a backlog.
_MOST = 2**31 - 1
#: The longest timeout that `gnet.Socket.set_timeout` takes, some 24 days.
_MOST_SECONDS = _MOST // 1000


class BadAddress(AddressError):
    """An address among the settings that is none; the text says which setting."""


def _count(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text) if re.fullmatch(r"\d{1,10}", text) else -1
        if not least <= number <= _MOST:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {_MOST}")
        return number

    return read


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= _MOST_SECONDS:  # as NaN is not
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, 0 to {_MOST_SECONDS}")
    return number


def _positive_seconds(text: str) -> float:
    number = _seconds(text)
    if not number:
        raise argparse.ArgumentTypeError(f"{text!r} is no time at all")
    return number


def _one_of(names: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in names:
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(names)}")
        return text.lower()

    return read


def _yes_or_no(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise argparse.ArgumentTypeError(f"{text!r} is neither 1 nor 0")


@dataclass(frozen=True)
class Option:
    """One setting: ``--name METAVAR`` or ``GNET_NAME=…``; a switch has no ``METAVAR``."""

    name: str
    metavar: str
    help: str
    read: Callable[[str], Any] = str
    default: Any = None
    repeats: bool = False  # on the command line; in the environment, values stand between spaces

    @property
    def key(self) -> str:
        """Its attribute of `Settings`."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """Its variable in the environment."""
        return f"GNET_{self.key.upper()}"

    @property
    def is_switch(self) -> bool:
        """Whether it takes no value on the command line."""
        return not self.metavar


OPTIONS = (
    Option(
        "listen",
        "ADDRESS",
        "tcp://HOST:PORT, tcp6://[HOST]:PORT, unix:PATH,\n"
        f"fd:N; may be repeated ({DEFAULT_LISTEN})",
        repeats=True,
    ),
    Option("backlog", "N", "connections that may wait to be accepted (511)", _count(1), 511),
    Option("max-connections", "N", "refuse more, per address and process (no limit)", _count(0)),
    Option(
        "idle-timeout", "SECONDS", "close a connection without traffic (never)", _positive_seconds
    ),
    Option(
        "drain-timeout", "SECONDS", "for connections to end when told to stop (30)", _seconds, 30.0
    ),
    Option("workers", "N", "processes, under gunicorn's arbiter (just this one)", _count(1)),
    Option(
        "reuse-port", "", "a listening socket for each worker (SO_REUSEPORT)", _yes_or_no, False
    ),
    Option(
        "log-level",
        "LEVEL",
        "debug, info, warning, error or critical (info)",
        _one_of(LEVELS),
        "info",
    ),
    Option("log-format", "FORMAT", "text or json (text)", _one_of(FORMATS), "text"),
    Option("access-log", "", "log a line for each connection that has ended", _yes_or_no, False),
    Option("metrics", "ADDRESS", "serve /metrics, /health and /live there, over HTTP"),
    Option("reload", "", "start anew when a file changes, for development", _yes_or_no, False),
    Option("app-dir", "DIR", "where MODULE is looked for first (.)", str, "."),
)


@dataclass(frozen=True)
class Settings:
    """What to serve, and how. Times are in seconds; None means there is no such limit."""

    application: str
    listen: tuple[Address, ...]
    backlog: int
    max_connections: int | None
    idle_timeout: float | None
    drain_timeout: float
    workers: int | None
    reuse_port: bool
    log_level: str
    log_format: str
    access_log: bool
    metrics: Address | None
    reload: bool
    app_dir: str


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the options, and the application, to a parser. What is not given is None."""
    parser.add_argument("application", metavar="MODULE:CALLABLE", nargs="?")
    for option in OPTIONS:
        if option.is_switch:
            parser.add_argument(
                f"--{option.name}", action="store_true", default=None, help=option.help
            )
        else:
            parser.add_argument(
                f"--{option.name}",
                metavar=option.metavar,
                type=option.read,
                action="append" if option.repeats else "store",
                help=option.help,
            )


def resolve(
    given: argparse.Namespace, environ: Mapping[str, str], fail: Callable[[str], NoReturn]
) -> Settings:
    """Complete what the command line says.

    Args:
        given: What the parser has found.
        environ: Where the variables are.
        fail: Called with a text about a variable that has a wrong value, or about what is missing.
    Raises:
        BadAddress: An address is none.
    """
    values: dict[str, Any] = {}
    for option in OPTIONS:
        value = getattr(given, option.key)
        if value is None:
            value = _from_variable(option, environ, fail)
        values[option.key] = option.default if value is None else value
    application = given.application or environ.get("GNET_APPLICATION")
    if not application:
        fail("what to serve is missing: MODULE:CALLABLE, such as app:on_connection")
    source = _source("listen", given)
    listen = [_address(source, text) for text in values.pop("listen") or ()]
    descriptors = [address.port for address in listen if not address.family]
    if len(set(descriptors)) < len(descriptors):
        raise BadAddress(f"{source}: a descriptor is given twice")
    metrics = values.pop("metrics")
    return Settings(
        application=application,
        listen=tuple(listen or activated(environ) or [parse(DEFAULT_LISTEN)]),
        metrics=None if metrics is None else _address(_source("metrics", given), metrics),
        **values,
    )


def from_environment(application: str, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a process that has no command line of gnet's.

    Raises:
        ValueError: A variable has a wrong value.
    """

    def fail(text: str) -> NoReturn:
        raise ValueError(text)

    nothing = argparse.Namespace(application=application, **dict.fromkeys(o.key for o in OPTIONS))
    return resolve(nothing, environ, fail)


def _from_variable(
    option: Option, environ: Mapping[str, str], fail: Callable[[str], NoReturn]
) -> Any:
    text = environ.get(option.variable)
    if not text:
        return None
    try:
        if option.repeats:
            return [option.read(part) for part in text.split()]
        return option.read(text)
    except argparse.ArgumentTypeError as error:
        return fail(f"{option.variable}: {error}")


def _source(key: str, given: argparse.Namespace) -> str:
    """Where a setting's value comes from, if it has one: its option or its variable."""
    [option] = [each for each in OPTIONS if each.key == key]
    return option.variable if getattr(given, key) is None else f"--{option.name}"


def _address(source: str, text: str) -> Address:
    try:
        return parse(text)
    except AddressError as error:
        raise BadAddress(f"{source}: {error}") from error
