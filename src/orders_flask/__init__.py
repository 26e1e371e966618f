"""The driving side: HTTP, command line and workers, and the container where everything meets."""

from orders_flask.app import create_app
from orders_flask.settings import Settings

__all__ = ["Settings", "create_app"]
