"""The service for any WSGI server: ``orders_flask.wsgi:app``. Settings come from the environment."""

from orders_flask.app import create_app
from orders_flask.web.core import of
from orders_flask.workers import relay

app = create_app()

if of(app).settings().relay == "on":
    relay.start(of(app).relay())
