"""The service for any ASGI server, ``orders_flask.asgi:app``: what ``orders serve`` runs.

It is ``wsgi``, whose threads wait for no client: requests are gathered before they see them. Where the server says that
it stops, the workers beside the requests do what they have begun.
"""

from orders_flask.app import container_of
from orders_flask.web.request_buffering import RequestBufferingMiddleware
from orders_flask.wsgi import app as wsgi_app
from orders_flask.wsgi import background_workers

app = RequestBufferingMiddleware(
    wsgi_app, threads=container_of(wsgi_app).settings().threads, on_shutdown=background_workers.stop
)
