"""The service for any WSGI server: ``orders_flask.wsgi:app``. Settings come from the environment."""

from orders_flask.app import create_app
from orders_flask.web.core import of
from orders_flask.workers import jobs, orphan, relay

app = create_app()
orphan.end_with_server()

if of(app).settings().relay == "on":
    relay.start(of(app).relay())
if of(app).settings().jobs == "on":
    jobs.start(of(app).job_worker())
