"""``gnet health``: whether a service is well, for who starts a program to find out.

It needs nothing of a serving process, and uses nothing but a few modules of the standard library.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import sys
import time
from collections.abc import Mapping, Sequence

__all__ = ["main"]

_DEFAULT = "tcp://127.0.0.1:4000"  # as that of --listen
_ADDRESS = re.compile(
    r"(?P<scheme>http|tcp6?)://(?:\[(?P<ip>[^\[\]\s]*)\]|(?P<name>[^:/\[\]\s]*)):(?P<port>\d{1,5})"
    r"(?P<path>/\S*)?"
)
_STATUS = re.compile(rb"HTTP/1\.\d (\d{3}[^\r\n]*)\r?\n")
_ANY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
_MOST_OF_A_LINE = 1024

_EPILOG = """\
Without ADDRESS it asks GNET_METRICS for /health, if that is set; else it
connects to the first address in GNET_LISTEN, or to tcp://127.0.0.1:4000.
Exit codes: 0 healthy, 1 not, and then a line says why, 2 unknown option."""


def main(arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> int:
    """Check it.

    Args:
        arguments: What follows ``health`` on the command line.
        environ: Where the variables are; by default this process's.
    Returns:
        The exit code: 0 if it is healthy, 1 if not.
    """
    parser = argparse.ArgumentParser(
        prog="gnet health",
        description="Tell by the exit code whether a service is healthy.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "address",
        metavar="ADDRESS",
        nargs="?",
        help="http://HOST:PORT/PATH has to answer 200; tcp://HOST:PORT or unix:PATH to connect",
    )
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=float, default=3.0, help="for all of it (3)"
    )
    given = parser.parse_args(arguments)
    if not 0 < given.timeout < 1e6:
        parser.error("--timeout: expected a number of seconds")
    environ = os.environ if environ is None else environ
    asks, address = (False, given.address) if given.address else _default(environ)
    try:
        _check(address, given.timeout, asks=asks)
    except TimeoutError:
        return _told(address, f"no answer in {given.timeout:g} s")
    except OSError as error:
        return _told(address, (error.strerror or str(error)).lower())
    except ValueError as error:
        return _told(address, str(error))
    return 0


def _told(address: str, why: str) -> int:
    print(f"gnet health: {address}: {why}", file=sys.stderr)
    return 1


def _default(environ: Mapping[str, str]) -> tuple[bool, str]:
    """Whether to ask over HTTP, and where."""
    metrics = environ.get("GNET_METRICS")
    if metrics:
        return True, metrics
    return False, (environ.get("GNET_LISTEN", "").split() or [_DEFAULT])[0]


def _check(address: str, timeout: float, *, asks: bool) -> None:
    """Return if it is healthy.

    Raises:
        OSError: It cannot be reached.
        ValueError: It says that it is not healthy, or that is no address.
    """
    deadline = time.monotonic() + timeout
    path, host = "/health", "localhost"
    scheme, _, rest = address.partition(":")
    if scheme == "unix" and rest:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(timeout)
            sock.connect("\0" + rest[1:] if rest[0] == "@" else rest)
            if asks:
                _ask(sock, path, host, deadline)
    else:
        found = _ADDRESS.fullmatch(address)
        if found is None or int(found["port"]) > 65535 or (found["path"] and scheme != "http"):
            raise ValueError("expected http://HOST:PORT/PATH, tcp://HOST:PORT or unix:PATH")
        if not int(found["port"]):
            raise ValueError("port 0 does not say where it listens")
        asks = asks or scheme == "http"
        path = found["path"] or path
        host = found["ip"] if found["ip"] is not None else found["name"]
        if not host and scheme == "tcp6":
            host = "::"
        where = _ANY.get(host, host), int(found["port"])
        with socket.create_connection(where, timeout) as sock:
            if asks:
                _ask(sock, path, host, deadline)


def _ask(sock: socket.socket, path: str, host: str, deadline: float) -> None:
    """Return if it answers 200 in time."""
    name = f"[{host}]" if ":" in host else host
    request = f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
    sock.sendall(request.encode())
    answer = b""
    while not (status := _STATUS.match(answer)):
        sock.settimeout(_left(deadline))
        part = sock.recv(_MOST_OF_A_LINE)
        answer += part
        if not part or len(answer) > _MOST_OF_A_LINE:
            raise ValueError("no answer over HTTP")
    if status[1][:3] != b"200":
        raise ValueError(status[1].decode("latin-1"))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
