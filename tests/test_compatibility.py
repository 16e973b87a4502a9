"""The table of Node's members against Node itself, and against what gnet has."""

from __future__ import annotations

import ast
import functools
import inspect
import re
from typing import Any

import pytest
from compatibility import GROUPS, PAGE, Group, Row, page
from support import PACKAGE, ask_node

import gnet

#: What every JavaScript function or class has.
NOISE = {"constructor", "length", "name", "prototype", "arguments", "caller"}
#: Symbols that are no API, though their names look like it.
INTERNAL = {"[Symbol.hasInstance]"}

#: Prints the names of what is public in Node, by where they are; symbols in brackets.
SCRIPT = """
const net = require('net'), stream = require('stream'), events = require('events');
const name = (key) => (typeof key === 'symbol' ? `[${key.description}]` : key);
const own = (object) => Reflect.ownKeys(object).map(name);
const chain = (object) => (object && object !== Object.prototype
  ? [...own(object), ...chain(Object.getPrototypeOf(object))] : []);
const found = { net: own(net), events: own(events) };
for (const [title, cls] of Object.entries({
  Server: net.Server, Socket: net.Socket, Duplex: stream.Duplex, Readable: stream.Readable,
  Writable: stream.Writable, BlockList: net.BlockList, SocketAddress: net.SocketAddress,
  BoundSocket: net.BoundSocket, EventEmitter: events.EventEmitter,
})) {
  found[title] = chain(cls.prototype);
}
for (const title of ['Server', 'Socket', 'BlockList', 'SocketAddress', 'BoundSocket']) {
  found[`static ${title}`] = own(net[title]);
}
const server = net.createServer((accepted) => {
  found['an accepted socket'] = own(accepted);
  accepted.destroy();
  server.close();
  console.log(JSON.stringify(found));
});
found['a server'] = own(server);
found['a socket'] = own(new net.Socket());
found['an emitter'] = own(new events.EventEmitter());
server.listen(0, '127.0.0.1', () => {
  const client = net.connect(server.address().port, '127.0.0.1');
  client.on('error', () => {});
});
"""

#: Part of the answer -> the places in the table that account for it.
PLACES = {
    "net": ["gnet"],
    "events": ["gnet.events", "gnet.EventEmitter"],
    "Server": ["gnet.Server", "gnet.EventEmitter"],
    "static Server": ["gnet.Server"],
    "a server": ["gnet.Server"],
    "Socket": ["gnet.Socket", "gnet.EventEmitter"],
    "static Socket": ["gnet.Socket"],
    "a socket": ["gnet.Socket"],
    "an accepted socket": ["gnet.Socket"],
    "Duplex": ["gnet.Socket", "gnet.EventEmitter"],
    "Readable": ["gnet.Socket", "gnet.EventEmitter"],
    "Writable": ["gnet.Socket", "gnet.EventEmitter"],
    "BlockList": ["gnet.BlockList"],
    "static BlockList": ["gnet.BlockList"],
    "SocketAddress": ["gnet.SocketAddress"],
    "static SocketAddress": ["gnet.SocketAddress"],
    "BoundSocket": ["gnet.BoundSocket"],
    "static BoundSocket": ["gnet.BoundSocket"],
    "EventEmitter": ["gnet.EventEmitter"],
    "an emitter": ["gnet.EventEmitter"],
}


@functools.cache
def nodes_members() -> dict[str, list[str]]:
    """What Node says."""
    answer: dict[str, list[str]] = ask_node(SCRIPT, None)
    return answer


def is_public(name: str) -> bool:
    """Whether a name of Node's is API."""
    if name.startswith("["):
        return name.startswith(("[Symbol.", "[nodejs.")) and name not in INTERNAL
    return not name.startswith("_") and name not in NOISE


def listed(place: str) -> set[str]:
    """The members that the table has for a place."""
    return {
        row.node
        for group in GROUPS
        if group.kind == "member" and group.of == place
        for row in group.rows
    }


@pytest.mark.parametrize("part", PLACES)
def test_the_table_accounts_for_every_member_of_node(part: str) -> None:
    """Supported, different or absent: but said."""
    members = {name for name in nodes_members()[part] if is_public(name)}
    assert members - set().union(*(listed(place) for place in PLACES[part])) == set()


def test_every_part_of_the_answer_is_looked_at() -> None:
    """And nothing else."""
    assert set(nodes_members()) == set(PLACES)


def found(path: str) -> Any:
    """The module, class or function that a group is about."""
    thing: Any = gnet
    for name in path.split(".")[1:]:
        thing = getattr(thing, name)
    return thing


def keywords(function: Any) -> set[str]:
    """The keywords that a function or class takes, also those that a TypedDict names."""
    if inspect.isclass(function):
        function = function.__init__
    names = set()
    for parameter in inspect.signature(function).parameters.values():
        names.add(parameter.name)
        unpacked = re.search(r"Unpack\[(\w+)\]", str(parameter.annotation))
        if parameter.kind is parameter.VAR_KEYWORD and unpacked:
            names |= set(function.__globals__[unpacked[1]].__annotations__)
    return names


@functools.cache
def package_strings() -> set[str]:
    """Every string that stands in the package's code."""
    return {
        node.value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


PRESENT = [
    pytest.param(group, row, id=f"{group.title}: {row.node}")
    for group in GROUPS
    for row in group.rows
    if row.status != "absent"
]


@pytest.mark.parametrize(("group", "row"), PRESENT)
def test_what_is_not_absent_is_there(group: Group, row: Row) -> None:
    """A member in both spellings, an option as a keyword, an event in the code that emits it."""
    if group.kind == "event":
        assert row.node in package_strings()
    elif group.kind == "option":
        assert row.python in keywords(found(group.of))
    elif row.node != "[nodejs.rejection]" or group.of != "gnet.EventEmitter":
        assert hasattr(found(group.of), row.python)
        assert row.is_symbol or hasattr(found(group.of), row.node)


@pytest.mark.parametrize(
    ("group", "row"),
    [
        pytest.param(group, row, id=f"{group.title}: {row.node}")
        for group in GROUPS
        for row in group.rows
        if row.status == "absent"
    ],
)
def test_what_is_absent_is_not_there(group: Group, row: Row) -> None:
    """What has come to be leaves its reason."""
    assert not hasattr(found(group.of), row.python)
    assert not hasattr(found(group.of), row.node)


def test_no_member_stands_twice() -> None:
    """Nor is one supported here and absent there."""
    for kind in ("member", "event", "option"):
        places = [(g.of, row.node) for g in GROUPS if g.kind == kind for row in g.rows]
        assert len(set(places)) == len(places)


def test_the_page_is_made_of_the_table() -> None:
    """After a change: ``python tests/compatibility.py``."""
    assert PAGE.read_text(encoding="utf-8") == page()
