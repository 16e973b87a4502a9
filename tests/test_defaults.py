"""Settings of the process; what Node says to each value is compared in tests/conformance."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import gnet


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Each test leaves the process as it was."""
    family = gnet.get_default_auto_select_family()
    timeout = gnet.get_default_auto_select_family_attempt_timeout()
    yield
    gnet.set_default_auto_select_family(family)
    gnet.set_default_auto_select_family_attempt_timeout(timeout)


def test_auto_select_family_can_be_switched_off() -> None:
    """It is on at first."""
    assert gnet.get_default_auto_select_family() is True
    gnet.set_default_auto_select_family(False)
    assert gnet.get_default_auto_select_family() is False


@pytest.mark.parametrize(("value", "expected"), [(1, 10), (9, 10), (10, 10), (300.0, 300)])
def test_an_attempt_gets_at_least_ten_milliseconds(value: int, expected: int) -> None:
    """A whole number may be a float."""
    gnet.set_default_auto_select_family_attempt_timeout(value)
    assert gnet.get_default_auto_select_family_attempt_timeout() == expected


def test_a_bad_value_changes_nothing() -> None:
    """The error comes first."""
    with pytest.raises(ValueError, match="2147483647"):
        gnet.set_default_auto_select_family_attempt_timeout(0)
    with pytest.raises(TypeError, match="boolean"):
        gnet.set_default_auto_select_family(1)  # type: ignore[arg-type]  # that is the point
    assert gnet.get_default_auto_select_family_attempt_timeout() == 250
    assert gnet.get_default_auto_select_family() is True
