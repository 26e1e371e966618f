"""OpenAPI 3.1 document at /openapi.json, and Swagger UI at /docs with local assets."""

import inspect
import threading
from typing import Any

import marshmallow
from apispec import BasePlugin
from flask import Flask, Response, current_app, json, request
from flask_smorest import Api, Blueprint
from flask_swagger_ui import get_swaggerui_blueprint

from orders_flask.web import demonstration
from orders_flask.web.authentication import SCHEME
from orders_flask.web.background.placements import PlacementResponse
from orders_flask.web.background.preferences import PARAMETER as PREFER
from orders_flask.web.etags import CONDITIONS
from orders_flask.web.fields import UserIdResponse
from orders_flask.web.idempotency import OF_A_CHANGE, PARAMETER

_WITH_A_KEY = {
    409: "A request with this Idempotency-Key is in progress; retry after Retry-After seconds.",
    422: "The request does not match its schema, or its Idempotency-Key was used for a different request.",
}
_MEANINGS = {
    304: "The current version matches If-None-Match.",
    400: "The request is malformed or invalid.",
    401: "The bearer token is missing or not valid.",
    403: "The token does not permit this operation.",
    409: "The order's current status does not allow this operation.",
    412: "The current version does not match If-Match.",
    413: "The body is larger than 1 MiB, or than 16 KiB if the operation needs no token.",
    415: "The Content-Type is not application/json.",
    422: "The request does not match its schema.",
    429: "Too many attempts or requests; retry after Retry-After seconds.",
    503: "The service is temporarily unavailable; retry after Retry-After seconds.",
}


_KEY = "orders.openapi"
_PAGE, _DOCUMENT = "/docs", "/openapi.json"
_RETRY_AFTER = {
    "headers": {
        "Retry-After": {
            "description": "Seconds to wait.",
            "schema": {"type": "integer", "minimum": 1},
            "required": True,
        }
    }
}
_RETRY = {429: _RETRY_AFTER, 503: _RETRY_AFTER}

_ACCEPTED: dict[str, Any] = {
    "description": "A job places the order: the client preferred it, or the order has more lines than "
    "ASYNC_ORDER_LINES allows.",
    "content": {"application/json": {"schema": PlacementResponse}},
    "headers": {
        "Location": {"description": "The path of the job.", "schema": {"type": "string"}, "required": True},
        **_RETRY_AFTER["headers"],
    },
}

_PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""Inline scripts and styles are those of Swagger UI's page."""


_PATH_PARAMETERS = {
    "user_id": "The id of the user.",
    "job_id": "The id of the job, from the Location header of the response that created it.",
    "order_ref": "The id of the order.",
    "hold_id": "The id of the stock hold.",
    "products": "The number of the product.",
    "templates": "The number of the template.",
}
"""By name, or by the segment before it."""
_ORDER_REF = "The number of the order, or its id."


class Descriptions(BasePlugin):
    """Descriptions of schemas, which are their docstrings, and of path parameters."""

    def schema_helper(
        self, name: str, definition: dict[str, Any], schema: Any = None, **_: Any
    ) -> dict[str, Any] | None:
        described = schema if isinstance(schema, type) else type(schema)
        return {"description": inspect.getdoc(described)} if described.__dict__.get("__doc__") else None

    def path_helper(
        self, path: str | None = None, operations: Any = None, parameters: list[Any] | None = None, **_: Any
    ) -> str | None:
        segments = (path or "").split("/")
        for parameter in parameters or ():
            name = parameter["name"]
            before = segments[segments.index(f"{{{name}}}") - 1]
            meaning = _PATH_PARAMETERS.get(name) or _PATH_PARAMETERS.get(before, _ORDER_REF)
            parameter.setdefault("description", meaning)
        return None


class OperationIds(BasePlugin):
    """Unique operationIds: the name of the blueprint, then the use case; PUT beside PATCH says so."""

    def operation_helper(self, path: str | None = None, operations: Any = None, **route: Any) -> None:
        blueprint = route["rule"].endpoint.partition(".")[0].replace("-", "_")
        for method, operation in (operations or {}).items():
            suffix = "_by_put" if method == "put" and "patch" in operations else ""
            operation["operationId"] = f"{blueprint}_{operation['operationId']}{suffix}"


class OrdersApi(Api):
    """flask-smorest without its error handlers, because they drop headers and support a single error body.

    Blueprints are documented when the document is first needed, because that takes most of the start of an app.
    """

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask, **options: Any) -> None:
        self._documenting = threading.Lock()
        self._undocumented: list[tuple[Blueprint, str]] = []
        super().__init__(app, **options)

    def register_blueprint(self, blp: Blueprint, *, name: str, **options: Any) -> None:
        """Register the routes of a blueprint under a name."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][name] = self
        self._app.register_blueprint(blp, name=name, **options)
        self._undocumented.append((blp, name))

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document of all registered blueprints."""
        with self._documenting:
            for blueprint, name in self._undocumented:
                blueprint.register_views_in_doc(self, self._app, self.spec, name=name, parameters=None)
                self.spec.tag({"name": name, "description": blueprint.description})
            self._undocumented.clear()
            document: dict[str, Any] = self.spec.to_dict()
            return document

    def _openapi_json(self) -> Response:
        return current_app.response_class(
            json.dumps(served_document(current_app), indent=2, sort_keys=False), mimetype="application/json"
        )

    def _register_error_handlers(self) -> None:
        """Do nothing, because ``web.error_handlers`` handles errors."""

    def _register_responses(self) -> None:
        """Do nothing, because ``operation`` documents error responses."""

    def _register_pagination_header(self) -> None:
        """Do nothing, because lists have a Link header, and an unused schema would be in the document."""


def install(app: Flask, *, integer_user_ids: bool = False) -> OrdersApi:
    """Serve the document and the page; return the Api with which blueprints are registered."""
    app.config |= {
        "API_TITLE": "orders",
        "API_VERSION": "1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/",
        "API_SPEC_OPTIONS": {
            "components": {"securitySchemes": {"bearer": SCHEME}},
            "security": [{"bearer": []}],
            "servers": [{"url": "/", "description": "The service that serves this document."}],
            "info": {
                "contact": {"name": "The orders authors"},
                "description": "Order management. All operations except login and refresh need a bearer token.",
            },
        },
    }
    # No address to return to from OAuth, because the library makes it of the Host header, which a client chooses.
    own = {"app_name": "orders", "validatorUrl": None, "oauth2RedirectUrl": None}
    page = get_swaggerui_blueprint(_PAGE, _DOCUMENT, config=own)
    page.after_request(_finish_page)
    app.register_blueprint(page)
    api = app.extensions[_KEY] = OrdersApi(app, spec_kwargs={"extra_plugins": [OperationIds(), Descriptions()]})
    api.ma_plugin.converter.add_attribute_function(_no_null_default)
    if integer_user_ids:
        api.ma_plugin.converter.add_attribute_function(_user_id)
    return api


def api_of(app: Flask) -> OrdersApi:
    """Return the Api that ``install`` returned."""
    api: OrdersApi = app.extensions[_KEY]
    return api


def served_document(app: Flask) -> dict[str, Any]:
    """Return the document for the client of this request, with the URL of the service that it has used."""
    document = api_of(app).document()
    servers = [server | {"url": request.root_path or "/"} for server in document["servers"]]
    return document | {"servers": servers}


def _no_null_default(_: Any, field: Any, *, ret: dict[str, Any], **__: Any) -> dict[str, Any]:
    """Remove the default of an optional member that has none: generated clients would require the member."""
    if ret.get("default", ...) is None:
        del ret["default"]
    return {}


def _user_id(_: Any, field: Any, **__: Any) -> dict[str, Any]:
    """Return the type of a user's id with ``USER_IDS=integer``."""
    types = ["integer", "string", *(["null"] if field.allow_none else [])]
    return {"type": types} if isinstance(field, UserIdResponse) else {}


def _finish_page(response: Response) -> Response:
    """Allow the page its own scripts and styles only, and no other site to frame it; put its URLs below the root path.

    They are not relative, because the page is at /docs and at /docs/.
    """
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.view_args == {}:  # the page itself, not one of its assets
        page = response.get_data(as_text=True)
        for url in (f'"{_PAGE}/', f'"{_DOCUMENT}"'):
            page = page.replace(url, f'"{request.root_path}{url[1:]}')
        if demonstration.accounts():
            page = page.replace("</body>", f"{demonstration.script()}</body>")
        response.set_data(page)
    return response


def operation(
    schema: type[marshmallow.Schema],
    *statuses: int,
    use_case: str,
    summary: str,
    description: str,
    media_type: str = "application/json",
    idempotency_key: bool = False,
    placement: bool = False,
    not_found: str = "The order does not exist.",
) -> dict[str, Any]:
    """Return the arguments of ``Blueprint.doc``: texts, error responses, and the request headers that affect them.

    ``use_case`` becomes the operationId with the name of the blueprint before it, because contracts share use cases.
    Every operation has 429, because RATE_LIMIT limits them all. ``idempotency_key`` documents the Idempotency-Key
    header, ``placement`` also what a placement by a job has; ``not_found`` is the description of 404.
    """
    key = [PARAMETER] if placement else [OF_A_CHANGE] if idempotency_key else []
    meanings = _MEANINGS | {404: not_found} | (_WITH_A_KEY if key else {})
    content = {"content": {media_type: {"schema": schema}}}
    responses = {
        str(status): {"description": meanings[status], **({} if status == 304 else content), **_RETRY.get(status, {})}
        for status in {*statuses, 429}
    }
    if placement:
        responses["202"] = _ACCEPTED
    parameters = [header for status, header in CONDITIONS.items() if status in statuses]
    parameters += key + [PREFER] * placement
    texts = {"operationId": use_case, "summary": summary, "description": description}
    return {**texts, "responses": responses, **({"parameters": parameters} if parameters else {})}
