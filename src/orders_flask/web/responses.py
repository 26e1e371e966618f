"""Explicit JSON responses, for routes that set status and headers themselves."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import marshmallow
from flask import Response, current_app, json


def json_response(
    schema: type[marshmallow.Schema], body: Any, *, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a response whose body is serialized by the schema."""
    body = json.dumps(_instance(schema).dump(body))
    response = current_app.response_class(body, status=status, mimetype="application/json")
    response.headers.update(headers or {})
    return response


@cache
def _instance(schema: type[marshmallow.Schema]) -> marshmallow.Schema:
    """Return the one instance of a schema, because an instance copies all fields and serializing does not change it."""
    return schema()
