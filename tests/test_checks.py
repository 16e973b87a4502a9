"""Checks of arguments: the very answers of Node, asked live where it can be."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from support import ask_node

from gnet import GnetError, GnetRangeError, GnetTypeError
from gnet.checks import (
    check_function,
    check_high_water_mark,
    check_msecs,
    check_number,
    check_port,
    to_int32,
    to_number,
)

TEXTS = [
    *["", " ", "0", "1", "+1", "-1", "80", " 80 ", "\t80\n", "1.5", ".5", "5.", "1e3", "1E3"],
    *["1e400", "-0", "00080", "0x10", "0X1F", "0b101", "0o17", "0xg", "0x", "0b12", "-0x10"],
    *["1_000", "1__0", "1,5", "1n", "nan", "NaN", "inf", "Infinity", "+Infinity", "-Infinity"],
    *["infinity", "INFINITY", "e5", "1e", "true", "null", "eighty", "8 0", "0x1.8", "1e+2"],
    *["\u0661\u0662", "\uff18\uff10", "\x1c8", "\ufeff8", "\u00a080", "65535", "65536", "1e5"],
]


def as_number(text: str) -> float | None:
    """What ``String(Number(text))`` told, as a number; None for NaN."""
    return (
        None
        if text == "NaN"
        else math.inf * (-1) ** text.startswith("-")
        if "I" in text
        else float(text)
    )


def test_to_number_is_javascripts_number() -> None:
    """Text by text, as Node converts it."""
    told = ask_node("console.log(JSON.stringify(question.map(t => String(Number(t)))))", TEXTS)
    assert {text: to_number(text) for text in TEXTS} == {
        text: as_number(answer) for text, answer in zip(TEXTS, told, strict=True)
    }


@pytest.mark.parametrize(
    ("value", "number"),
    [(None, 0), (5, 5), (1.5, 1.5), (True, 1), (math.nan, None), ([], None), (b"1", None)],
)
def test_to_number_of_what_is_no_text(value: object, number: float | None) -> None:
    """None stands for null, which JavaScript counts as 0; what has no number has none."""
    assert to_number(value) == number


PORTS: list[object] = [
    *TEXTS,
    *[0, 1, 80, 65535, 65536, -1, 80.0, 80.5, 1e10, True, False, None],
]


def test_check_port_takes_what_node_takes() -> None:
    """Value by value: Node's ``connect`` raises for a bad port before it does anything."""
    told = ask_node(
        """
        const net = require('net');
        console.log(JSON.stringify(question.map((port) => {
            try {
                const hold = { port, host: 'nowhere', lookup() {} };
                new net.Socket().connect(hold).destroy();
                return null;
            } catch (error) { return [error.code, error.message]; }
        })))
        """,
        PORTS,
    )
    for port, problem in zip(PORTS, told, strict=True):
        if problem is None:
            assert 0 <= check_port(port, "Port") <= 65535, port
        elif problem[0] == "ERR_SOCKET_BAD_PORT":
            with pytest.raises(GnetRangeError) as caught:
                check_port(port, "Port")
            assert [caught.value.code, caught.value.message] == problem


@pytest.mark.parametrize(
    ("value", "port"),
    [(80, 80), (80.0, 80), ("80", 80), (" 0x50 ", 80), (-0.0, 0), ("65535", 65535)],
)
def test_check_port_gives_a_whole_number(value: object, port: int) -> None:
    """Whatever it was written as."""
    got = check_port(value, "Port")
    assert (got, type(got)) == (port, int)


@pytest.mark.parametrize("value", [print, str, int, test_to_number_is_javascripts_number])
def test_check_function_lets_callables_pass(value: object) -> None:
    """Of any kind."""
    check_function(value, "callback")


@pytest.mark.parametrize("value", [None, 1, "print", [], object()])
def test_check_function_refuses_anything_else(value: object) -> None:
    """The error names the argument."""
    with pytest.raises(
        GnetTypeError, match=r'"callback" argument must be of type function'
    ) as caught:
        check_function(value, "callback")
    assert caught.value.code == "ERR_INVALID_ARG_TYPE"


@pytest.mark.parametrize("value", [0, 1.5, -1, math.nan, math.inf])
def test_check_number_lets_numbers_pass(value: float) -> None:
    """Any, if nothing is said about the least."""
    check_number(value, "n")


@pytest.mark.parametrize("value", [True, "1", None, 1j, []])
def test_check_number_refuses_what_is_none(value: object) -> None:
    """A boolean is no number here, although Python thinks so."""
    with pytest.raises(GnetTypeError) as caught:
        check_number(value, "n")
    assert caught.value.code == "ERR_INVALID_ARG_TYPE"


@pytest.mark.parametrize("value", [-1, -0.001, math.nan, -math.inf])
def test_check_number_refuses_what_is_too_small(value: float) -> None:
    """NaN is not at least anything."""
    with pytest.raises(GnetRangeError, match=r'"n" is out of range\. It must be >= 0') as caught:
        check_number(value, "n", 0)
    assert caught.value.code == "ERR_OUT_OF_RANGE"


@pytest.mark.parametrize("value", [0, 0.5, 1e12])
def test_check_msecs_lets_periods_pass(value: float) -> None:
    """Parts of a millisecond too."""
    check_msecs(value)


@pytest.mark.parametrize("value", [-1, math.nan, math.inf])
def test_check_msecs_refuses_what_is_no_period(value: float) -> None:
    """By the name of the argument."""
    with pytest.raises(GnetRangeError, match='"msecs" is out of range') as caught:
        check_msecs(value)
    assert caught.value.code == "ERR_OUT_OF_RANGE"


@pytest.mark.parametrize(
    ("check", "value"),
    [(check_msecs, "1"), (check_msecs, None), (check_number, "1"), (check_function, 1)],
)
def test_a_refusal_says_what_came(check: Callable[[Any, str], None], value: Any) -> None:
    """In Node's words."""
    with pytest.raises(GnetError, match=r"Received (null|type (string|number) \('?1'?\))"):
        check(value, "argument")


def test_to_int32_is_javascripts() -> None:
    """As ``~~value``, number by number and text by text."""
    values: list[Any] = [0, -7.9, 2**31, -(2**31) - 1, 2**32 + 3, 1e20, "NaN", "0x10", "a"]
    assert [to_int32(value) for value in values] == ask_node(
        "console.log(JSON.stringify(question.map(value => ~~value)))", values
    )
    assert to_int32(math.nan) == to_int32(math.inf) == 0


@pytest.mark.parametrize("value", [-1, 1.5, math.nan, math.inf, "1", None, True])
def test_check_high_water_mark_refuses_what_is_no_count(value: Any) -> None:
    """With one code for all, as Node."""
    with pytest.raises(GnetTypeError) as caught:
        check_high_water_mark(value, "highWaterMark")
    assert caught.value.code == "ERR_INVALID_ARG_VALUE"
