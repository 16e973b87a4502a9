"""The client of a load test: each operation is measured, and told as one ``request`` event.

Nothing that goes wrong on the network is raised: it is told as a failed event, and returned in a
`Reply` that is false. So a user of a load test lives on, whatever the server does to it.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Mapping
from math import isnan
from time import perf_counter
from types import TracebackType
from typing import Any, Protocol

from gevent import GreenletExit, Timeout
from locust.exception import (
    CatchResponseError,
    InterruptTaskSet,
    LocustError,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)

from gnet.checks import check_number
from gnet.errors import node_error, system_error
from gnet.loadtest.connection import Connection, Until, check_until
from gnet.loadtest.target import read_target

__all__ = ["NetClient", "Reply"]

#: Bytes that a reply may have at most while its end is looked for.
MOST_REPLY_BYTES = 16 * 1024 * 1024

#: What a task raises to say how its user goes on. None of them is an error.
_WAYS_ON = (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser)


class RequestEvent(Protocol):
    """What is told about each operation: Locust's ``environment.events.request``."""

    def fire(self, **meta: Any) -> None:
        """Tell it."""


class Reply:
    """What came of an operation: true if it went well.

    ``data`` is what was received, up to where it failed; ``error`` the exception, or None;
    ``response_time`` the milliseconds that it took.

    With ``catch_response=True`` it is used in a ``with`` block, at whose end the event is told: as
    a success after `success`, as a failure after `failure`, else as it went. ``name`` and
    ``context`` may be changed before that. An exception that leaves the block goes on, and makes it
    a failure if neither was called; but not one by which a task says how its user goes on, such as
    ``RescheduleTask``.
    """

    #: How it is told at the end of the block; None if that was done already, or is due at once.
    _tell: Callable[[Reply], None] | None = None

    _judged = False  # whether success() or failure() has the last word

    def __init__(
        self,
        request_type: str,
        name: str,
        data: bytes,
        error: BaseException | None,
        response_time: float,
        start_time: float,
        context: dict[str, Any],
    ) -> None:
        self.request_type = request_type
        self.name = name
        self.data = data
        self.error = error
        self.response_time = response_time
        self.start_time = start_time
        self.context = context

    def __bool__(self) -> bool:
        return self.error is None

    def __bytes__(self) -> bytes:
        return self.data

    def __repr__(self) -> str:
        what = repr(self.error) if self.error else f"{len(self.data)} bytes"
        return f"<Reply {self.request_type} {self.name}: {what}>"

    @property
    def code(self) -> str | None:
        """The error's code, such as ``'ECONNREFUSED'``, or None."""
        return getattr(self.error, "code", None)

    @property
    def text(self) -> str:
        """``data`` as UTF-8; what is none is replaced."""
        return self.data.decode(errors="replace")

    def success(self) -> None:
        """Tell it as a success, whatever it was."""
        self._check_entered()
        self._judged = True
        self.error = None

    def failure(self, error: BaseException | str) -> None:
        """Tell it as a failure, with this error or this text."""
        self._check_entered()
        self._judged = True
        self.error = error if isinstance(error, BaseException) else CatchResponseError(error)

    def _check_entered(self) -> None:
        if self._tell is None:
            raise LocustError(
                "A reply can be judged only in a with block, and only if catch_response=True was "
                "passed: with self.client.request(..., catch_response=True) as reply"
            )

    def __enter__(self) -> Reply:
        self._check_entered()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        tell, self._tell = self._tell, None
        if isinstance(error, GreenletExit):  # the user is stopped: there is nothing to tell
            return
        if not (error is None or isinstance(error, _WAYS_ON) or self._judged or self.error):
            self.error = _countable(error)
        if tell is not None:
            tell(self)


class NetClient:
    """One connection at a time to a TCP or Unix server, each operation measured.

    Args:
        host: ``tcp://host:port`` or ``unix:/path``. If it is neither, `connect` fails.
        request_event: Told about each operation: Locust's ``environment.events.request``.
        user: The Locust user, whose ``context()`` goes with each event.
        connection_timeout: Seconds that a connection may take.
        network_timeout: Seconds that each other operation may take.
        connect_options: For `gnet.connect`, such as ``{'local_address': '127.0.0.2'}``.

    Each operation takes:

    * ``name``: the event's name; that of the method if left out.
    * ``timeout``: seconds that it may take, all in all.
    * ``context``: a dict that goes with the event.
    * ``catch_response``: tell the event only at the end of a ``with`` block; see `Reply`.

    Each fires one event and returns a `Reply`. One that fails leaves no connection behind, so that
    nothing of it can be taken for the next reply. Only a wrong argument is raised, and
    ``ERR_CLIENT_BUSY`` in a greenlet that comes while another one waits. If the user is stopped
    meanwhile, no event is fired. What else is thrown into the greenlet, such as by a
    `gevent.Timeout` around the call, is told as a failure, and goes on.
    """

    def __init__(
        self,
        host: str | None,
        request_event: RequestEvent,
        *,
        user: Any = None,
        connection_timeout: float = 60.0,
        network_timeout: float = 60.0,
        connect_options: Mapping[str, Any] | None = None,
    ) -> None:
        self.host = host
        self.connection_timeout = connection_timeout
        self.network_timeout = network_timeout
        self.connect_options = dict(connect_options or {})
        self._request_event = request_event
        self._user = user
        self._request_type = "UNIX" if str(host).startswith("unix:") else "TCP"
        self._connection: Connection | None = None
        self._busy = False  # whether a greenlet is inside an operation

    @property
    def connected(self) -> bool:
        """Whether there is a connection that neither side has ended."""
        return self._connection is not None and self._connection.is_open

    @property
    def socket(self) -> Any:
        """The `gnet.Socket` of the connection, or None."""
        return None if self._connection is None else self._connection.socket

    def connect(
        self,
        until: Until = 0,
        *,
        name: str = "connect",
        timeout: float | None = None,
        context: Mapping[str, Any] | None = None,
        catch_response: bool = False,
    ) -> Reply:
        """Connect; with ``until`` also wait for the server's greeting, which becomes ``data``.

        Fails with ``ERR_INVALID_URL`` for a wrong host, ``ERR_ALREADY_CONNECTED``, ``ETIMEDOUT``,
        the code of the system (``ECONNREFUSED``, ``ENOTFOUND``, …), or as `receive` does. A server
        that closes at once, as gnet and Node do at their limit, fails a greeting with
        ``ERR_CONNECTION_ENDED`` and no data.
        """
        if until != 0:
            check_until(until)
        seconds = self.connection_timeout if timeout is None else timeout
        return self._measure(self._connect, (until,), name, seconds, context, catch_response)

    def send(
        self,
        data: bytes | str,
        *,
        name: str = "send",
        timeout: float | None = None,
        context: Mapping[str, Any] | None = None,
        catch_response: bool = False,
    ) -> Reply:
        """Write, and wait until the kernel has taken all of it.

        Fails with ``ERR_NOT_CONNECTED``, ``ERR_CONNECTION_ENDED``, ``ETIMEDOUT`` or the code of the
        system (``EPIPE``, ``ECONNRESET``).
        """
        _check_data(data)
        connection = self._connection
        operation = _not_connected if connection is None else connection.send
        return self._measure(operation, (data,), name, timeout, context, catch_response)

    def request(
        self,
        data: bytes | str,
        until: Until,
        *,
        name: str = "request",
        timeout: float | None = None,
        context: Mapping[str, Any] | None = None,
        catch_response: bool = False,
    ) -> Reply:
        """Write, and read the reply.

        Args:
            data: What to send; a ``str`` as UTF-8.
            until: Where the reply ends: behind this delimiter (``bytes``), after so many bytes
                (``int``), or where a function says so: it is given all that has come, and returns
                the length of the reply, of which some may be still to come, True if the reply is
                all that has come, or False if it can't tell yet. It must not block. None: where the
                server ends the connection.
            name: The event's name.
            timeout: Seconds that all of it may take.
            context: Goes with the event.
            catch_response: Tell the event only at the end of a ``with`` block.

        Fails as `send` does, and with ``ERR_REPLY_SURPLUS`` if more came than the reply, or
        anything before it; ``ERR_REPLY_TOO_LONG`` if no end came within 16 MiB; whatever the
        function raises.
        """
        _check_data(data)
        check_until(until)
        connection = self._connection
        operation = _not_connected if connection is None else connection.request
        return self._measure(operation, (data, until), name, timeout, context, catch_response)

    def receive(
        self,
        until: Until,
        *,
        name: str = "receive",
        timeout: float | None = None,
        context: Mapping[str, Any] | None = None,
        catch_response: bool = False,
    ) -> Reply:
        """Read what the server sends unasked, such as a greeting or one of several messages.

        As `request` without sending; but what came behind the end is left for the next call.
        """
        check_until(until)
        connection = self._connection
        operation = _not_connected if connection is None else connection.receive
        return self._measure(operation, (until,), name, timeout, context, catch_response)

    def expect_close(
        self,
        *,
        name: str = "expect_close",
        timeout: float | None = None,
        context: Mapping[str, Any] | None = None,
        catch_response: bool = False,
    ) -> Reply:
        """Wait until the server ends the connection, which must be in good order.

        Fails with ``ECONNRESET``, ``ERR_REPLY_SURPLUS`` if it sends something instead,
        ``ETIMEDOUT`` if it does nothing.
        """
        return self._measure(self._expect_close, (), name, timeout, context, catch_response)

    def close(
        self,
        *,
        name: str = "close",
        timeout: float | None = None,
        context: Mapping[str, Any] | None = None,
        catch_response: bool = False,
    ) -> Reply:
        """End the connection, and wait until the server has ended its side, too.

        What the server still sends is thrown away. Fails with ``ECONNRESET``, or ``ETIMEDOUT`` if
        the server does not close.
        """
        return self._measure(self._close, (), name, timeout, context, catch_response)

    def destroy(self) -> None:
        """Close the connection at once, if there is one. No event is fired."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.destroy()

    # ---------------------------------------------------------------- what is measured

    def _connect(self, until: Until, deadline: float) -> bytes:
        if self.connected:
            raise node_error("ERR_ALREADY_CONNECTED")
        self.destroy()
        target = read_target(self.host)
        self._request_type = target.request_type
        self._connection = connection = Connection(target, MOST_REPLY_BYTES, self.connect_options)
        connection.wait_connected(deadline)
        return b"" if until == 0 else connection.receive(until, deadline)

    def _expect_close(self, deadline: float) -> bytes:
        if self._connection is None:
            raise node_error("ERR_NOT_CONNECTED")
        self._connection.expect_close(deadline)
        self.destroy()
        return b""

    def _close(self, deadline: float) -> bytes:
        if self._connection is None:
            raise node_error("ERR_NOT_CONNECTED")
        self._connection.close(deadline)
        self.destroy()
        return b""

    # ---------------------------------------------------------------- measuring

    def _measure(
        self,
        operation: Callable[..., bytes],
        arguments: tuple[Any, ...],
        name: str,
        timeout: float | None,
        context: Mapping[str, Any] | None,
        catch_response: bool,
    ) -> Reply:
        """Run an operation, and tell what came of it."""
        if self._busy:
            raise node_error("ERR_CLIENT_BUSY")
        seconds = self.network_timeout
        if timeout is not None:
            check_number(timeout, "timeout")
            if isnan(timeout):  # it would never be over
                raise node_error("ERR_OUT_OF_RANGE", "timeout", "a number", timeout)
            seconds = timeout
        # What the locustfile has to say is asked first: if it raises, nothing has been done yet.
        told_with = dict(self._user.context()) if self._user is not None else {}
        if context:
            told_with.update(context)
        data = b""
        failure: BaseException | None = None
        interruption: BaseException | None = None
        self._busy = True
        start_time = time.time()
        started = perf_counter()
        try:
            data = operation(*arguments, started + seconds)
        except (Exception, Timeout) as error:  # of any kind: it is told, and the user lives on
            failure = _countable(error)
            connection = self._connection
            if connection is not None:
                data = connection.take_received()  # what has come of the reply
            if isinstance(error, Timeout) or (connection and error is connection.interruption):
                interruption = error
            self.destroy()
        except BaseException:  # the user is stopped
            self.destroy()
            raise
        finally:
            self._busy = False
        reply = Reply(
            self._request_type,
            name,
            data,
            failure,
            (perf_counter() - started) * 1000,
            start_time,
            told_with,
        )
        if catch_response and interruption is None:
            reply._tell = self._tell
            return reply
        self._tell(reply)
        if interruption is not None:
            raise interruption
        return reply

    def _tell(self, reply: Reply) -> None:
        self._request_event.fire(
            request_type=reply.request_type,
            name=reply.name,
            response_time=reply.response_time,
            response_length=len(reply.data),
            response=reply,
            context=reply.context,
            exception=reply.error,
            start_time=reply.start_time,
        )


def _not_connected(*_: object) -> bytes:
    raise node_error("ERR_NOT_CONNECTED")


def _countable(error: BaseException) -> BaseException:
    """The error as it is told: one text for one kind, by which Locust counts.

    A `gevent.Timeout` shows where in memory it is, which is another place each time.
    """
    if not isinstance(error, Timeout):
        return error
    told = system_error(errno.ETIMEDOUT, "gevent.Timeout", describe="the caller's time was over")
    told.__cause__ = error
    return told


def _check_data(data: object) -> None:
    """Refuse what can't be sent: ``ERR_INVALID_ARG_TYPE``."""
    if type(data) is not bytes and not isinstance(data, (bytes, str, bytearray, memoryview)):
        raise node_error("ERR_INVALID_ARG_TYPE", "data", ["string", "bytes"], data)
