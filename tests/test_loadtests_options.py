"""`loadtests.options`: what is read, and what is told of a wrong value."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import pytest

from loadtests.options import count, positive, seconds


@pytest.mark.parametrize(
    ("read", "text", "value"), [(positive, "1", 1), (count, "0", 0), (seconds, "0.5", 0.5)]
)
def test_right_values_are_read(read: Callable[[str], float], text: str, value: float) -> None:
    """As numbers."""
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [(positive, "0"), (positive, "x"), (count, "-1"), (seconds, "-1"), (seconds, "nan")],
)
def test_wrong_values_are_told_with_a_right_one(read: Callable[[str], float], text: str) -> None:
    """So that the next try is a good one."""
    with pytest.raises(argparse.ArgumentTypeError, match=f"from [01] on, not '{text}'"):
        read(text)
