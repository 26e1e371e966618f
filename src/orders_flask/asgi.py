"""ASGI entry point, ``orders_flask.asgi:app``, which ``orders serve`` runs.

It puts admission in front of ``wsgi``, so that worker threads do not wait for clients. When the server shuts down,
the background workers finish their current step.
"""

import signal
from typing import Any

from orders_flask.app import container_of
from orders_flask.web import cors
from orders_flask.web.admission import AdmissionMiddleware
from orders_flask.web.background import drain, long_polls
from orders_flask.wsgi import app as wsgi_app
from orders_flask.wsgi import serving_process

_settings = container_of(wsgi_app).settings()


def _start() -> None:
    serving_process.start()
    if seconds := _settings.shutdown_delay:
        drain.begin_at_sigterm(wsgi_app, seconds=seconds)
        long_polls.end_at_signals(wsgi_app, signal.SIGINT)
    else:
        long_polls.end_at_signals(wsgi_app, signal.SIGINT, signal.SIGTERM)


app: Any = AdmissionMiddleware(
    wsgi_app,
    threads=_settings.threads,
    on_startup=_start,
    on_shutdown=serving_process.stop,
)
if _settings.allowed_origins:
    app = cors.around_asgi(app, cors.Cors(origins=_settings.allowed_origins))
