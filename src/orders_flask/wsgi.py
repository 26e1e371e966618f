"""The service for any WSGI server: ``orders_flask.wsgi:app``. Settings come from the environment."""

from orders_flask.app import create_app
from orders_flask.unknown_settings import log_unknown_settings
from orders_flask.web.context import of
from orders_flask.workers import parent_watchdog, runner

app = create_app()
if not parent_watchdog.server():  # orders serve has warned, once for all its workers
    log_unknown_settings()
parent_watchdog.end_with_server()

beside = runner.Beside()
if of(app).settings().relay == "on":
    beside.start(of(app).relay(), name="relay")
if of(app).settings().jobs == "on":
    beside.start(of(app).job_worker(), name="jobs")
if of(app).settings().services:
    beside.start(of(app).booking_worker(), name="bookings")
