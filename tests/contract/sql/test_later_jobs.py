"""Jobs of a kind that a later release has added: this release leaves them to it, and runs the others."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.jobs import SqlJobRepository
from orders_adapters.testing.examples import NOON
from orders_adapters.testing.jobs import added, export

LATER = NOON + timedelta(hours=1)


def test_job_of_a_later_kind_is_left_to_its_release(altered: str) -> None:
    database = engines.create(altered)
    jobs, unknown = SqlJobRepository(database), export()
    jobs.add_once(unknown)
    with database.begin() as connection:
        if engines.is_sqlite(database):
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        else:
            for name in ("kind", "content"):
                connection.execute(text(f"ALTER TABLE jobs DROP CONSTRAINT ck_jobs_{name}"))
        connection.execute(text("UPDATE jobs SET kind = 'later'"))
    known = added(jobs)

    assert jobs.list_due(LATER) == [known.id]
    assert jobs.acquire(unknown.id, now=LATER, until=LATER) is None
    acquired = jobs.acquire(known.id, now=LATER, until=LATER)
    assert acquired is not None
    assert acquired.id == known.id
    database.dispose()
