"""The service for any WSGI server: ``orders_flask.wsgi:app``. Settings come from the environment."""

from orders_flask.app import create_app
from orders_flask.web.core import of
from orders_flask.workers import loop, orphan

app = create_app()
orphan.end_with_server()

if of(app).settings().relay == "on":
    loop.start(of(app).relay().run, name="relay")
if of(app).settings().jobs == "on":
    loop.start(of(app).job_worker().run, name="jobs")
if of(app).settings().services:
    loop.start(of(app).booking_worker().run, name="bookings")
