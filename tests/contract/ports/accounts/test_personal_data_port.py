"""Contract of PersonalDataStore, on every adapter."""

from functools import partial

import pytest
from sqlalchemy import event

from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.jobs import SqlJobRepository
from orders_adapters.sql.personal_data.store import SqlPersonalDataStore
from orders_adapters.testing.accounts.personal_data import PersonalDataStoreTests
from orders_adapters.testing.examples import ADMIN, NOON, new_id
from orders_adapters.testing.jobs import export
from orders_domain.errors import JobNotFound
from orders_domain.model.personal.erasure import erased
from orders_domain.model.personal.subject import DataSubject


class TestPersonalDataStore(PersonalDataStoreTests):
    pass


def test_export_that_begins_before_the_commit_is_deleted(migrated_postgresql: str) -> None:
    """It reads the orders as they were before. On SQLite no job begins while an erasure writes."""
    erasing, beginning = engines.create(migrated_postgresql), engines.create(migrated_postgresql)
    jobs, job = SqlJobRepository(beginning), export()
    event.listen(erasing, "commit", lambda connection: jobs.add_once(job), once=True)
    person = DataSubject(user_ids=frozenset({"ada"}), emails=frozenset())

    SqlPersonalDataStore(erasing).erase_orders([new_id()], erase=partial(erased, subject=person, by=ADMIN, at=NOON))

    with pytest.raises(JobNotFound):
        jobs.get(job.id)
    for database in (erasing, beginning):
        database.dispose()
