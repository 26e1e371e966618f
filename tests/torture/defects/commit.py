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
        later = unit_of_work.SqlUnitOfWork(self._engine, on_commit=self._on_commit)
        later._connection, later._published = self._connection, self._told
        self._connection, self._told = None, []

        def finish() -> None:
            with suppress(SQLAlchemyError, Exception):
                committed(later)

        timer = threading.Timer(SECONDS, finish)
        timer.daemon = True
        timer.start()

    unit_of_work.SqlUnitOfWork.commit = commit  # type: ignore[method-assign]
