"""Settings, read once from the environment and a ``.env`` file; a module for each section."""

from orders_flask.settings.loading import load
from orders_flask.settings.mounts import DEFAULT_MOUNTS
from orders_flask.settings.settings import Settings, documentation
from orders_flask.settings.validation import InvalidSetting, NotForProduction

__all__ = ["DEFAULT_MOUNTS", "InvalidSetting", "NotForProduction", "Settings", "documentation", "load"]
