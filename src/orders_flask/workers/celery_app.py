"""Jobs run by Celery: ``celery -A orders_flask.workers.celery_app worker``. The only place that knows Celery.

Celery carries the job's id and nothing else. What is to be done, and how far it is, is stored; so a task that is lost
is sent again (see ``CeleryJobQueue``), and one that comes twice finds that the job is held or has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from celery import Celery, signals
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from orders_domain.errors import Unavailable
from orders_domain.ports.clock import Clock
from orders_domain.use_cases import RunJob
from orders_flask import settings
from orders_flask.observability import structured_logging
from orders_flask.settings import Settings
from orders_flask.unknown_settings import log_unknown_settings

if TYPE_CHECKING:
    from orders_flask.bootstrap.container import Container

TASK = "orders.run_job"
RESEND_INTERVAL = timedelta(seconds=10)  # while nobody holds it
CONNECT_SECONDS = 2


class BrokerUnavailable(Unavailable):
    """Celery's broker is away; the job waits."""

    code = "jobs_broker_unavailable"


def make_app(read: Settings) -> Celery:
    """Return the Celery app with its one task; nothing connects yet."""
    app = Celery("orders", broker=read.celery_broker_url or None, set_as_current=False)
    app.conf.update(
        task_default_queue=read.jobs_queue,
        task_ignore_result=True,  # a job keeps its own
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
    )

    @cache
    def container() -> Container:
        """Made with the first task, so after any fork."""
        from orders_flask.bootstrap.container import Container

        return Container(settings=read)

    @app.task(name=TASK, shared=False)  # of this app only: else a second app would run the first one's
    def run_job(job_id: str) -> None:
        container().run_job(RunJob(job_id=UUID(job_id)))

    return app


class CeleryJobQueue:
    """Tells Celery's workers of a job, and again from time to time while it is due."""

    def __init__(self, read: Settings, *, clock: Clock) -> None:
        self._app = make_app(read)
        self._clock = clock
        self._sent: dict[UUID, datetime] = {}

    def __call__(self, job_id: UUID) -> None:
        now = self._clock()
        self._sent = {one: at for one, at in self._sent.items() if now - at < RESEND_INTERVAL}
        if job_id in self._sent:
            return
        with self._connected() as connection:
            self._app.send_task(TASK, [str(job_id)], connection=connection, retry=False)
        self._sent[job_id] = now

    def ping(self) -> None:
        """Return if the broker answers.

        Raises:
            BrokerUnavailable: it does not, or will not have us.
        """
        with self._connected():
            pass

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection for each: jobs are rare, and one that is kept may be dead when it is wanted."""
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
                raise BrokerUnavailable("Celery's broker does not answer.") from error


@signals.setup_logging.connect
def _configure_logging(**_: Any) -> None:
    read = settings.load()
    structured_logging.configure(level=read.log_level, form=read.log_format)
    log_unknown_settings()


@cache
def _of_the_environment() -> Celery:
    return make_app(settings.load())


def __getattr__(name: str) -> Celery:
    """Make ``app`` when Celery's command asks for it: whoever only sends has settings of its own."""
    if name == "app":
        return _of_the_environment()
    raise AttributeError(name)
