"""The many ways to call ``listen``, ``connect`` and ``create_server``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import expect_event, listening, must_call, must_not_call, settle, wait_event

import gnet
from gnet import GnetError, Server, Socket, create_server
from gnet.options import (
    ConnectOptions,
    ListenOptions,
    ServerOptions,
    connect_options,
    listen_options,
    server_options,
)
from gnet.symbols import ABSENT


def listener() -> None:
    """Stand for a callback."""


def listens(*args: Any, **keywords: Any) -> tuple[ListenOptions, Any]:
    """What a call of ``listen`` means."""
    return listen_options(args, keywords)


def connects(*args: Any, **keywords: Any) -> tuple[ConnectOptions, Any]:
    """What a call of ``connect`` means."""
    options, _, callback = connect_options(args, keywords)
    return options, callback


# ---------------------------------------------------------------- listen


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((), ListenOptions()),
        ((None,), ListenOptions()),
        ((4000,), ListenOptions(port=4000)),
        (("4000",), ListenOptions(port=4000)),
        ((4000.0,), ListenOptions(port=4000)),
        ((4000, "::1"), ListenOptions(port=4000, host="::1")),
        ((4000, 7), ListenOptions(port=4000, backlog=7)),
        ((4000, "::1", 7), ListenOptions(port=4000, host="::1", backlog=7)),
        ((4000, None, 7), ListenOptions(port=4000, backlog=7)),
        (("/run/x",), ListenOptions(path="/run/x")),
        (("/run/x", 7), ListenOptions(path="/run/x", backlog=7)),
        (("\0name",), ListenOptions(path="\0name")),
        (({"port": 4000},), ListenOptions(port=4000)),
        (({"port": None},), ListenOptions()),
        (({"port": 4000, "host": "::1", "backlog": 7},), ListenOptions(4000, "::1", None, 7)),
        (({"path": "/run/x", "backlog": 7},), ListenOptions(path="/run/x", backlog=7)),
        ((MappingProxyType({"port": 1}),), ListenOptions(port=1)),
        (({"fd": 3, "port": 1},), ListenOptions(fd=3)),
        (({"fd": 3}, 7), ListenOptions(fd=3, backlog=7)),
        (({"fd": 3.0},), ListenOptions(fd=3)),
        (({"fd": 2**31},), ListenOptions(fd=-1)),
        (({"handle": {"fd": 3}},), ListenOptions(fd=3)),
        (({"handle": None, "port": 1},), ListenOptions(port=1)),
        (
            ({"port": 1, "ipv6Only": True, "reusePort": True},),
            ListenOptions(1, ipv6_only=True, reuse_port=True),
        ),
        (({"port": 1, "ipv6Only": 1, "reusePort": "yes"},), ListenOptions(1)),
        (({"path": "/x", "readableAll": True},), ListenOptions(path="/x", readable_all=True)),
    ],
)
@pytest.mark.parametrize("with_callback", [False, True])
def test_listen_takes_every_form(
    args: tuple[Any, ...], expected: ListenOptions, with_callback: bool
) -> None:
    """With a callback as last argument and without."""
    callback = listener if with_callback else None
    assert listens(*args, *([listener] if with_callback else [])) == (expected, callback)


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({"port": 4000}, ListenOptions(port=4000)),
        ({"port": 4000, "host": "::1"}, ListenOptions(port=4000, host="::1")),
        ({"path": "/run/x"}, ListenOptions(path="/run/x")),
        ({"port": 0, "backlog": 7}, ListenOptions(backlog=7)),
    ],
)
def test_listen_takes_keywords(keywords: dict[str, Any], expected: ListenOptions) -> None:
    """They mean the same as the mapping."""
    assert listens(**keywords) == (expected, None)
    assert listens(keywords) == (expected, None)
    assert listens(**keywords, callback=listener) == (expected, listener)


def test_keywords_add_to_positional_arguments_and_win() -> None:
    """They are the more explicit ones."""
    assert listens(4000, host="::1")[0] == ListenOptions(port=4000, host="::1")
    assert listens({"port": 1, "host": "::1"}, port=2)[0] == ListenOptions(port=2, host="::1")


def test_a_keyword_that_is_absent_counts_as_left_out() -> None:
    """That is how the public functions pass on what was not given."""
    assert listens(4000, host=ABSENT, path=ABSENT)[0] == ListenOptions(port=4000)


def test_unknown_keys_of_a_mapping_are_ignored() -> None:
    """As Node does: options objects are shared between calls."""
    options = {"port": 4000, "prot": 1, "noDelay": True, "x": object()}
    assert listens(options)[0] == ListenOptions(port=4000)


@pytest.mark.parametrize(
    ("args", "kind", "code"),
    [
        ((-1,), ValueError, "ERR_SOCKET_BAD_PORT"),
        ((65536,), ValueError, "ERR_SOCKET_BAD_PORT"),
        ((1.5,), ValueError, "ERR_SOCKET_BAD_PORT"),
        ((True,), TypeError, "ERR_INVALID_ARG_VALUE"),
        (({},), TypeError, "ERR_INVALID_ARG_VALUE"),
        (({"port": []},), TypeError, "ERR_INVALID_ARG_VALUE"),
        (({"path": 1},), TypeError, "ERR_INVALID_ARG_VALUE"),
        (({"fd": True},), TypeError, "ERR_INVALID_ARG_VALUE"),
        (({"port": 1, "signal": 1},), TypeError, "ERR_INVALID_ARG_TYPE"),
        (({"port": 1, "host": 1},), TypeError, "ERR_INVALID_ARG_TYPE"),
    ],
)
def test_what_listen_cannot_understand_raises(
    args: tuple[Any, ...], kind: type[Exception], code: str
) -> None:
    """With Node's code."""
    with pytest.raises(kind) as caught:
        listens(*args)
    assert isinstance(caught.value, GnetError)
    assert caught.value.code == code


@pytest.mark.parametrize("call", [Server.listen, Socket.connect, gnet.connect, create_server])
def test_a_keyword_with_a_typo_is_a_type_error(call: Callable[..., object]) -> None:
    """From Python itself, and nothing has happened."""
    server = create_server()
    arguments = {Server.listen: [server, 0], Socket.connect: [Socket(), 1]}.get(call, [])
    with pytest.raises(TypeError, match="prot"):
        call(*arguments, prot=1)
    assert not server.listening


def test_a_failed_listen_changes_nothing() -> None:
    """No listener is added, and the server can listen then."""
    server = create_server()
    with pytest.raises(ValueError, match="65536"):
        server.listen(65536, must_not_call())
    assert server.event_names() == []
    up = expect_event(server, "listening")
    server.listen(0, "127.0.0.1")
    up.wait()
    server.close()


def test_listen_while_listening_changes_nothing() -> None:
    """Neither place nor listeners."""
    with listening() as server:
        before = server.address()
        with pytest.raises(GnetError) as caught:
            server.listen(0, must_not_call())
        assert caught.value.code == "ERR_SERVER_ALREADY_LISTEN"
        assert server.address() == before
        assert server.event_names() == []


def test_the_callback_of_listen_is_called_once() -> None:
    """Also when the server listens a second time."""
    server = create_server()
    server.listen(port=0, host="127.0.0.1", callback=must_call())
    wait_event(server, "listening")
    server.close()
    wait_event(server, "close")
    server.listen(0)
    wait_event(server, "listening")
    server.close()


# ---------------------------------------------------------------- connect


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((4000,), ConnectOptions(port=4000)),
        (("4000",), ConnectOptions(port=4000)),
        ((4000, "::1"), ConnectOptions(port=4000, host="::1")),
        ((4000, None), ConnectOptions(port=4000)),
        (("/run/x",), ConnectOptions(path="/run/x")),
        (("\0name",), ConnectOptions(path="\0name")),
        (({"port": 4000},), ConnectOptions(port=4000)),
        (({"port": 4000, "host": ""},), ConnectOptions(port=4000)),
        (({"port": 4000, "host": "::1"},), ConnectOptions(port=4000, host="::1")),
        (({"path": "/run/x", "port": 1},), ConnectOptions(path="/run/x")),
    ],
)
@pytest.mark.parametrize("with_callback", [False, True])
def test_connect_takes_every_form(
    args: tuple[Any, ...], expected: ConnectOptions, with_callback: bool
) -> None:
    """With a callback as last argument and without."""
    callback = listener if with_callback else None
    assert connects(*args, *([listener] if with_callback else [])) == (expected, callback)


def test_connect_takes_keywords() -> None:
    """And keywords behind positional arguments."""
    assert connects(port=4000, host="::1")[0] == ConnectOptions(port=4000, host="::1")
    assert connects(4000, host="::1", callback=listener) == (
        ConnectOptions(port=4000, host="::1"),
        listener,
    )


@pytest.mark.parametrize(
    ("args", "kind", "code"),
    [
        ((), TypeError, "ERR_MISSING_ARGS"),
        (({},), TypeError, "ERR_MISSING_ARGS"),
        (({"host": "::1"},), TypeError, "ERR_MISSING_ARGS"),
        (({"port": True},), TypeError, "ERR_INVALID_ARG_TYPE"),
        (({"port": []},), TypeError, "ERR_INVALID_ARG_TYPE"),
        (({"path": 5},), TypeError, "ERR_INVALID_ARG_TYPE"),
        (({"port": 1, "host": 5},), TypeError, "ERR_INVALID_ARG_TYPE"),
        (({"port": 1, "host": "a\0b"},), TypeError, "ERR_INVALID_ARG_VALUE"),
        ((65536,), ValueError, "ERR_SOCKET_BAD_PORT"),
        ((-1,), ValueError, "ERR_SOCKET_BAD_PORT"),
    ],
)
def test_what_connect_cannot_understand_raises(
    args: tuple[Any, ...], kind: type[Exception], code: str
) -> None:
    """With Node's code."""
    with pytest.raises(kind) as caught:
        connects(*args)
    assert isinstance(caught.value, GnetError)
    assert caught.value.code == code


def test_a_failed_connect_changes_nothing() -> None:
    """The same socket can connect then."""
    with listening(lambda socket: socket.end("hello")) as server:
        address: Any = server.address()
        socket = Socket()
        with pytest.raises(ValueError, match="65536"):
            socket.connect(65536, must_not_call())
        assert socket.event_names() == []
        assert not socket.connecting
        socket.connect(address.port, address.address, must_call())
        assert b"".join(socket) == b"hello"


@pytest.mark.parametrize("callback", [1, "x", []])
def test_a_callback_keyword_must_be_a_function(callback: Any) -> None:
    """A positional argument of another type is simply no callback, as in Node."""
    for call in (listens, connects):
        with pytest.raises(TypeError) as caught:
            call(4000, callback=callback)
        assert caught.value.code == "ERR_INVALID_ARG_TYPE"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "options",
    [{"allowHalfOpen": True, "timeout": 500}, {"allow_half_open": True, "timeout": 500}],
    ids=["Node", "Python"],
)
def test_connect_takes_the_sockets_options_in_both_spellings(options: Mapping[str, Any]) -> None:
    """In the one mapping that has the port as well."""
    with listening() as server:
        address: Any = server.address()
        client = gnet.connect({"port": address.port, "host": address.address, **options})
        assert client.allow_half_open
        assert client.timeout == 500
        client.destroy()


def test_connect_takes_the_sockets_options_as_keywords() -> None:
    """They mean the same."""
    with listening() as server:
        address: Any = server.address()
        client = gnet.connect(address.port, address.address, allow_half_open=True, timeout=500)
        assert client.allow_half_open
        assert client.timeout == 500
        client.destroy()


def test_a_bad_timeout_leaves_nothing_that_connects() -> None:
    """It is refused before the socket starts."""
    with listening() as server:
        address: Any = server.address()
        server.on("connection", must_not_call())
        with pytest.raises(ValueError, match="msecs"):
            gnet.connect(address.port, address.address, timeout=-1)
        settle()


# ---------------------------------------------------------------- create_server


@pytest.mark.parametrize(
    ("args", "keywords", "half_open", "has_listener"),
    [
        ((), {}, False, False),
        ((listener,), {}, False, True),
        ((None, listener), {}, False, True),
        (({},), {}, False, False),
        (({"allowHalfOpen": True},), {}, True, False),
        (({"allow_half_open": True}, listener), {}, True, True),
        ((listener,), {"allow_half_open": True}, True, True),
        (({"allowHalfOpen": True},), {"allow_half_open": False}, False, False),
        (({"other": 1},), {}, False, False),
    ],
)
def test_create_server_takes_every_form(
    args: tuple[Any, ...], keywords: dict[str, Any], half_open: bool, has_listener: bool
) -> None:
    """Options, listener, both, neither; keywords win."""
    server = create_server(*args, **keywords)
    assert server.allow_half_open is half_open
    assert server.listeners("connection") == ([listener] if has_listener else [])


@pytest.mark.parametrize("options", [1, "x", True, []])
def test_create_server_refuses_options_that_are_none(options: Any) -> None:
    """With Node's code."""
    with pytest.raises(TypeError) as caught:
        create_server(options)
    assert caught.value.code == "ERR_INVALID_ARG_TYPE"  # type: ignore[attr-defined]


# ---------------------------------------------------------------- properties

_ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 70_000),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=3),
    st.lists(st.integers(), max_size=2),
    st.just(listener),
    st.dictionaries(
        st.sampled_from(["port", "host", "path", "backlog", "allowHalfOpen", "other"]),
        st.one_of(st.none(), st.booleans(), st.integers(-1, 70_000), st.floats(), st.text()),
    ),
)


@given(st.lists(_ANYTHING, max_size=4))
def test_arguments_are_understood_or_refused_with_a_code(args: list[Any]) -> None:
    """Whatever is passed: never another exception, and never a half-made result."""
    codes: set[str] = set()
    for understand in (listens, connects):
        try:
            options, callback = understand(*args)
        except GnetError as error:
            codes.add(error.code)
            continue
        assert 0 <= options.port <= 65535
        assert isinstance(options.port, int)
        assert options.path is None or isinstance(options.path, str)
        assert options.host is None or isinstance(options.host, str)
        assert callback in (None, listener)
    assert codes <= {
        "ERR_INVALID_ARG_TYPE",
        "ERR_INVALID_ARG_VALUE",
        "ERR_MISSING_ARGS",
        "ERR_SOCKET_BAD_PORT",
    }


@given(st.sampled_from([ListenOptions(), ConnectOptions()]))
def test_options_are_frozen(options: Any) -> None:
    """What was checked stays as it was."""
    with pytest.raises(AttributeError):
        options.port = 5


def test_server_options_keep_only_what_was_given() -> None:
    """An absent keyword does not hide what the mapping says."""
    given_options, _ = server_options({"allowHalfOpen": True}, None, {"allow_half_open": ABSENT})
    assert given_options == ServerOptions(allow_half_open=True)


@pytest.mark.parametrize("backlog", [float("inf"), 2**40, 2**31 - 1])
def test_a_backlog_beyond_all_bounds_is_the_largest_there_is(backlog: float) -> None:
    """The kernel caps it further; what listen(2) cannot take must not get there."""
    assert listen_options((0, backlog), {})[0].backlog == 2**31 - 1
