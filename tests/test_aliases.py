"""Node's spelling stands beside Python's: the very same object, bound in the class body."""

from __future__ import annotations

import re

import pytest

import gnet
from gnet import (
    AbortSignal,
    BlockList,
    BoundSocket,
    EventEmitter,
    Server,
    Socket,
    SocketAddress,
    events,
)
from gnet.accepting import AcceptingServer
from gnet.address import DropInfo
from gnet.ends import NamedTransport
from gnet.events.emitter import _EmitterType
from gnet.idle import IdleTransport
from gnet.lifetime import MortalTransport
from gnet.listening import ListeningServer
from gnet.stream.readable import Readable
from gnet.stream.writable import Writable
from gnet.tuning import TunedTransport

#: class -> the members that have two spellings and are defined in it.
PAIRS: dict[type, dict[str, str]] = {
    EventEmitter: {
        "add_listener": "addListener",
        "capture_rejection_symbol": "captureRejectionSymbol",
        "error_monitor": "errorMonitor",
        "event_names": "eventNames",
        "get_max_listeners": "getMaxListeners",
        "listener_count": "listenerCount",
        "prepend_listener": "prependListener",
        "prepend_once_listener": "prependOnceListener",
        "raw_listeners": "rawListeners",
        "remove_all_listeners": "removeAllListeners",
        "remove_listener": "removeListener",
        "set_max_listeners": "setMaxListeners",
    },
    _EmitterType: {
        "capture_rejections": "captureRejections",
        "default_max_listeners": "defaultMaxListeners",
    },
    AbortSignal: {
        "add_event_listener": "addEventListener",
        "get_max_listeners": "getMaxListeners",
        "remove_event_listener": "removeEventListener",
        "set_max_listeners": "setMaxListeners",
        "throw_if_aborted": "throwIfAborted",
    },
    Readable: {
        "is_paused": "isPaused",
        "readable_aborted": "readableAborted",
        "readable_did_read": "readableDidRead",
        "readable_encoding": "readableEncoding",
        "readable_ended": "readableEnded",
        "readable_flowing": "readableFlowing",
        "readable_high_water_mark": "readableHighWaterMark",
        "readable_length": "readableLength",
        "readable_object_mode": "readableObjectMode",
        "remove_all_listeners": "removeAllListeners",
        "remove_listener": "removeListener",
        "set_encoding": "setEncoding",
    },
    Writable: {
        "set_default_encoding": "setDefaultEncoding",
        "writable_aborted": "writableAborted",
        "writable_corked": "writableCorked",
        "writable_ended": "writableEnded",
        "writable_finished": "writableFinished",
        "writable_high_water_mark": "writableHighWaterMark",
        "writable_length": "writableLength",
        "writable_need_drain": "writableNeedDrain",
        "writable_object_mode": "writableObjectMode",
    },
    Socket: {
        "auto_select_family_attempted_addresses": "autoSelectFamilyAttemptedAddresses",
        "buffer_size": "bufferSize",
        "ready_state": "readyState",
        "reset_and_destroy": "resetAndDestroy",
    },
    NamedTransport: {
        "bytes_read": "bytesRead",
        "bytes_written": "bytesWritten",
        "local_address": "localAddress",
        "local_family": "localFamily",
        "local_port": "localPort",
        "remote_address": "remoteAddress",
        "remote_family": "remoteFamily",
        "remote_port": "remotePort",
    },
    MortalTransport: {"destroy_soon": "destroySoon"},
    TunedTransport: {
        "get_type_of_service": "getTypeOfService",
        "set_keep_alive": "setKeepAlive",
        "set_no_delay": "setNoDelay",
        "set_type_of_service": "setTypeOfService",
    },
    IdleTransport: {"set_timeout": "setTimeout"},
    ListeningServer: {"accept_queue": "acceptQueue", "listen_fd": "listenFD"},
    AcceptingServer: {
        "allow_half_open": "allowHalfOpen",
        "block_list": "blockList",
        "close_all_connections": "closeAllConnections",
        "close_idle_connections": "closeIdleConnections",
        "drop_max_connection": "dropMaxConnection",
        "get_connections": "getConnections",
        "high_water_mark": "highWaterMark",
        "keep_alive": "keepAlive",
        "keep_alive_initial_delay": "keepAliveInitialDelay",
        "max_connections": "maxConnections",
        "no_delay": "noDelay",
        "pause_on_connect": "pauseOnConnect",
    },
    BlockList: {
        "add_address": "addAddress",
        "add_addresses": "addAddresses",
        "add_cidr": "addCIDR",
        "add_cidrs": "addCIDRs",
        "add_range": "addRange",
        "add_subnet": "addSubnet",
        "from_json": "fromJSON",
        "is_block_list": "isBlockList",
        "remove_address": "removeAddress",
        "remove_cidr": "removeCIDR",
        "remove_range": "removeRange",
        "remove_subnet": "removeSubnet",
        "to_json": "toJSON",
    },
    SocketAddress: {"is_socket_address": "isSocketAddress", "to_json": "toJSON"},
    BoundSocket: {"is_pipe": "isPipe"},
    DropInfo: {
        "local_address": "localAddress",
        "local_family": "localFamily",
        "local_port": "localPort",
        "remote_address": "remoteAddress",
        "remote_family": "remoteFamily",
        "remote_port": "remotePort",
    },
}
#: Public members without Node's spelling: why.
NOT_NODES = {
    "async_dispose": "Node's name is a symbol, whose text this is",
    "nodejs_rejection": "Node's name is a symbol, whose text this is",
    "serve_forever": "Node's process stays by itself; gevent's servers have this method",
}
#: Module-level pairs.
FUNCTIONS = [
    (gnet, "create_connection", "createConnection"),
    (gnet, "create_server", "createServer"),
    (gnet, "get_default_auto_select_family", "getDefaultAutoSelectFamily"),
    (
        gnet,
        "get_default_auto_select_family_attempt_timeout",
        "getDefaultAutoSelectFamilyAttemptTimeout",
    ),
    (gnet, "set_default_auto_select_family", "setDefaultAutoSelectFamily"),
    (
        gnet,
        "set_default_auto_select_family_attempt_timeout",
        "setDefaultAutoSelectFamilyAttemptTimeout",
    ),
    (gnet, "is_ip", "isIP"),
    (gnet, "is_ipv4", "isIPv4"),
    (gnet, "is_ipv6", "isIPv6"),
    (events, "add_abort_listener", "addAbortListener"),
    (events, "capture_rejection_symbol", "captureRejectionSymbol"),
    (events, "error_monitor", "errorMonitor"),
    (events, "get_event_listeners", "getEventListeners"),
    (events, "get_max_listeners", "getMaxListeners"),
    (events, "listener_count", "listenerCount"),
    (events, "set_max_listeners", "setMaxListeners"),
]


#: What Node spells in capitals.
ACRONYMS = {
    "add_cidr": "addCIDR",
    "add_cidrs": "addCIDRs",
    "from_json": "fromJSON",
    "listen_fd": "listenFD",
    "remove_cidr": "removeCIDR",
    "to_json": "toJSON",
}


def camel_case(name: str) -> str:
    """Node's spelling of a name."""
    if name in ACRONYMS:
        return ACRONYMS[name]
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


ROWS = [(cls, name, alias) for cls, pairs in PAIRS.items() for name, alias in pairs.items()]
CLASSES = (EventEmitter, Server, Socket, AbortSignal, BlockList, BoundSocket, SocketAddress)
MEMBERS = sorted(
    {
        (cls, name)
        for cls in (
            EventEmitter,
            Server,
            Socket,
            AbortSignal,
            BlockList,
            BoundSocket,
            SocketAddress,
        )
        for base in cls.__mro__
        for name in vars(base)
        if "_" in name and name.islower() and not name.startswith("_") and base is not object
    },
    key=lambda row: (row[0].__name__, row[1]),
)


@pytest.mark.parametrize(("cls", "name", "alias"), ROWS)
def test_both_spellings_are_one_object(cls: type, name: str, alias: str) -> None:
    """In the body of the class that defines them, so that there is no second implementation."""
    assert vars(cls)[alias] is vars(cls)[name]


@pytest.mark.parametrize(("cls", "name"), MEMBERS)
def test_a_public_member_has_nodes_spelling(cls: type, name: str) -> None:
    """Also what a class has from its bases: whoever redefines one repeats the other."""
    if name in NOT_NODES:
        assert not hasattr(cls, camel_case(name))
        return
    found = [_inherited(cls, spelling) for spelling in (name, camel_case(name))]
    assert found[0] is found[1]


def _inherited(cls: type, name: str) -> object:
    """The member as it stands in the first class that has it."""
    for base in cls.__mro__:
        if name in vars(base):
            return vars(base)[name]
    pytest.fail(f"{cls.__name__} has no {name}", pytrace=False)


@pytest.mark.parametrize(("module", "name", "alias"), FUNCTIONS)
def test_module_level_names_have_both_spellings(module: object, name: str, alias: str) -> None:
    """And both are exported."""
    assert getattr(module, alias) is getattr(module, name)
    assert {name, alias} <= set(getattr(module, "__all__", ()))


@pytest.mark.parametrize("name", NOT_NODES)
def test_an_exception_is_still_a_member(name: str) -> None:
    """What is gone leaves the list."""
    assert name in {member for _, member in MEMBERS}


def test_off_is_the_other_name_of_remove_listener() -> None:
    """Both do the same, though the body of one calls the other."""
    emitter = EventEmitter().on("x", print).on("x", str)
    assert emitter.off("x", print).remove_listener("x", str).event_names() == []
