"""How connect() chooses among addresses by default: what may be set, and what it starts with."""

import math
from collections.abc import Callable
from typing import Any

from conformance_trace import trace

import gnet


def attempt(label: str, fn: Callable[[Any], object], value: Any) -> None:
    try:
        fn(value)
        trace(label, value, "passed")
    except Exception as err:
        trace(label, value, err)
    trace("now", gnet.getDefaultAutoSelectFamily(), gnet.getDefaultAutoSelectFamilyAttemptTimeout())


trace(
    "at first",
    gnet.get_default_auto_select_family(),
    gnet.get_default_auto_select_family_attempt_timeout(),
)
for value in [False, True, None, 1, 0, "x", ""]:
    attempt("family", gnet.set_default_auto_select_family, value)
for value in [
    *[1, 9, 10, 11, 2**31 - 1, 1000, 0, -1, 1.5, 2**31, 2**33, math.nan, math.inf],
    *[None, True, "100"],
]:
    attempt("timeout", gnet.set_default_auto_select_family_attempt_timeout, value)
