"""Asking a server under load for its statistics, and to pause.

It goes over HTTP with ``requests``, which Locust brings along; where Locust has patched the
process, asking blocks the greenlet and nobody else. `loadtests.statistics_server` answers.
"""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Any

import requests

from loadtests.agreement import Statistics

__all__ = ["Statistics", "StatisticsClient", "StatisticsError"]

#: Seconds that the server may take to answer. On a busy machine it has other things to do first.
TIMEOUT_S = 5.0


class StatisticsError(Exception):
    """A server did not tell its statistics, or did not pause; the text says why."""


class StatisticsClient:
    """Asks one server; may be used as a context manager.

    Args:
        url: Where its statistics are, from its line on standard output.
        timeout_s: Seconds that an answer may take.
    """

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self.url = url.rstrip("/") + "/"
        self._timeout_s = timeout_s
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between a test and its server

    def __enter__(self) -> StatisticsClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def read(self) -> Statistics:
        """What the server tells now.

        Raises:
            StatisticsError: It does not.
        """
        found = self._ask("GET", "")
        try:
            return Statistics.from_dict(found)
        except ValueError as error:
            raise StatisticsError(
                f"{self.url}: {error}; is it the URL that loadtests.server has printed?"
            ) from error

    def pause(self, msecs: float) -> None:
        """Have the server leave connections in the kernel's queue for so many milliseconds.

        When this returns it accepts no more. A second call starts the time anew; 0 ends a pause.

        Raises:
            StatisticsError: It does not pause.
        """
        self._ask("POST", "pause", msecs=msecs)

    def close(self) -> None:
        """Close the connection that is kept open between two questions."""
        self._session.close()

    def _ask(self, method: str, path: str, **query: float) -> Any:
        try:
            answer = self._session.request(
                method, self.url + path, params=query, timeout=self._timeout_s
            )
        except requests.RequestException as error:
            raise StatisticsError(
                f"no statistics from {self.url}: {_reason(error)}; does the server still run?"
            ) from error
        if not answer.ok:
            raise StatisticsError(
                f"{method} {answer.url}: {answer.status_code} {answer.text.strip()[:300]}"
            )
        with contextlib.suppress(requests.JSONDecodeError):
            return answer.json()
        raise StatisticsError(f"{self.url} answers, but not in JSON; is it the right URL?")


def _reason(error: BaseException) -> str:
    """The innermost cause: ``requests`` and ``urllib3`` wrap it several times over."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return str(error) or type(error).__name__
