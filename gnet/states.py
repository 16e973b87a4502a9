"""The states of streams, connections and servers, and which moves between them are legal.

Pure data: no gevent, no socket. What Node shows as booleans (``destroyed``, ``writableEnded``,
``connecting``, ``readyState``, …) are properties computed from these.

They are neither ``enum.Enum`` nor attributes of their classes: before Python 3.12 a look-up of an
enum's member is a Python call, and one of a class attribute costs several times a global. Enums
took a fifth of the instructions of a connect-echo-close.
"""

from __future__ import annotations

from typing import TypeVar

__all__ = [
    "CLOSED",
    "CONNECTING",
    "DESTROYED",
    "FLOWING",
    "FLOW_UNSET",
    "LINKED",
    "LISTENING",
    "LIVE",
    "NOTICE_DUE",
    "NOTICE_IDLE",
    "NOTICE_WANTED",
    "NOT_ACCEPTING",
    "NOT_LISTENING",
    "PAUSED",
    "READING_HELD",
    "READING_OFF",
    "READING_ON",
    "READ_ENDED",
    "READ_EOF",
    "READ_OPEN",
    "RESOLVING",
    "SILENT",
    "UNLINKED",
    "WRITE_ENDING",
    "WRITE_FINISHED",
    "WRITE_OPEN",
    "WRITE_SHUTTING",
    "Flow",
    "Life",
    "Link",
    "Listening",
    "Notice",
    "ReadSide",
    "Reading",
    "State",
    "WriteSide",
    "after",
]


class State:
    """A named state. It equals only itself; compare with ``is``."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"


AnyState = TypeVar("AnyState", bound=State)


class Flow(State):
    """Whether data is pushed to listeners: Node's ``readableFlowing``."""

    __slots__ = ()


FLOW_UNSET = Flow("unset")  # nobody has asked for data yet: null
FLOWING = Flow("flowing")  # true
PAUSED = Flow("paused")  # false


class Notice(State):
    """Whether those who pull are to be told of data: Node's needReadable and emittedReadable."""

    __slots__ = ()


NOTICE_IDLE = Notice("idle")  # what is buffered was told already
NOTICE_WANTED = Notice("wanted")  # the next data, or the end, is to be told by 'readable'
NOTICE_DUE = Notice("due")  # 'readable' is queued or being emitted


class ReadSide(State):
    """How far the incoming half has come."""

    __slots__ = ()


READ_OPEN = ReadSide("open")
READ_EOF = ReadSide("eof")  # the peer's FIN was read; buffered data may wait in front of 'end'
READ_ENDED = ReadSide("ended")  # 'end' was emitted


class Reading(State):
    """What the kernel socket's read watcher is doing."""

    __slots__ = ()


READING_OFF = Reading("off")  # not wanted: not connected, buffer full, EOF
READING_ON = Reading("on")
# Wanted, but not now: not connected yet, or a listener of the read lane still runs.
READING_HELD = Reading("held")


class WriteSide(State):
    """How far the outgoing half has come."""

    __slots__ = ()


WRITE_OPEN = WriteSide("open")
WRITE_ENDING = WriteSide("ending")  # end() was called; queued data goes out first
WRITE_SHUTTING = WriteSide("shutting")  # all of it is out; the FIN is on its way
WRITE_FINISHED = WriteSide("finished")  # 'finish' was emitted


class Life(State):
    """Of a stream as a whole."""

    __slots__ = ()


LIVE = Life("live")
DESTROYED = Life("destroyed")  # destroy() was called; 'close' is still to come
SILENT = Life("silent")  # a turn later: what is buffered will not be told any more
CLOSED = Life("closed")


class Link(State):
    """Between a socket and its peer."""

    __slots__ = ()


UNLINKED = Link("none")
CONNECTING = Link("connecting")
LINKED = Link("open")


class Listening(State):
    """Of a server."""

    __slots__ = ()


NOT_LISTENING = Listening("not listening")
RESOLVING = Listening("resolving")  # listen() was called with a host name that is looked up
LISTENING = Listening("listening")
NOT_ACCEPTING = Listening(
    "not accepting"
)  # listening, not accepting: connections wait in the kernel


# What is not here ends every state alike: a link that is cut is UNLINKED, whatever it was.
_MOVES: dict[tuple[State, str], State] = {
    (READ_OPEN, "eof"): READ_EOF,
    (READ_EOF, "end"): READ_ENDED,
    (WRITE_OPEN, "end"): WRITE_ENDING,
    (WRITE_ENDING, "flushed"): WRITE_SHUTTING,
    (WRITE_SHUTTING, "finish"): WRITE_FINISHED,
    (LIVE, "destroy"): DESTROYED,
    (DESTROYED, "silence"): SILENT,
    (SILENT, "close"): CLOSED,
    (UNLINKED, "connect"): CONNECTING,
    (CONNECTING, "connected"): LINKED,
    (NOT_LISTENING, "resolve"): RESOLVING,
    (NOT_LISTENING, "bound"): LISTENING,
    (NOT_LISTENING, "failed"): NOT_LISTENING,
    (NOT_LISTENING, "close"): NOT_LISTENING,
    (RESOLVING, "resolve"): RESOLVING,
    (RESOLVING, "bound"): LISTENING,
    (RESOLVING, "failed"): NOT_LISTENING,
    (RESOLVING, "close"): NOT_LISTENING,
    (LISTENING, "pause"): NOT_ACCEPTING,
    (LISTENING, "close"): NOT_LISTENING,
    (NOT_ACCEPTING, "pause"): NOT_ACCEPTING,
    (NOT_ACCEPTING, "resume"): LISTENING,
    (NOT_ACCEPTING, "close"): NOT_LISTENING,
}


def after(state: AnyState, move: str) -> AnyState:
    """The state that follows ``state`` when ``move`` happens.

    Raises:
        AssertionError: If it cannot happen there; a bug of gnet, never a user's mistake.
    """
    try:
        return _MOVES[state, move]  # type: ignore[return-value]  # rows never change the machine
    except KeyError:
        raise AssertionError(f"{move!r} cannot happen in {state!r}") from None
