"""A connection that gives a silent server up.

``statement_timeout`` is kept by the server; a server that is frozen, or cut off behind a proxy that still answers for
it, keeps nothing, and psycopg would wait for ever.
"""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

_CHECK_SECONDS = 0.1
_T = TypeVar("_T")


class TimeoutConnection(psycopg.Connection[TupleRow]):
    """Raises OperationalError, and is closed, when an answer takes longer than ``seconds``."""

    seconds = 6.0

    def wait(self, gen: PQGen[_T], interval: float = _CHECK_SECONDS, timeout: float | None = None) -> _T:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.seconds)
        except psycopg.errors._WaitTimeout:  # psycopg's own, new in 3.3: there is no public name for it
            self.pgconn.finish()  # what it may still answer belongs to nobody
            raise psycopg.OperationalError(f"The server has not answered within {self.seconds} s.") from None


def connect(*, seconds: float, **options: Any) -> TimeoutConnection:
    connection = TimeoutConnection.connect(**options)
    connection.seconds = seconds
    return connection
