"""Celery app that runs jobs: ``celery -A orders_flask.workers.celery_app worker``. No other module imports Celery.

A task carries the job's id only; the job and its progress are in the database. A lost task is therefore sent again
(see ``CeleryJobQueue``), and a duplicate task finds the job leased or finished.
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
RESEND_INTERVAL = timedelta(seconds=10)  # while the job is not leased
CONNECT_SECONDS = 2


class BrokerUnavailable(Unavailable):
    """The Celery broker is unavailable; the job stays due."""

    code = "jobs_broker_unavailable"


def make_app(read: Settings) -> Celery:
    """Return the Celery app with its task, without connecting."""
    app = Celery("orders", broker=read.celery_broker_url or None, set_as_current=False)
    app.conf.update(
        task_default_queue=read.jobs_queue,
        task_ignore_result=True,  # the job stores its results
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
    )

    @cache
    def container() -> Container:
        """Built with the first task, because connections must not be shared over a fork."""
        from orders_flask.bootstrap.container import Container

        return Container(settings=read)

    @app.task(name=TASK, shared=False)  # otherwise a second app would run the task of the first
    def run_job(job_id: str) -> None:
        container().run_job(RunJob(job_id=UUID(job_id)))

    return app


class CeleryJobQueue:
    """Sends a task for a due job, at most once per RESEND_INTERVAL."""

    def __init__(self, read: Settings, *, clock: Clock) -> None:
        self._app = make_app(read)
        self._clock = clock
        self._sent: dict[UUID, datetime] = {}

    def __call__(self, job_id: UUID) -> None:
        now = self._clock()
        self._sent = {sent: at for sent, at in self._sent.items() if now - at < RESEND_INTERVAL}
        if job_id in self._sent:
            return
        with self._connected() as connection:
            self._app.send_task(TASK, [str(job_id)], connection=connection, retry=False)
        self._sent[job_id] = now

    def ping(self) -> None:
        """Check the broker.

        Raises:
            BrokerUnavailable: the broker does not respond, or rejects the credentials.
        """
        with self._connected():
            pass

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """Open a new connection each time, because jobs are rare and an idle connection may be closed by the broker."""
        with self._app.connection_for_write(connect_timeout=CONNECT_SECONDS) as connection:
            try:
                connection.ensure_connection(max_retries=1, timeout=CONNECT_SECONDS)
                yield connection
            except (
                OperationalError,
                OSError,
                ValueError,  # a URL that kombu cannot parse
                *connection.connection_errors,
                *connection.channel_errors,
            ) as error:
                raise BrokerUnavailable("The Celery broker does not respond.") from error


@signals.setup_logging.connect
def _configure_logging(**_: Any) -> None:
    read = settings.load()
    structured_logging.configure(level=read.log_level, form=read.log_format)
    log_unknown_settings()


@cache
def _of_the_environment() -> Celery:
    return make_app(settings.load())


def __getattr__(name: str) -> Celery:
    """Build ``app`` lazily for the Celery command, because senders pass their own settings."""
    if name == "app":
        return _of_the_environment()
    raise AttributeError(name)
