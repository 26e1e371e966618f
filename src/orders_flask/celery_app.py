"""Celery app whose workers run jobs: ``celery -A orders_flask.celery_app worker``.

A task that arrives twice finds that its job is held or has ended.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from celery import Celery, signals

from orders_adapters.celery.job_queue import TASK, make_app
from orders_domain.use_cases import RunJob
from orders_flask import settings
from orders_flask.app import container_of, create_app
from orders_flask.bootstrap.container import Container
from orders_flask.observability import structured_logging
from orders_flask.settings import Settings
from orders_flask.unknown_settings import log_settings_advice


def worker_app(read: Settings) -> Celery:
    """Return the Celery app with its one task; nothing connects yet."""
    app = make_app(read.celery_broker_url or None, queue=read.jobs_queue)

    @cache
    def container() -> Container:
        """The container of the application that answers deferred requests, made with the first task: after any fork."""
        return container_of(create_app(read, container=Container(settings=read)))

    @app.task(name=TASK, shared=False)  # of this app only, because a second app would run the first one's
    def run_job(job_id: str) -> None:
        container().run_job(RunJob(job_id=UUID(job_id)))

    return app


@signals.setup_logging.connect
def _configure_logging(**_: Any) -> None:
    read = settings.load()
    structured_logging.configure(level=read.log_level, form=read.log_format)
    log_settings_advice()


@cache
def _app_of_environment() -> Celery:
    return worker_app(settings.load())


def __getattr__(name: str) -> Celery:
    """Make ``app`` when Celery's command asks for it, because it needs the settings of the environment."""
    if name == "app":
        return _app_of_environment()
    raise AttributeError(name)
