"""`loadtests.verdict`: what was expected and what was seen, as values and as a table."""

from __future__ import annotations

import pytest

from loadtests.verdict import Expectation, broken, equal, verdict_table

HOLDS = Expectation("the limit held", "<= 5", "5", holds=True)
BROKEN = Expectation("some were refused", "> 0", "0", holds=False)


@pytest.mark.parametrize(("seen", "holds"), [(3, True), (4, False), (None, False), ("3", False)])
def test_equal_compares_values_not_their_texts(seen: object, holds: bool) -> None:
    """And keeps both as texts."""
    assert equal("as many", 3, seen) == Expectation("as many", "3", str(seen), holds)


def test_only_what_does_not_hold_is_broken() -> None:
    """Each in one line, with both values."""
    assert broken([HOLDS, BROKEN]) == ["some were refused: expected > 0, saw 0"]
    assert broken([]) == []


def test_a_table_marks_what_is_broken_and_ends_with_the_verdict() -> None:
    """Its columns are as wide as what is in them."""
    assert verdict_table("accept", [HOLDS, BROKEN]).splitlines() == [
        "        expectation        expected  seen",
        "-" * 41,
        "ok      the limit held     <= 5      5",
        "BROKEN  some were refused  > 0       0",
        "accept: FAILED, 1 of 2 broken",
    ]


def test_a_table_of_what_holds_says_so() -> None:
    """In the line that the others end with, too."""
    assert verdict_table("accept", [HOLDS]).splitlines()[-1] == "accept: passed"
