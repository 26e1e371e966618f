"""WSGI entry point, ``orders_flask.wsgi:app``, with settings from the environment."""

from orders_flask import bootstrap
from orders_flask.app import container_of, create_app
from orders_flask.unknown_settings import log_settings_advice
from orders_flask.workers import parent_watchdog, runner

app = create_app()
if not parent_watchdog.server():  # orders serve has logged them once for all workers
    log_settings_advice()
    bootstrap.log_demo_accounts(container_of(app).settings(), container_of(app).users())
    container_of(app).store().close()  # because a server may fork after the import
parent_watchdog.exit_with_parent()

background_workers = runner.BackgroundWorkers()
if container_of(app).settings().relay == "on":
    background_workers.start(container_of(app).relay(), name="outbox relay")
    background_workers.start(container_of(app).data_purger(), name="data purger")
    background_workers.start(container_of(app).order_expirer(), name="order expirer")
if container_of(app).settings().jobs == "on":
    background_workers.start(container_of(app).job_worker(), name="job worker")
if container_of(app).settings().services:
    background_workers.start(container_of(app).reservation_releaser(), name="reservation releaser")
