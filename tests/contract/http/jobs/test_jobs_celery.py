"""Background jobs on Celery: a real worker and broker, outside the web process."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orders_adapters.celery import job_queue
from orders_domain import Role
from orders_domain.errors import Unavailable
from orders_flask import Settings
from tests.contract.http.test_bulk_status import job_for, many, statuses
from tests.support.client import Caller
from tests.support.command import environment
from tests.support.depth import effort
from tests.support.servers.ephemeral import processes
from tests.support.servers.postgresql import PostgresServer
from tests.support.servers.rabbitmq import RabbitServer
from tests.support.servers.redis import RedisServer
from tests.support.servers.tables import migrated
from tests.support.service_stack import Stack

BROKERS = [pytest.param("rabbitmq", marks=pytest.mark.deep), "redis"]  # as the killed worker
MANY = effort(160, 600)


@pytest.fixture
def shop(
    request: pytest.FixtureRequest, postgres_server: PostgresServer, build: Callable[..., Stack]
) -> Iterator[Stack]:
    """A service on PostgreSQL whose jobs run on Celery, on the broker of the test."""
    rabbit: RabbitServer = request.getfixturevalue("rabbitmq_server")
    redis: RedisServer = request.getfixturevalue("redis_server")
    database = postgres_server.database()
    brokers = {"rabbitmq": rabbit.url, "redis": redis.url, "away": "amqp://guest:guest@127.0.0.1:1//"}
    settings = Settings(database_url=database, celery_broker_url=brokers[request.param], jobs_queue=rabbit.name("jobs"))
    stack = build(settings)
    migrated(stack.container)
    yield stack
    stack.close()
    postgres_server.drop(database)


@contextmanager
def worker(settings: Settings, directory: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A Celery worker with two processes, as in production."""
    command = [sys.executable, "-m", "celery", "-A", "orders_flask.celery_app", "worker", "--concurrency", "2"]
    variables = environment(
        DATABASE_URL=settings.database_url,
        CELERY_BROKER_URL=settings.celery_broker_url,
        JOBS_QUEUE=settings.jobs_queue,
        C_FORCE_ROOT="1",
    )
    log = directory / f"celery-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--without-mingle", "--without-gossip"],
            env=variables,
            cwd=directory,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                processes.kill(process)
    assert "Traceback" not in log.read_text(), log.read_text()[-4000:]


def job_when(root: Caller, where: str, done: int, *, meanwhile: Callable[[], object] = lambda: None) -> dict[str, Any]:
    """Poll the job until it has processed the given number of orders."""
    deadline = time.monotonic() + 120
    while (job := root.ask("GET", where).json)["done"] < done:
        assert time.monotonic() < deadline, job
        meanwhile()
        time.sleep(0.01)
    return dict(job)


@pytest.mark.clause("002-34")
@pytest.mark.parametrize("shop", BROKERS, indirect=True)
def test_celery_worker_runs_large_job(shop: Stack, tmp_path: Path) -> None:
    ann, root = shop.caller(), shop.caller("root", role=Role.ADMIN)
    numbers = many(ann, shop, 150)
    where = job_for(root, numbers).headers["Location"]
    looks_after = shop.container.job_worker()

    looks_after.step()
    untouched = statuses(shop, numbers)
    with worker(shop.settings, tmp_path):
        job = job_when(root, where, 150, meanwhile=looks_after.step)  # because Celery may lose a task

    assert untouched == {("PENDING", 1)}
    assert (job["status"], job["updated"], job["failed"]) == ("done", numbers, [])
    assert statuses(shop, numbers) == {("SHIPPED", 2)}


@pytest.mark.deep  # a killed worker without Celery, and a Celery worker that is not killed, run in a short run
@pytest.mark.clause("002-34")
@pytest.mark.parametrize("shop", ["rabbitmq"], indirect=True)
def test_killed_celery_job_is_finished_by_another(shop: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_queue, "RESEND_INTERVAL", timedelta(seconds=10))
    ann, root = shop.caller(), shop.caller("root", role=Role.ADMIN)
    numbers = many(ann, shop, MANY)
    where = job_for(root, numbers).headers["Location"]
    shop.container.job_worker().step()

    with worker(shop.settings, tmp_path) as first:
        job_when(root, where, 40)
        processes.kill(first)
    left = root.ask("GET", where).json
    with worker(shop.settings, tmp_path):
        job = job_when(root, where, MANY, meanwhile=lambda: shop.container.job_worker().step())

    assert left["done"] < MANY
    assert (job["status"], job["updated"]) == ("done", numbers)
    assert statuses(shop, numbers) == {("SHIPPED", 2)}


@pytest.mark.clause("002-34")
@pytest.mark.parametrize("shop", ["away"], indirect=True)
def test_job_waits_for_celery_broker(shop: Stack) -> None:
    ann, root = shop.caller(), shop.caller("root", role=Role.ADMIN)
    numbers = many(ann, shop, 101)

    began = time.monotonic()
    response = job_for(root, numbers)
    took = time.monotonic() - began

    with pytest.raises(Unavailable):
        shop.container.job_worker().step()

    assert response.status_code == 202
    assert took < 5
    assert root.ask("GET", response.headers["Location"]).json["status"] == "queued"
