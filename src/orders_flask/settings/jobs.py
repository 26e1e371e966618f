"""Settings of large jobs."""

from __future__ import annotations

from dataclasses import dataclass

from orders_flask.settings.validation import require_one_of, require_scheme, setting


@dataclass(frozen=True, kw_only=True)
class JobSettings:
    """The processes that run large jobs."""

    celery_broker_url: str = setting(
        "CELERY_BROKER_URL",
        "",
        "`amqp://…` or `redis://…`: Celery runs large jobs; by default the web processes run them",
        secret=True,
    )
    jobs_queue: str = setting("JOBS_QUEUE", "orders_jobs", "the queue from which Celery workers consume jobs")
    jobs: str = setting("ORDERS_JOBS", "on", "`off` disables large jobs in this process; others run them")

    def _check_jobs(self) -> None:
        schemes = ("amqp", "amqps", "pyamqp", "redis", "rediss", "memory")
        require_scheme("CELERY_BROKER_URL", self.celery_broker_url, *schemes)
        require_one_of("ORDERS_JOBS", self.jobs, "on", "off")
