"""OpenAPI 3.1 at /openapi.json, and a page at /docs that needs no network: its assets come from us."""

from typing import Any

import marshmallow
from flask import Flask
from flask_smorest import Api
from flask_swagger_ui import get_swaggerui_blueprint

from orders_flask.web.authentication import SCHEME
from orders_flask.web.etags import CONDITIONS
from orders_flask.web.idempotency import PARAMETER

_WITH_A_KEY = {
    409: "A request with this Idempotency-Key is being answered; try again after Retry-After seconds.",
    422: "The request does not fit its schema, or its Idempotency-Key was used for another request.",
}
_MEANINGS = {
    304: "The order is at a version that If-None-Match names.",
    400: "The request cannot be read, or is not valid.",
    401: "The bearer token is missing or not valid.",
    403: "Not yours.",
    404: "There is no such order.",
    409: "The order's present state does not allow it.",
    412: "If-Match does not name the order's present version.",
    413: "The body is larger than 1 MiB.",
    415: "The body is not application/json.",
    422: "The request does not fit its schema.",
    429: "Too many attempts; try again after Retry-After seconds.",
    503: "The service cannot answer now; try again after Retry-After seconds.",
}


class OrdersApi(Api):
    """flask-smorest without its error handlers: theirs drop headers and know one error body only."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to ``web.errors``."""

    def _register_responses(self) -> None:
        """Leave what they look like to ``operation``."""


def install(app: Flask) -> Api:
    """Serve the document and the page; return what blueprints are registered with."""
    app.config |= {
        "API_TITLE": "orders",
        "API_VERSION": "1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/",
        "API_SPEC_OPTIONS": {
            "components": {"securitySchemes": {"bearer": SCHEME}},
            "security": [{"bearer": []}],
            "info": {"description": "Order management. All but login and refresh need a bearer token (JWT)."},
        },
    }
    app.register_blueprint(
        get_swaggerui_blueprint("/docs", "/openapi.json", config={"app_name": "orders", "validatorUrl": None})
    )
    return OrdersApi(app)


def operation(
    schema: type[marshmallow.Schema],
    *statuses: int,
    summary: str,
    media_type: str = "application/json",
    idempotency_key: bool = False,
) -> dict[str, Any]:
    """Return what ``Blueprint.doc`` takes: the summary, the answers beside success, and the headers they hang on.

    ``once``: it may be sent again and again under a key.
    """
    meanings = _MEANINGS | (_WITH_A_KEY if idempotency_key else {})
    content = {"content": {media_type: {"schema": schema}}}
    responses = {
        str(status): {"description": meanings[status], **({} if status == 304 else content)} for status in statuses
    }
    parameters = [one for status, one in CONDITIONS.items() if status in statuses] + (
        [PARAMETER] if idempotency_key else []
    )
    return {"summary": summary, "responses": responses, **({"parameters": parameters} if parameters else {})}
