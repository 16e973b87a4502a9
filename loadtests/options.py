"""Types of the load tests' options: a wrong value is told with what a right one is."""

from __future__ import annotations

import argparse
import math

__all__ = ["count", "positive", "seconds"]


def positive(text: str) -> int:
    """Read a whole number from 1 on."""
    return _whole(text, 1)


def count(text: str) -> int:
    """Read a whole number from 0 on."""
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"must be a whole number from {least} on, not {text!r}")
    return number


def seconds(text: str) -> float:
    """Read a number of seconds from 0 on, with or without a fraction."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of seconds from 0 on, not {text!r}")
    return number
