"""Error bodies of this contract: RFC 9457 with ``code``, and JSON pointers (RFC 6901) to what is wrong."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import g
from werkzeug.exceptions import HTTPException

from orders_domain.errors import InsufficientStock, InvalidValue, OrdersError, Shortage
from orders_domain.model.access import SHOP
from orders_domain.model.life.changes import NotAllowed, OrderVersionMismatch, ReferenceTaken
from orders_domain.model.life.paying import ExceedsCaptured
from orders_domain.model.order import OrderFinalized
from orders_domain.model.status import InvalidTransition
from orders_domain.use_cases.life.place_shop_order import ExpectedTotalMismatch
from orders_flask.contracts.shop.translate import VOCABULARY, representation
from orders_flask.web.context import actor
from orders_flask.web.problems import Problem, invalid_transition, problem_json

CODES = {
    400: "malformed_request",
    401: "invalid_token",
    403: "access_denied",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    422: "invalid_request",
    428: "if_match_required",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}
"""The codes of errors that are not the domain's, by status."""


class HeaderRequired(HTTPException):
    """A required header is missing: 400 for Idempotency-Key, 428 for If-Match."""

    def __init__(self, name: str, *, status: int, code: str) -> None:
        super().__init__(f"The header {name} is required.")
        self.code = status
        self.members = {"code": code}


def sentence(error: OrdersError) -> str:
    if isinstance(error, InvalidTransition):
        return invalid_transition(error, VOCABULARY)
    return str(error)


def details(error: OrdersError) -> Mapping[str, Any]:
    """Return the further members of an error body: the code, and what the client needs to go on."""
    members: dict[str, Any] = {"code": "invalid_request" if isinstance(error, InvalidValue) else error.code}
    match error:
        case OrderVersionMismatch() if not error.order.life.unread.count:
            members["order"] = representation(error.order, actor())
        case ExceedsCaptured():
            allowed = list(SHOP.allowed_actions(actor(), error.order))
            members |= {"left_minor": error.left_minor, "allowed_actions": allowed}
        case NotAllowed() | OrderFinalized():
            members["allowed_actions"] = list(SHOP.allowed_actions(actor(), error.order))
        case ReferenceTaken():
            members["order_id"] = str(error.order_id)
        case ExpectedTotalMismatch():
            members["code"] = "total_mismatch"
            members |= {"expected_total_minor": error.expected_minor, "total_minor": error.total_minor}
        case InsufficientStock():
            members["shortages"] = [_shortage(shortage) for shortage in error.shortages]
        case InvalidTransition():
            members["code"] = "not_allowed"
    return members


def body(problem: Problem) -> tuple[dict[str, Any], str]:
    members, media_type = problem_json(problem)
    members["code"] = CODES.get(problem.status, "conflict")
    if problem.errors is not None:
        name = "parameter" if problem.status == CODES_OF_QUERIES else "pointer"
        members["errors"] = [
            {name: path if name == "pointer" else path.removeprefix("/"), "message": message}
            for path, message in _messages(problem.errors)
        ]
    return members | dict(problem.extra or {}), media_type


def _shortage(shortage: Shortage) -> dict[str, Any]:
    """Return the shortage with the first position of its product in the request."""
    sent = enumerate(g.get("body", {}).get("lines", ()), start=1)
    return {
        "line": next((place for place, line in sent if line.get("product_id") == shortage.product_id), None),
        "product_id": shortage.product_id,
        "requested": shortage.requested,
        "available": shortage.available,
    }


CODES_OF_QUERIES = 400


def _messages(errors: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the pointer and the text of each message."""
    for name, value in errors.items():
        parts = str(name).split(".") if not path else [str(name)]  # a domain's field is a path with dots
        pointer = path + "".join(
            f"/{part.replace('~', '~0').replace('/', '~1')}" for part in parts if part != "_schema"
        )
        if isinstance(value, Mapping):
            yield from _messages(value, pointer)
        else:
            yield from ((pointer, str(message)) for message in (value if isinstance(value, list) else [value]))
