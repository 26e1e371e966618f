"""Job queue on Celery. A task carries the id of a job; the job itself and its progress are stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from celery import Celery
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from orders_domain.errors import Unavailable
from orders_domain.ports.clock import Clock

TASK = "orders.run_job"
RESEND_INTERVAL = timedelta(seconds=10)  # while no worker holds the job
CONNECT_SECONDS = 2


class JobBrokerUnavailable(Unavailable):
    """Celery's broker does not answer; the job waits."""

    code = "jobs_broker_unavailable"


def make_app(broker_url: str | None, *, queue: str) -> Celery:
    """Return a Celery app without tasks; nothing connects yet."""
    app = Celery("orders", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_default_queue=queue,
        task_ignore_result=True,  # because the job stores its own
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
    )
    return app


class CeleryJobQueue:
    """Sends a task for a job, and again at intervals while the job is due, because a task can be lost."""

    def __init__(self, broker_url: str, *, queue: str, clock: Clock) -> None:
        self._app = make_app(broker_url, queue=queue)
        self._clock = clock
        self._sent: dict[UUID, datetime] = {}

    def __call__(self, job_id: UUID) -> None:
        now = self._clock()
        self._sent = {job: at for job, at in self._sent.items() if now - at < RESEND_INTERVAL}
        if job_id in self._sent:
            return
        with self._connected() as connection:
            self._app.send_task(TASK, [str(job_id)], connection=connection, retry=False)
        self._sent[job_id] = now

    def ping(self) -> None:
        """Return if the broker answers.

        Raises:
            JobBrokerUnavailable: it does not answer, or refuses the connection.
        """
        with self._connected():
            pass

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection for each task, because jobs are rare and an idle connection may be dead."""
        with self._app.connection_for_write(connect_timeout=CONNECT_SECONDS) as connection:
            try:
                connection.ensure_connection(max_retries=1, timeout=CONNECT_SECONDS)
                yield connection
            except (
                OperationalError,
                OSError,
                ValueError,  # an address that only Celery can read
                *connection.connection_errors,
                *connection.channel_errors,
            ) as error:
                raise JobBrokerUnavailable("Celery's broker does not answer.") from error
