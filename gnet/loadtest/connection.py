"""One connection in blocking style: send, then wait for a reply that has an end, with a deadline.

It knows nothing of Locust: it returns what came, or raises. The socket's listeners run in the
dispatcher's workers, look whether what is waited for is there, and wake the greenlet that waits.
A timer per connection serves all its deadlines: it is started for the first of them, looks at the
one of the moment when it expires, and costs nothing per message.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, TypeAlias

from gevent import get_hub
from gevent.hub import Waiter

from gnet.errors import node_error, system_error
from gnet.loadtest.target import Target
from gnet.socket import Socket, connect
from gnet.states import State

__all__ = ["Connection", "Until", "check_until"]

#: Where a reply ends: behind a delimiter, after so many bytes, where a function of what has come
#: says so, or (None) where the server ends the connection. The function returns the length of the
#: reply, which may be more than has come; or True if it is all that has come; or False while it
#: can't tell.
Until: TypeAlias = "bytes | int | Callable[[bytes], bool | int] | None"

#: Seconds that are only left over from rounding.
_NO_TIME = 1e-4

# What a greenlet waits for: nothing, the connection, its bytes to be taken by the kernel, a reply,
# the server's end unasked, the server's end in answer to its own.
_NOTHING = State("nothing")
_CONNECT = State("connect")
_WRITTEN = State("written")
_REPLY = State("reply")
_CLOSE = State("close")
_LAST = State("last")

# How far the connection is: not connected yet, good for requests, not any more.
_OPENING = State("opening")
_OPEN = State("open")
_OVER = State("over")

_TIMED_OUT = {
    _CONNECT: ("connect", "no answer in time,"),
    _WRITTEN: ("write", "not taken in time by"),
    _REPLY: ("read", "no complete reply in time from"),
    _CLOSE: ("read", "not closed in time by"),
    _LAST: ("read", "not closed in time by"),
}


def check_until(until: Any) -> None:
    """Refuse what can't say where a reply ends: ``ERR_INVALID_ARG_TYPE``, ``…_VALUE``."""
    if until and type(until) is bytes:  # nearly always
        return
    if isinstance(until, bool) or not (
        until is None or isinstance(until, (bytes, int)) or callable(until)
    ):
        raise node_error(
            "ERR_INVALID_ARG_TYPE", "until", ["bytes", "number", "function", "null"], until
        )
    if until == b"" or (isinstance(until, int) and until < 1):
        raise node_error("ERR_INVALID_ARG_VALUE", "until", until, "must not be empty")


class Connection:
    """A `gnet.Socket` for one greenlet that asks and waits.

    Args:
        target: Where to connect to.
        most_bytes: The longest reply, and the most that may come unasked.
        connect_options: As `gnet.connect` takes them.

    Every method that waits takes a deadline, a time of ``time.perf_counter()``, and raises a
    ``TimeoutError`` (``ETIMEDOUT``) when it has passed. After any failure the connection is of no
    use any more: `destroy` it.
    """

    __slots__ = (
        "_deadline",
        "_failure",
        "_hub",
        "_life",
        "_most_bytes",
        "_received",
        "_run_callback",
        "_scanned",
        "_socket",
        "_target",
        "_timer",
        "_timer_due",
        "_until",
        "_waiter",
        "_waits_for",
        "interruption",
    )

    #: What was thrown into the greenlet that waited, by a `gevent.Timeout` or by ``kill()``.
    interruption: BaseException | None

    def __init__(self, target: Target, most_bytes: int, connect_options: Mapping[str, Any]) -> None:
        self._hub = get_hub()
        self._run_callback = self._hub.loop.run_callback
        self._target = target
        self._most_bytes = most_bytes
        self._received: bytes | bytearray = b""
        self._scanned = 0  # how much of it holds no end of the reply
        self._until: Until = None
        self._waiter: Waiter[Any] | None = None
        self._waits_for = _NOTHING
        self._life = _OPENING
        self._failure: BaseException | None = None
        self._deadline = 0.0
        self.interruption = None
        self._timer: Any = None
        self._timer_due = 0.0
        self._socket = socket = connect(**{**connect_options, **target.connect_options})
        socket.on("connect", self._on_connect)
        socket.on("data", self._on_data)
        socket.on("end", self._on_end)
        socket.on("error", self._on_error)
        socket.on("close", self._on_close)

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent: connected, and ended by neither side."""
        return self._life is _OPEN

    @property
    def socket(self) -> Socket:
        """The socket itself."""
        return self._socket

    # ---------------------------------------------------------------- what waits

    def wait_connected(self, deadline: float) -> bytes:
        """Wait for the connection. Returns no bytes."""
        self._wait(_CONNECT, deadline)
        return b""

    def send(self, data: bytes | str, deadline: float) -> bytes:
        """Write, and wait until the kernel has taken all of it. Returns no bytes."""
        if self._life is not _OPEN:
            raise self._lost("this was sent")
        socket = self._socket
        socket.write(data, self._on_written)
        if socket.errored is not None:  # the kernel has refused it; 'error' is still to come
            raise socket.errored
        if socket.writable_length:
            self._wait(_WRITTEN, deadline)
        return b""

    def request(self, data: bytes | str, until: Until, deadline: float) -> bytes:
        """Write, and read the reply, which must be all that comes.

        Raises:
            GnetError: ``ERR_CONNECTION_ENDED``, ``ERR_REPLY_SURPLUS``, ``ERR_REPLY_TOO_LONG``.
            OSError: What the system said.
        """
        # Written out where `receive` would do: most of a load test's time is spent here.
        if self._life is not _OPEN:
            raise self._lost("this was sent")
        if self._received:
            raise node_error("ERR_REPLY_SURPLUS", "the last reply, before this was sent")
        self._socket.write(data)
        self._until = until
        self._scanned = 0
        end = self._wait(_REPLY, deadline)
        received = self._received
        if end != len(received):  # all of it is shown with the error
            raise node_error("ERR_REPLY_SURPLUS", "the reply")
        self._received = b""
        return bytes(received)

    def receive(self, until: Until, deadline: float) -> bytes:
        """Read up to the end of a reply; what comes behind it is left for the next call."""
        self._until = until
        self._scanned = 0
        end = self._find_end() if self._received else -1
        if end < 0 and not self._socket.readable_ended:
            end = self._wait(_REPLY, deadline)
        elif end < 0 and until is None:
            end = len(self._received)
        elif end < 0:
            raise self._lost("the reply was complete")
        received = self._received
        if end == len(received):
            self._received = b""
            return bytes(received)
        self._received = bytes(received[end:])
        return bytes(received[:end])

    def expect_close(self, deadline: float) -> bytes:
        """Wait for the server to end the connection, in good order and without a word more."""
        if self._received:
            raise node_error("ERR_REPLY_SURPLUS", "was asked for, instead of closing")
        self._wait(_CLOSE, deadline)
        return b""

    def close(self, deadline: float) -> bytes:
        """End the connection and wait for the server to do so, whatever it may still send."""
        self._life = _OVER
        self._received = b""
        self._socket.end()
        self._wait(_LAST, deadline)
        return b""

    def take_received(self) -> bytes:
        """Take what has come and was not part of a reply."""
        received, self._received = bytes(self._received), b""
        return received

    def destroy(self) -> None:
        """Close at once, without waiting for anything. Another greenlet that waits fails."""
        self._life = _OVER
        self._settle(node_error("ERR_SOCKET_CLOSED"))
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
            self._timer = None
        self._socket.destroy()

    # ---------------------------------------------------------------- the socket's listeners

    def _on_connect(self) -> None:
        self._life = _OPEN
        if self._waits_for is _CONNECT:
            self._settle(0)

    def _on_written(self, error: Exception | None) -> None:
        if self._waits_for is _WRITTEN and error is None:  # else 'error' tells
            self._settle(0)

    def _on_data(self, chunk: bytes) -> None:
        received = self._received
        if not received:
            self._received = chunk
        elif isinstance(received, bytearray):
            received += chunk
        else:
            self._received = bytearray(received)
            self._received += chunk
        if self._waits_for is _REPLY:
            try:
                end = self._find_end()
            except Exception as error:  # whatever the user's function raises is this reply's
                self._settle(error)
                return
            if end >= 0:
                self._settle(end)
                return
        self._check_surplus()

    def _check_surplus(self) -> None:
        """Judge what has come without bringing the end that is waited for."""
        waits_for = self._waits_for
        if waits_for is _LAST:
            self._received = b""
        elif waits_for is _CLOSE:
            self._settle(node_error("ERR_REPLY_SURPLUS", "was asked for, instead of closing"))
        elif len(self._received) > self._most_bytes:
            if waits_for is not _REPLY:
                self._fail(node_error("ERR_REPLY_SURPLUS", "anybody asked for"))
            elif not isinstance(self._until, int):
                self._fail(node_error("ERR_REPLY_TOO_LONG", self._most_bytes))
            else:
                return
            self._socket.destroy()

    def _on_end(self) -> None:
        self._life = _OVER
        if self._waits_for is _REPLY:
            if self._until is None:
                self._settle(len(self._received))
            else:
                self._fail(node_error("ERR_CONNECTION_ENDED", "the reply was complete"))

    def _on_error(self, error: Exception) -> None:
        self._fail(error)

    def _on_close(self, had_error: bool) -> None:
        self._life = _OVER
        waits_for = self._waits_for
        if waits_for is _CLOSE or waits_for is _LAST:
            self._settle(0)
        elif waits_for is not _NOTHING:
            self._fail(node_error("ERR_CONNECTION_ENDED", "this was through"))

    # ---------------------------------------------------------------- helpers

    def _find_end(self) -> int:
        """The length of the reply, or -1 while its end has not come."""
        received, until = self._received, self._until
        if isinstance(until, bytes):
            scanned = self._scanned
            # A delimiter may have begun in what was looked through before.
            found = received.find(until, max(0, scanned - len(until) + 1) if scanned else 0)
            if found >= 0:
                return found + len(until)
            self._scanned = len(received)
            return -1
        if isinstance(until, int):
            return until if len(received) >= until else -1
        if until is None:
            return -1
        said = until(bytes(received))
        if said is True:
            return len(received)
        if said is False:
            return -1
        if not isinstance(said, int) or said < 1:
            raise node_error("ERR_INVALID_RETURN_VALUE", "a length or a boolean", "until", said)
        return said if said <= len(received) else -1

    def _lost(self, before: str) -> BaseException:
        """Why the connection is no more."""
        return self._failure or self._socket.errored or node_error("ERR_CONNECTION_ENDED", before)

    def _wait(self, what: State, deadline: float) -> int:
        """Switch to the hub until a listener or the timer settles it."""
        if self._failure is not None or self._socket.closed:
            if (what is _CLOSE or what is _LAST) and not (self._failure or self._socket.errored):
                return 0
            raise self._lost("this was through")
        self._deadline = deadline
        if self._timer is None or deadline < self._timer_due:
            self._start_timer(deadline)
        waiter = self._waiter = Waiter(self._hub)
        self._waits_for = what
        try:
            outcome = waiter.get()
        except BaseException as error:  # it is noted, and goes on
            self.interruption = error
            raise
        finally:
            self._waiter = None
            self._waits_for = _NOTHING
        if isinstance(outcome, int):
            return outcome
        raise outcome

    def _settle(self, outcome: int | BaseException) -> None:
        """Wake the greenlet that waits, once."""
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            self._waits_for = _NOTHING
            self._run_callback(waiter.switch, outcome)

    def _fail(self, error: BaseException) -> None:
        """End what waits with an error, or the next thing that wants to."""
        self._life = _OVER
        if self._failure is None:
            self._failure = error
        self._settle(error)

    def _start_timer(self, deadline: float) -> None:
        rest = max(0.0, deadline - perf_counter())
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
        self._timer_due = deadline
        self._timer = self._hub.loop.timer(rest, ref=False)
        self._timer.start(self._on_timer, update=True)

    def _on_timer(self) -> None:
        """Run in the hub when the deadline of some operation has passed, maybe of an older one."""
        self._timer.close()
        self._timer = None
        if self._waiter is None:
            return
        if self._deadline - perf_counter() > _NO_TIME:
            self._start_timer(self._deadline)
            return
        syscall, text = _TIMED_OUT[self._waits_for]
        where = self._target
        port = -1 if where.port is None else where.port
        self._settle(system_error(errno.ETIMEDOUT, syscall, where.address, port, describe=text))
