"""WSGI entry point, ``orders_flask.wsgi:app``, with settings from the environment."""

import atexit

from orders_flask import bootstrap
from orders_flask.app import container_of, create_app
from orders_flask.unknown_settings import log_settings_advice
from orders_flask.workers import parent_watchdog, runner
from orders_flask.workers.serving_process import ServingProcess

app = create_app()
if not parent_watchdog.server():  # orders serve has logged them once for all workers
    log_settings_advice()
    bootstrap.log_demo_accounts(container_of(app).settings(), container_of(app).users())
    container_of(app).store().disconnect()  # because a server may fork after the import
parent_watchdog.exit_with_parent()


def _start(workers: runner.BackgroundWorkers) -> None:
    container, settings = container_of(app), container_of(app).settings()
    if settings.relay == "on":
        workers.start(container.relay(), name="outbox relay")
        workers.start(container.data_purger(), name="data purger")
        workers.start(container.order_expirer(), name="order expirer")
        workers.start(container.webhook_deliverer(), name="webhook deliverer")
        if settings.sends_notifications:
            for sender in container.notification_senders():
                workers.start(sender, name="notification sender")
    if settings.jobs == "on":
        workers.start(container.job_worker(), name="job worker")
    if settings.demo == "on" and settings.demo_orders:
        workers.start(bootstrap.PastOrders(settings=settings), name="past orders")
    if settings.services:
        workers.start(container.reservation_releaser(), name="reservation releaser")


serving_process = ServingProcess(_start)
serving_process.expect()
app.before_request(serving_process.start)
atexit.register(serving_process.stop)
