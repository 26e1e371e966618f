"""Text of an error at the terminal of an operator."""

from orders_domain.errors import StoreUnavailable
from orders_flask import bootstrap, settings
from orders_flask.observability.redaction import redact


def error_text(error: Exception) -> str:
    """Return the error; with the database's own reason if it is unavailable, which HTTP clients do not see."""
    if isinstance(error, StoreUnavailable) and str(error).endswith("."):
        return f"{redact(bootstrap.describe(error), settings.load()).rstrip('.')}."
    return str(error)
