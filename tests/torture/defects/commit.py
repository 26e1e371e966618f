"""Defect: the service responds before it commits."""

import threading
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from orders_adapters.sql.unit_of_work import SqlUnitOfWork

SECONDS = 0.15


def plant() -> None:
    committed = SqlUnitOfWork.commit

    def commit(self: SqlUnitOfWork) -> None:
        later = SqlUnitOfWork(self._database, on_commit=self._on_commit)
        later._transaction, later._published = self._transaction, self._published
        self._transaction, self._published = None, []

        def finish() -> None:
            with suppress(SQLAlchemyError, Exception):
                committed(later)

        timer = threading.Timer(SECONDS, finish)
        timer.daemon = True
        timer.start()

    SqlUnitOfWork.commit = commit  # type: ignore[method-assign]
