"""Explicit JSON responses, for routes that set status and headers themselves."""

from collections.abc import Mapping
from typing import Any

import marshmallow
from flask import Response, current_app, json


def json_response(
    schema: type[marshmallow.Schema], body: Any, *, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a response whose body is serialized by the schema."""
    body = json.dumps(schema().dump(body))
    response = current_app.response_class(body, status=status, mimetype="application/json")
    response.headers.update(headers or {})
    return response
