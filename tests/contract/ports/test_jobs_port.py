"""Contract of JobRepository, on every adapter."""

import pytest
from sqlalchemy import Engine

from orders_adapters.memory import jobs as memory_jobs
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.sql import jobs as sql_jobs
from orders_adapters.sql.engine import engine as engines
from orders_adapters.testing.examples import NOON, new_id
from orders_adapters.testing.jobs import CONFIRMED, LATER, ROOT, JobRepositoryTests, added
from orders_domain.errors import StoreUnavailable
from orders_domain.model.jobs import BulkStatusJob, FilePart
from orders_domain.ports.jobs import JobRepository


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def jobs(request: pytest.FixtureRequest) -> JobRepository:
    """No job exists."""
    if request.param == "memory":
        return memory_jobs.InMemoryJobRepository(InMemoryStore())
    engine: Engine = request.getfixturevalue(request.param)
    return sql_jobs.SqlJobRepository(engine)


class TestJobRepository(JobRepositoryTests):
    pass


def test_new_job_wakes_the_worker(sqlite: Engine) -> None:
    rung: list[str] = []
    in_memory = memory_jobs.InMemoryJobRepository(InMemoryStore(on_job=lambda: rung.append("memory")))

    added(in_memory)
    added(sql_jobs.SqlJobRepository(sqlite, on_add=lambda: rung.append("sql")))

    assert rung == ["memory", "sql"]


def test_unreachable_job_store_is_unavailable() -> None:
    jobs = sql_jobs.SqlJobRepository(engines.create("postgresql://nobody@127.0.0.1:1/x"))
    job = BulkStatusJob.create([1], CONFIRMED, job_id=new_id(), by=ROOT, at=NOON)

    for ask in (
        lambda: jobs.add(job),
        lambda: jobs.get(job.id),
        lambda: jobs.list_due(NOON),
        lambda: jobs.acquire(job.id, now=NOON, until=LATER),
        lambda: jobs.save_progress(job, until=LATER),
        lambda: jobs.read(job.id, FilePart.SENT, offset=0),
        lambda: jobs.delete_finished(BulkStatusJob, created_before=NOON),
    ):
        with pytest.raises(StoreUnavailable):
            ask()
