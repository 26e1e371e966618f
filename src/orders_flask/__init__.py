"""Driving adapters (HTTP, command line, workers) and the composition root."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orders_flask.app import create_app
    from orders_flask.settings import Settings
else:

    def __getattr__(name: str) -> object:
        """Import lazily, because the command must be able to report a missing extra."""
        if name == "create_app":
            from orders_flask.app import create_app

            return create_app
        if name == "Settings":
            from orders_flask.settings import Settings

            return Settings
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Settings", "create_app"]
