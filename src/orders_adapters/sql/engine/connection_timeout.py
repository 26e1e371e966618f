"""Connection with a client-side timeout.

The server enforces ``statement_timeout``. A server that is frozen, or disconnected behind a proxy that still accepts
data, does not enforce it, and psycopg would wait without limit.
"""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

_CHECK_SECONDS = 0.1
_T = TypeVar("_T")


class TimeoutConnection(psycopg.Connection[TupleRow]):
    """Raises OperationalError, and is closed, if a response takes longer than ``seconds``."""

    seconds = 6.0

    def wait(self, gen: PQGen[_T], interval: float = _CHECK_SECONDS, timeout: float | None = None) -> _T:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.seconds)
        except psycopg.errors._WaitTimeout:  # private in psycopg 3.3, which has no public name for it
            self.pgconn.finish()  # because a late response would be read by the next statement
            raise psycopg.OperationalError(f"The server has not responded within {self.seconds} s.") from None


def connect(*, seconds: float, **options: Any) -> TimeoutConnection:
    connection = TimeoutConnection.connect(**options)
    connection.seconds = seconds
    return connection
