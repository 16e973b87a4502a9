"""Every public member is used by a test or a scenario."""

from __future__ import annotations

from member_coverage import uncovered


def test_every_member_is_used_somewhere() -> None:
    """Or ``python tests/member_coverage.py`` prints it."""
    assert uncovered() == []
