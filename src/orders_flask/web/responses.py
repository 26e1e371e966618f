"""Answers made by hand, where what a route returns is not enough."""

from collections.abc import Mapping
from typing import Any

import marshmallow
from flask import Response, current_app, json


def answer(
    schema: type[marshmallow.Schema], shown: Any, *, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer with this body, as the schema writes it."""
    body = json.dumps(schema().dump(shown))
    response = current_app.response_class(body, status=status, mimetype="application/json")
    response.headers.update(headers or {})
    return response
