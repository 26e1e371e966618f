"""What makes a job run."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from orders_domain.ports.clock import Clock
from orders_domain.use_cases import RunJob
from orders_flask.settings import SettingRefused, Settings


def job_runner(settings: Settings, run_job: Callable[[RunJob], object], *, clock: Clock) -> Callable[[UUID], object]:
    """Return what makes a job run: Celery where it is set up, else this process."""
    if not settings.celery_broker_url:
        return lambda job_id: run_job(RunJob(job_id=job_id))
    try:
        from orders_flask.workers.celery import Sender
    except ImportError as error:
        raise SettingRefused(
            "CELERY_BROKER_URL is set, and Celery is not installed: pip install '.[celery]'"
        ) from error
    return Sender(settings, clock=clock)
