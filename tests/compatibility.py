"""The one table of Node's members: which gnet has, which differ and how, which are absent and why.

docs/compatibility.md is made of it: after a change run ``python tests/compatibility.py``. What
Node itself says its members are is compared in test_compatibility.py.

A row is Node's name and a remark. ``differs: …`` and ``absent: …`` say so; with any other remark,
or none, the member is supported.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["GROUPS", "PAGE", "Group", "Row", "page"]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "compatibility.md"

#: What snake_case does not tell: acronyms, and what Python has in place of symbols.
PYTHON_NAMES = {
    "BlockList": "BlockList",
    "BoundSocket": "BoundSocket",
    "EventEmitter": "EventEmitter",
    "PRIVATE_RANGES": "PRIVATE_RANGES",
    "Server": "Server",
    "Socket": "Socket",
    "SocketAddress": "SocketAddress",
    "Stream": "Stream",
    "[Symbol.asyncDispose]": "async_dispose",
    "[Symbol.asyncIterator]": "__iter__",
    "[Symbol.dispose]": "dispose",
    "[nodejs.rejection]": "nodejs_rejection",
    "[nodejs.util.inspect.custom]": "__repr__",
    "addCIDR": "add_cidr",
    "addCIDRs": "add_cidrs",
    "fromJSON": "from_json",
    "isIP": "is_ip",
    "isIPv4": "is_ipv4",
    "isIPv6": "is_ipv6",
    "listenFD": "listen_fd",
    "onread": "on_read",
    "removeCIDR": "remove_cidr",
    "toJSON": "to_json",
}


@dataclass(frozen=True)
class Row:
    """One member."""

    node: str
    remark: str

    @property
    def status(self) -> str:
        """``supported``, ``differs`` or ``absent``."""
        word = self.remark.partition(":")[0]
        return word if word in ("differs", "absent") else "supported"

    @property
    def python(self) -> str:
        """Its canonical name."""
        known = PYTHON_NAMES.get(self.node)
        return known or re.sub(r"(?<!^)([A-Z])", r"_\1", self.node).lower()

    @property
    def is_symbol(self) -> bool:
        """Whether Node names it by a symbol, so that there is no second spelling."""
        return self.node.startswith("[")


@dataclass(frozen=True)
class Group:
    """Members of one kind: ``member``, ``event`` or ``option``."""

    title: str
    #: Where they are: a module, a class, or for options what takes them.
    of: str
    kind: str
    members: Mapping[str, str]

    @property
    def rows(self) -> list[Row]:
        """The members."""
        return [Row(node, remark) for node, remark in self.members.items()]


def _plain(names: str) -> dict[str, str]:
    """Supported as they are."""
    return dict.fromkeys(names.split(), "")


_NATIVE = "absent: Python iterates natively: `for chunk in socket`, comprehensions, itertools"
_WEB = "absent: there are no web streams in Python"

GROUPS = [
    Group(
        "Module net",
        "gnet",
        "member",
        {
            **_plain("Server Socket Stream BlockList SocketAddress BoundSocket"),
            "createServer": "also a decorator of the `'connection'` listener",
            **_plain("connect createConnection isIP isIPv4 isIPv6"),
            **_plain("getDefaultAutoSelectFamily setDefaultAutoSelectFamily"),
            **_plain("getDefaultAutoSelectFamilyAttemptTimeout"),
            **_plain("setDefaultAutoSelectFamilyAttemptTimeout"),
            "promises": "absent: a greenlet blocks instead: `gnet.once(socket, 'connect')`",
        },
    ),
    Group(
        "net.Server: options of the constructor and of createServer",
        "gnet.Server",
        "option",
        {
            **_plain("allowHalfOpen pauseOnConnect noDelay keepAlive keepAliveInitialDelay"),
            "highWaterMark": "differs: what is no whole number is refused here; Node throws at the "
            "first connection",
            "blockList": "",
        },
    ),
    Group(
        "net.Server: events",
        "gnet.Server",
        "event",
        {
            **_plain("listening connection close error"),
            "drop": "also when no descriptor is left for a connection",
        },
    ),
    Group(
        "net.Server: methods and properties",
        "gnet.Server",
        "member",
        {
            "listen": "differs: a handle of Python's, gevent's or gnet's is shared: both owners go "
            "on, and each closes its own. In Node two servers with one handle accept as one",
            "close": "also `close(timeout=msecs)`, which ends, waits, resets and counts",
            **_plain("address getConnections listening maxConnections"),
            "dropMaxConnection": "kept, but there is no cluster in which it has an effect",
            **_plain("ref unref allowHalfOpen pauseOnConnect noDelay keepAlive"),
            "keepAliveInitialDelay": "differs: made a whole number of 32 bits when it is set; Node "
            "keeps what was set, and does so when it tells the kernel",
            "highWaterMark": "differs: what is no whole number is refused when it is set; Node "
            "throws at the next connection",
            "[Symbol.asyncDispose]": "gives an AsyncResult; `with server:` does it too",
            "[Symbol.asyncIterator]": "`for socket in server`, of newer Node",
            "[nodejs.rejection]": "",
            "pause": "of Node 0.6: stop accepting for a while",
            "connections": "of Node 0.6; in Node 24 use getConnections",
            "listenFD": "of Node 0.6: the same as `listen(fd=…)`",
            "closeAllConnections": "of http.Server",
            "closeIdleConnections": "of http.Server; of listeners only those of data hold a "
            "connection",
        },
    ),
    Group(
        "server.listen: options",
        "gnet.Server.listen",
        "option",
        {
            **_plain("port host path backlog"),
            "exclusive": "accepted; without a cluster every listener is exclusive",
            **_plain("readableAll writableAll ipv6Only reusePort"),
            "signal": "also with a handle, where Node ignores it",
            **_plain("handle fd"),
        },
    ),
    Group(
        "net.Socket: options of the constructor",
        "gnet.Socket",
        "option",
        {
            **_plain("fd allowHalfOpen readable writable"),
            "signal": "differs: one that has fired leaves the socket destroyed; Node tells of it, "
            "and connects all the same",
            **_plain("onread noDelay keepAlive keepAliveInitialDelay blockList typeOfService"),
            "handle": "differs: until it connects, the socket does not tell where it is bound",
            **_plain("highWaterMark readableHighWaterMark writableHighWaterMark"),
        },
    ),
    Group(
        "socket.connect: options",
        "gnet.Socket.connect",
        "option",
        {
            **_plain("port host path localAddress localPort family hints"),
            "lookup": "differs: it runs after `connect` has returned and may block; what it raises "
            "is the socket's error; only its first answer counts, where Node takes a later error",
            "autoSelectFamily": "differs: an attempt that outlives its time goes on beside the "
            "next one, as RFC 8305 says; Node aborts it",
            "autoSelectFamilyAttemptTimeout": "",
        },
    ),
    Group(
        "net.connect: further options",
        "gnet.connect",
        "option",
        _plain("timeout"),
    ),
    Group(
        "net.Socket: events",
        "gnet.Socket",
        "event",
        {
            **_plain("lookup connectionAttempt connectionAttemptFailed"),
            "connectionAttemptTimeout": "differs: the attempt goes on",
            **_plain("connect ready"),
            "data": "differs: an `emit` that was replaced on one socket does not see it",
            **_plain("end drain timeout"),
            "error": "without a listener, gevent's `hub.handle_error` gets it, and the process "
            "goes on",
            **_plain("close readable pause resume finish prefinish pipe unpipe"),
        },
    ),
    Group(
        "net.Socket: methods",
        "gnet.Socket",
        "member",
        {
            "connect": "differs: a socket that connects again sends nothing of what its connection "
            "before has lost; in Node lost writes come back",
            "write": "differs: of several small chunks that a listener writes, the first goes out "
            "at once and the others when it returns or waits; Node tries each at once",
            **_plain("end destroy destroySoon resetAndDestroy pause resume"),
            "setEncoding": "differs: a UTF-16 pair cut in two comes whole; in Python, unlike "
            "JavaScript, its halves could not be joined again",
            **_plain("setTimeout setNoDelay setKeepAlive"),
            "setTypeOfService": "differs: while connecting it is remembered; Node remembers it and "
            "throws EBADF",
            **_plain("getTypeOfService address ref unref"),
        },
    ),
    Group(
        "net.Socket: properties",
        "gnet.Socket",
        "member",
        {
            **_plain("connecting pending readyState destroyed bytesRead bytesWritten bufferSize"),
            **_plain("localAddress localPort localFamily remoteAddress remotePort remoteFamily"),
            **_plain("timeout autoSelectFamilyAttemptedAddresses server"),
        },
    ),
    Group(
        "net.Socket: inherited from stream.Duplex",
        "gnet.Socket",
        "member",
        {
            **_plain("pipe unpipe"),
            "read": "differs: of text, a size counts characters, not UTF-16 units",
            **_plain("push unshift isPaused cork uncork setDefaultEncoding"),
            **_plain("writable writableEnded writableFinished"),
            "writableAborted": "documented; the sockets of Node 24 lack it",
            "writableCorked": "",
            **_plain("writableLength writableHighWaterMark writableNeedDrain writableObjectMode"),
            **_plain("readable readableEnded readableFlowing"),
            "readableLength": "differs: of text, it counts characters, not UTF-16 units",
            "readableAborted": "",
            **_plain("readableHighWaterMark readableEncoding readableDidRead readableObjectMode"),
            **_plain("closed errored allowHalfOpen"),
            "iterator": "",
            "[Symbol.asyncIterator]": "differs: `for chunk in socket`; at the end of the data, "
            "what is still to be written goes out before the socket is destroyed",
            "[Symbol.asyncDispose]": "gives an AsyncResult; `with socket:` does it too",
            "[nodejs.rejection]": "",
            "readableBuffer": "absent: a view of the internals",
            "writableBuffer": "absent: a view of the internals",
            "wrap": "absent: there are no old-style streams to wrap",
            "compose": "absent: there are no transforms; a generator does it, in `pipeline` too",
            **dict.fromkeys(
                [
                    "map",
                    "filter",
                    "forEach",
                    "toArray",
                    "some",
                    "find",
                    "every",
                    "flatMap",
                    "drop",
                    "take",
                    "reduce",
                ],
                _NATIVE,
            ),
            "from": "absent: a socket is not made of an iterable; `pipeline` reads one",
            "fromWeb": _WEB,
            "toWeb": _WEB,
        },
    ),
    Group(
        "Module stream: what works on sockets",
        "gnet",
        "member",
        {
            "finished": "the callback always gets one argument, the error or None; without a "
            "callback it blocks, as `stream/promises` waits",
            "pipeline": "differs: a function gets no signal, since its greenlet ends with the "
            "pipeline, and as destination it is no stream to go on from. Without a "
            "callback it blocks, as `stream/promises` waits, and raises where Node never settles: "
            "if the source is destroyed between its end and data in front of that",
        },
    ),
    Group(
        "net.BlockList",
        "gnet.BlockList",
        "member",
        {
            **_plain("addAddress addRange addSubnet check rules isBlockList toJSON"),
            "fromJSON": "differs: IPv4-mapped addresses are read as written; Node reads "
            "`::ffff:1.2.3.4` as `::ffff:1`. What is no JSON is a `json.JSONDecodeError`",
            "addAddresses": "of Node 26",
            "addCIDR": "of Node 26",
            "addCIDRs": "of Node 26",
            "removeAddress": "of Node 26",
            "removeRange": "of Node 26",
            "removeSubnet": "of Node 26",
            "removeCIDR": "of Node 26",
            "clear": "of Node 26",
            "size": "of Node 26",
            "PRIVATE_RANGES": "of Node 26",
            "[nodejs.util.inspect.custom]": "",
        },
    ),
    Group(
        "net.SocketAddress",
        "gnet.SocketAddress",
        "member",
        {
            **_plain("address family flowlabel port toJSON isSocketAddress"),
            "parse": "differs: port 80 is read too, which Node loses, and what only a URL can "
            "hold (`127.1`, `user@1.2.3.4`, a path) is no address",
            "[nodejs.util.inspect.custom]": "",
        },
    ),
    Group(
        "net.SocketAddress: options",
        "gnet.SocketAddress",
        "option",
        {
            **_plain("address family port"),
            "flowlabel": "differs: above 2^20 - 1 it is kept, where it aborts Node's process",
        },
    ),
    Group(
        "net.BoundSocket",
        "gnet.BoundSocket",
        "member",
        {
            "address": "",
            "fd": "also `fileno()`",
            "close": "",
            "[Symbol.dispose]": "`with bound:` does it too",
            "isPipe": "of Node 26",
        },
    ),
    Group(
        "net.BoundSocket: options",
        "gnet.BoundSocket",
        "option",
        {**_plain("host port ipv6Only reusePort"), "path": "of Node 26"},
    ),
    Group(
        "EventEmitter",
        "gnet.EventEmitter",
        "member",
        {
            "on": "differs: a coroutine function is refused, as nobody would await it. Without a "
            "listener it is a decorator, as are once and addListener",
            **_plain("addListener once prependListener prependOnceListener off removeListener"),
            **_plain("removeAllListeners emit listeners rawListeners listenerCount eventNames"),
            **_plain("setMaxListeners getMaxListeners"),
            **_plain("defaultMaxListeners captureRejections errorMonitor captureRejectionSymbol"),
            "[nodejs.rejection]": "a subclass may define it",
        },
    ),
    Group(
        "EventEmitter: options",
        "gnet.EventEmitter",
        "option",
        _plain("captureRejections"),
    ),
    Group(
        "EventEmitter: events",
        "gnet.EventEmitter",
        "event",
        _plain("newListener removeListener error"),
    ),
    Group(
        "Module events",
        "gnet.events",
        "member",
        {
            "EventEmitter": "",
            "once": "blocks this greenlet and returns the arguments, or raises",
            "on": "an iterator that blocks this greenlet",
            **_plain("getEventListeners getMaxListeners setMaxListeners listenerCount"),
            "addAbortListener": "",
            "errorMonitor": "",
            "captureRejectionSymbol": "",
            "EventEmitterAsyncResource": "absent: Python's contextvars do it; each socket has a "
            "context of its own",
            "usingDomains": "absent: there are no domains",
            "init": "absent: internal, for domains",
            "kMaxEventTargetListeners": "absent: internal",
            "kMaxEventTargetListenersWarned": "absent: internal",
        },
    ),
]

_MARKS = {"supported": "yes", "differs": "differs", "absent": "no"}


def _sentence(row: Row) -> str:
    text = row.remark
    if row.status != "supported":
        text = text.partition(": ")[2]
    return text.replace("|", "\\|")


def page() -> str:
    """The page for readers."""
    lines = [
        "# Node's members in gnet",
        "",
        "Made by `python tests/compatibility.py`; change the table there. Each name also exists in",
        "Node's spelling, if it has one. Members of Node 24 are compared with Node itself by",
        "`tests/test_compatibility.py`, what they do by the scenarios in `tests/conformance/`.",
    ]
    for group in GROUPS:
        lines += ["", f"## {group.title}", ""]
        lines += ["| Node | Python | in gnet | |", "|---|---|---|---|"]
        for row in group.rows:
            python = f"`{row.python}`" if row.status != "absent" else ""
            if group.kind == "event":
                python = f"`'{row.node}'`"
            node = f"`'{row.node}'`" if group.kind == "event" else f"`{row.node}`"
            cells = [node, python, _MARKS[row.status], _sentence(row)]
            lines.append(f"| {' | '.join(cells)} |".replace("  ", " "))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
