"""Job runner: Celery or this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from orders_domain.ports.clock import Clock
from orders_domain.use_cases import RunJob
from orders_flask.bootstrap.components import Check, check_health, require_extra
from orders_flask.settings import Settings

FILE_JOB_SECONDS = 2.0
"""The time after which a web process interrupts an export or import for other jobs. Celery has processes for them."""

if TYPE_CHECKING:
    from orders_adapters.celery.job_queue import CeleryJobQueue


def job_runner(settings: Settings, run_job: Callable[[RunJob], object], *, clock: Clock) -> Callable[[UUID], object]:
    """Return a function that starts a job: in Celery if it is configured, otherwise in this process."""
    if not settings.celery_broker_url:
        return lambda job_id: run_job(RunJob(job_id=job_id, seconds=FILE_JOB_SECONDS))
    return _queue(settings, clock=clock)


def job_checks(settings: Settings, *, clock: Clock) -> Mapping[str, Check]:
    return {"jobs": partial(check_health, _queue(settings, clock=clock).ping)} if settings.celery_broker_url else {}


def _queue(settings: Settings, *, clock: Clock) -> CeleryJobQueue:
    with require_extra("celery", wanted_by="CELERY_BROKER_URL"):
        from orders_adapters.celery.job_queue import CeleryJobQueue
    return CeleryJobQueue(settings.celery_broker_url, queue=settings.jobs_queue, clock=clock)
