"""The service for any WSGI server: ``orders_flask.wsgi:app``. Settings come from the environment."""

from orders_flask.app import create_app
from orders_flask.unknown_settings import log_unknown_settings
from orders_flask.web.core import of
from orders_flask.workers import loop, orphan

app = create_app()
if not orphan.server():  # orders serve has warned, once for all its workers
    log_unknown_settings()
orphan.end_with_server()

beside = loop.Beside()
if of(app).settings().relay == "on":
    beside.start(of(app).relay(), name="relay")
if of(app).settings().jobs == "on":
    beside.start(of(app).job_worker(), name="jobs")
if of(app).settings().services:
    beside.start(of(app).booking_worker(), name="bookings")
