"""Settings that hold for the whole process: how a client chooses among a name's addresses.

Node: net, "net.setDefaultAutoSelectFamily(value)" and its three kin.
"""

from __future__ import annotations

from gnet.checks import check_boolean, check_integer

__all__ = [
    "get_default_auto_select_family",
    "get_default_auto_select_family_attempt_timeout",
    "set_default_auto_select_family",
    "set_default_auto_select_family_attempt_timeout",
]

#: An attempt gets at least so many milliseconds, whatever was asked for.
_LEAST_ATTEMPT_TIMEOUT = 10

_auto_select_family = True
_attempt_timeout = 250


def get_default_auto_select_family() -> bool:
    """Whether ``connect`` tries a name's IPv6 and IPv4 addresses by turns, unless told otherwise.

    Node: net, "net.getDefaultAutoSelectFamily()".
    """
    return _auto_select_family


def set_default_auto_select_family(value: bool) -> None:
    """Set what `get_default_auto_select_family` tells; at first it is True.

    Raises:
        TypeError: ``ERR_INVALID_ARG_TYPE`` if ``value`` is no boolean.

    Node: net, "net.setDefaultAutoSelectFamily(value)".
    """
    global _auto_select_family
    check_boolean(value, "value")
    _auto_select_family = value


def get_default_auto_select_family_attempt_timeout() -> int:
    """After how many milliseconds the next address is tried, unless told otherwise.

    Node: net, "net.getDefaultAutoSelectFamilyAttemptTimeout()".
    """
    return _attempt_timeout


def set_default_auto_select_family_attempt_timeout(value: int) -> None:
    """Set what `get_default_auto_select_family_attempt_timeout` tells; at first it is 250.

    Args:
        value: Milliseconds; less than 10 becomes 10.
    Raises:
        TypeError: ``ERR_INVALID_ARG_TYPE`` if ``value`` is no number.
        ValueError: ``ERR_OUT_OF_RANGE`` if it is no whole number from 1 to 2**31 - 1.

    Node: net, "net.setDefaultAutoSelectFamilyAttemptTimeout(value)".
    """
    global _attempt_timeout
    _attempt_timeout = max(check_integer(value, "value", 1, 2**31 - 1), _LEAST_ATTEMPT_TIMEOUT)
