"""After close() every method raises but dispose, which does nothing then."""

from collections.abc import Callable

from conformance_trace import trace

import gnet


def attempt(label: str, fn: Callable[..., object]) -> None:
    try:
        fn()
        trace(label, "passed")
    except Exception as err:
        trace(label, err)


def use_up(label: str, bound: gnet.BoundSocket) -> None:
    attempt(f"{label}: address", bound.address)
    attempt(f"{label}: fd", bound.fd)
    attempt(f"{label}: close", bound.close)
    attempt(f"{label}: dispose", bound.dispose)
    attempt(f"{label}: dispose again", bound.dispose)


closed = gnet.BoundSocket(host="127.0.0.1")
attempt("open: address", closed.address)
attempt("open: close", closed.close)
use_up("closed", closed)

disposed = gnet.BoundSocket(host="127.0.0.1")
attempt("open: dispose", disposed.dispose)
use_up("disposed", disposed)
