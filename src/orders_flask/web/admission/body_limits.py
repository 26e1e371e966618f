"""Body limits: which requests have a body that is worth reading, decided by route and header alone."""

import re
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException

_METHODS = frozenset({"POST", "PUT", "PATCH"})
_BEARER = re.compile(rb"bearer +[\w-]+\.[\w-]+\.[\w-]*\s*", re.IGNORECASE | re.ASCII)
SESSION_COOKIE = "console_session"
"""The cookie of the console, whose value is a token."""
_COOKIE = re.compile(rb"(?:.*;\s*)?" + SESSION_COOKIE.encode() + rb"=[\w-]+\.[\w-]+\.[\w-]*(?:;.*)?", re.ASCII)
_CREDENTIALS = {b"authorization": _BEARER, b"cookie": _COOKIE}


class BodyLimits:
    """The size limits of the routes of an app."""

    def __init__(self, app: Flask) -> None:
        self._blueprints, self._config = app.blueprints, app.config
        self._routes = app.url_map.bind("localhost")

    def limit(self, scope: Any) -> int:
        """Return the size limit in bytes of the request's body, or 0 if the response does not depend on the body.

        That is so for a path or a method without a body, and for a route that needs a token if the request has none.
        """
        if scope["method"] not in _METHODS:
            return 0
        try:
            endpoint, _ = self._routes.match(scope["path"], scope["method"])
        except HTTPException:
            return 0
        name, _, function = str(endpoint).rpartition(".")
        blueprint: Any = self._blueprints.get(name)
        needs_token = getattr(blueprint, "authenticates", False) and blueprint.needs_token(function, self._config)
        if blueprint is None or (needs_token and not has_bearer_token(scope)):
            return 0
        return int(blueprint.max_body_bytes(function, self._config)) if hasattr(blueprint, "max_body_bytes") else 0


def has_bearer_token(scope: Any) -> bool:
    """Return whether the request has a token that could be valid; it is not verified."""
    headers = ((_CREDENTIALS[name], value) for name, value in scope["headers"] if name in _CREDENTIALS)
    return any(pattern.fullmatch(value) for pattern, value in headers)
