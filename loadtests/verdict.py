"""What a load test expects, what it saw, and whether that is the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Expectation", "broken", "equal", "verdict_table"]


@dataclass(frozen=True)
class Expectation:
    """One expectation of a test, after its run.

    Args:
        name: What is expected, as a claim.
        expected: The value that it should have been, for a reader.
        seen: The value that it was.
        holds: Whether that will do.
    """

    name: str
    expected: str
    seen: str
    holds: bool


def equal(name: str, expected: object, seen: object) -> Expectation:
    """An expectation that two values are the same."""
    return Expectation(name, str(expected), str(seen), expected == seen)


def broken(expectations: Sequence[Expectation]) -> list[str]:
    """A line for each expectation that does not hold."""
    return [
        f"{each.name}: expected {each.expected}, saw {each.seen}"
        for each in expectations
        if not each.holds
    ]


def verdict_table(test: str, expectations: Sequence[Expectation]) -> str:
    """Return a table of all of them, and the verdict in its last line."""
    rows = [("", "expectation", "expected", "seen")]
    rows += [
        ("ok" if each.holds else "BROKEN", each.name, each.expected, each.seen)
        for each in expectations
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "-" * max(map(len, lines)))
    count = len(broken(expectations))
    verdict = "passed" if not count else f"FAILED, {count} of {len(expectations)} broken"
    return "\n".join([*lines, f"{test}: {verdict}"])
