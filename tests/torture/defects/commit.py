"""Defect: the service responds before it commits."""

import threading
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from orders_adapters.sql import unit_of_work

SECONDS = 0.15


def plant() -> None:
    committed = unit_of_work.SqlUnitOfWork.commit

    def commit(self: Any) -> None:
        later = unit_of_work.SqlUnitOfWork(self._database, on_commit=self._on_commit)
        later._transaction, later._published = self._transaction, self._published
        self._transaction, self._published = None, []

        def finish() -> None:
            with suppress(SQLAlchemyError, Exception):
                committed(later)

        timer = threading.Timer(SECONDS, finish)
        timer.daemon = True
        timer.start()

    unit_of_work.SqlUnitOfWork.commit = commit  # type: ignore[method-assign]
