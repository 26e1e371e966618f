"""Job worker: the loop that runs due jobs, and the queue that it sends them to."""

import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from orders_adapters.celery.job_queue import CeleryJobQueue
from orders_adapters.memory.jobs import InMemoryJobRepository
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.testing.examples import ADMIN, NOON, Clock, new_id, only
from orders_domain.errors import StoreUnavailable
from orders_domain.model.jobs import BulkStatusJob
from orders_domain.model.status import OrderStatus
from orders_flask import Settings, celery_app, create_app
from orders_flask.app import container_of
from orders_flask.settings import InvalidSetting
from orders_flask.workers import runner
from orders_flask.workers.job_worker import JobWorker

CELERY = Settings(database_url="memory://", celery_broker_url="memory://", jobs_queue="jobs-of-a-test")


def waiting(store: InMemoryJobRepository) -> BulkStatusJob:
    job = BulkStatusJob.create([1], only(OrderStatus.PAID), job_id=new_id(), by=ADMIN, at=NOON)
    store.add(job)
    return job


def worker(store: InMemoryJobRepository, begin: Callable[[UUID], object], clock: Clock | None = None) -> JobWorker:
    return JobWorker(jobs=store, start_job=begin, wait=lambda _: None, clock=clock or Clock())


def test_worker_runs_only_due_jobs() -> None:
    store, begun = InMemoryJobRepository(InMemoryStore()), list[UUID]()
    due, held = waiting(store), waiting(store)
    store.acquire(held.id, now=NOON, until=NOON + timedelta(hours=1))

    worker(store, begun.append).step()

    assert begun == [due.id]


@pytest.mark.parametrize("error", [StoreUnavailable("Away."), RuntimeError("A flaw.")])
def test_worker_continues_after_any_error(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "MAX_DELAY", 0.01)
    store, begun = InMemoryJobRepository(InMemoryStore()), list[UUID]()
    job = waiting(store)

    def begin(job_id: UUID) -> None:
        begun.append(job_id)
        if len(begun) == 1:
            raise error
        looks_after.stop.set()

    looks_after = worker(store, begin)
    beside = runner.BackgroundWorkers()
    beside.start(looks_after, name="jobs")

    assert looks_after.stop.wait(10)
    beside.stop()
    assert begun == [job.id, job.id]


def test_new_job_wakes_the_worker() -> None:
    container = container_of(create_app(Settings(database_url="memory://")))
    waits = threading.Thread(target=container.store().wait_for_jobs, args=[60], daemon=True)
    waits.start()

    waiting(container.jobs())

    waits.join(5)
    assert not waits.is_alive()


def test_due_job_is_sent_to_celery_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, sent = Clock(), list[tuple[str, list[Any]]]()
    sender = CeleryJobQueue(CELERY.celery_broker_url, queue="jobs", clock=clock)

    def note(name: str, arguments: list[Any], **_: Any) -> None:
        sent.append((name, arguments))

    monkeypatch.setattr(sender._app, "send_task", note)
    first, second = new_id(), new_id()

    for job_id in (first, first, second):
        sender(job_id)
    clock.advance(9)
    sender(first)
    clock.advance(1)
    sender(first)

    assert sent == [("orders.run_job", [str(job_id)]) for job_id in (first, second, first)]


def test_task_of_unknown_job_does_nothing() -> None:
    app = celery_app.worker_app(CELERY)

    assert app.conf.task_default_queue == "jobs-of-a-test"
    assert app.conf.task_acks_late
    assert app.tasks["orders.run_job"].run(str(new_id())) is None


def test_celery_app_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_QUEUE", "elsewhere")
    celery_app._app_of_environment.cache_clear()

    assert celery_app.app.conf.task_default_queue == "elsewhere"
    assert not hasattr(celery_app, "nothing")
    celery_app._app_of_environment.cache_clear()


def test_celery_apps_are_separate() -> None:
    senders = [CeleryJobQueue(CELERY.celery_broker_url, queue="jobs", clock=Clock()) for _ in range(2)]

    assert senders[0]._app is not senders[1]._app


def test_missing_celery_is_rejected_with_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "orders_adapters.celery.job_queue")
    monkeypatch.setitem(sys.modules, "celery", None)

    with pytest.raises(InvalidSetting, match="CELERY_BROKER_URL"):
        create_app(CELERY)
