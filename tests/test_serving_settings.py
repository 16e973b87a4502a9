"""Settings: the command line goes before the environment, and that before the defaults."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

import pytest

from gnet.serving import settings
from gnet.serving.settings import OPTIONS, BadAddress, Option, Settings, from_environment


class Failed(Exception):
    """What `resolve` has found fault with."""


def fail(text: str) -> NoReturn:
    """Stand in for a parser's error()."""
    raise Failed(text)


def resolved(*arguments: str, **environ: str) -> Settings:
    """The settings of a command line and an environment."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    settings.add_to(parser)
    return settings.resolve(parser.parse_args(["app:f", *arguments]), environ, fail)


#: Option -> a text, the setting it makes, and the setting by default. Each option is here.
VALUES: dict[str, tuple[str, Any, Any]] = {
    "listen": ("unix:/s", ["unix:/s"], ["tcp://127.0.0.1:4000"]),
    "backlog": ("7", 7, 511),
    "max-connections": ("0", 0, None),
    "idle-timeout": ("1.5", 1.5, None),
    "drain-timeout": ("0", 0.0, 30.0),
    "workers": ("2", 2, None),
    "reuse-port": ("1", True, False),
    "log-level": ("DEBUG", "debug", "info"),
    "log-format": ("JSON", "json", "text"),
    "access-log": ("yes", True, False),
    "metrics": ("tcp://:9100", "tcp://:9100", None),
    "reload": ("on", True, False),
    "app-dir": ("/srv", "/srv", "."),
}


def value(wanted: Settings, option: Option) -> Any:
    """A setting, addresses as texts."""
    found = getattr(wanted, option.key)
    if option.name == "listen":
        return [str(address) for address in found]
    return str(found) if option.name == "metrics" and found is not None else found


def test_the_table_above_has_each_option() -> None:
    """An option that is new here is not tested yet."""
    assert list(VALUES) == [option.name for option in OPTIONS]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_each_option_is_taken_from_the_command_line(option: Option) -> None:
    """In the form that its help shows."""
    text, expected, _ = VALUES[option.name]
    given = [f"--{option.name}"] if option.is_switch else [f"--{option.name}", text]
    assert value(resolved(*given), option) == expected


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_each_option_is_taken_from_its_variable(option: Option) -> None:
    """In the same form."""
    text, expected, _ = VALUES[option.name]
    assert option.variable == "GNET_" + option.name.upper().replace("-", "_")
    assert value(resolved(**{option.variable: text}), option) == expected


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_each_option_has_its_default(option: Option) -> None:
    """Also if its variable is there, but empty."""
    *_, default = VALUES[option.name]
    assert value(resolved(), option) == default
    assert value(resolved(**{option.variable: ""}), option) == default


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_the_help_names_the_default(option: Option) -> None:
    """In brackets at its end, if there is one."""
    *_, default = VALUES[option.name]
    if default not in (None, False):
        shown = default[0] if isinstance(default, list) else default
        shown = f"{shown:g}" if isinstance(shown, float) else shown
        assert option.help.endswith(f"({shown})")


def test_the_command_line_goes_before_the_environment() -> None:
    """Also where several values are possible: they are not mixed."""
    wanted = resolved(
        "--backlog", "1", "--listen", "fd:3", GNET_BACKLOG="2", GNET_LISTEN="fd:4 fd:5"
    )
    assert wanted.backlog == 1
    assert [str(address) for address in wanted.listen] == ["fd:3"]


def test_listen_may_be_repeated() -> None:
    """In the order given."""
    wanted = resolved("--listen", "fd:4", "--listen", "tcp://:1")
    assert [str(address) for address in wanted.listen] == ["fd:4", "tcp://:1"]


def test_the_variable_of_listen_has_spaces_between_addresses() -> None:
    """As many as one likes."""
    wanted = resolved(GNET_LISTEN=" fd:4  tcp://:1 ")
    assert [str(address) for address in wanted.listen] == ["fd:4", "tcp://:1"]


def test_a_descriptor_cannot_be_listened_on_twice() -> None:
    """Two servers would own it."""
    with pytest.raises(BadAddress, match="twice"):
        resolved("--listen", "fd:4", "--listen", "fd:4")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("backlog", "0"),
        ("backlog", "-1"),
        ("backlog", "1.5"),
        ("backlog", "x"),
        ("backlog", "2147483648"),
        ("max-connections", "-1"),
        ("max-connections", "99999999999999999999"),
        ("workers", "0"),
        ("idle-timeout", "0"),
        ("idle-timeout", "-1"),
        ("idle-timeout", "nan"),
        ("idle-timeout", "1e300"),
        ("drain-timeout", "-0.1"),
        ("drain-timeout", "inf"),
        ("drain-timeout", "soon"),
        ("log-level", "loud"),
        ("log-format", "xml"),
    ],
)
def test_a_wrong_value_is_told_with_its_option_or_variable(name: str, text: str) -> None:
    """In either place, with the value that is wrong."""
    with pytest.raises(argparse.ArgumentError, match=f"--{name}") as caught:
        resolved(f"--{name}={text}")
    assert repr(text) in str(caught.value)
    variable = "GNET_" + name.upper().replace("-", "_")
    with pytest.raises(Failed, match=f"^{variable}: ") as failed:
        resolved(**{variable: text})
    assert repr(text) in str(failed.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", True), ("TRUE", True), ("on", True), ("0", False), ("no", False), ("Off", False)],
)
def test_the_variable_of_a_switch_is_yes_or_no(text: str, expected: bool) -> None:
    """In the usual words."""
    assert resolved(GNET_RELOAD=text).reload is expected


def test_the_variable_of_a_switch_is_nothing_else() -> None:
    """A typing error does not switch anything on, or off."""
    with pytest.raises(Failed, match="GNET_RELOAD: 'maybe' is neither 1 nor 0"):
        resolved(GNET_RELOAD="maybe")


@pytest.mark.parametrize("name", ["listen", "metrics"])
def test_a_wrong_address_is_told_with_its_option_or_variable(name: str) -> None:
    """It has an exit code of its own."""
    with pytest.raises(BadAddress, match=f"^--{name}: 'nowhere'"):
        resolved(f"--{name}", "nowhere")
    with pytest.raises(BadAddress, match=f"^GNET_{name.upper()}: 'nowhere'"):
        resolved(**{f"GNET_{name.upper()}": "nowhere"})


def test_the_application_may_be_a_variable() -> None:
    """For a container whose command line is fixed; the command line goes before it."""
    nothing = argparse.Namespace(application=None, **dict.fromkeys(o.key for o in OPTIONS))
    environ = {"GNET_APPLICATION": "app:g"}
    assert settings.resolve(nothing, environ, fail).application == "app:g"
    assert resolved(**environ).application == "app:f"
    with pytest.raises(Failed, match="MODULE:CALLABLE"):
        settings.resolve(nothing, {}, fail)


def test_without_a_command_line_the_environment_says_it_all() -> None:
    """For a process that somebody else has started."""
    wanted = from_environment("app:f", {"GNET_BACKLOG": "7"})
    assert (wanted.application, wanted.backlog) == ("app:f", 7)
    with pytest.raises(ValueError, match="GNET_BACKLOG"):
        from_environment("app:f", {"GNET_BACKLOG": "x"})
