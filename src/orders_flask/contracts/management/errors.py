"""Error bodies of this contract: ``{"detail": text or object}`` (clause 002-20)."""

from collections.abc import Mapping
from typing import Any

from orders_domain.errors import InsufficientStock, Kind, OrdersError, Shortage
from orders_domain.model.status import InvalidTransition
from orders_domain.model.values.total_table import total_table
from orders_flask.contracts.management.translate import VOCABULARY
from orders_flask.web.problems import STATUSES, Problem, invalid_transition

MANAGEMENT_STATUSES = total_table(Kind, {**STATUSES, Kind.INVALID: 400, Kind.CONFLICT: 400})


def sentence(error: OrdersError) -> str:
    if isinstance(error, InvalidTransition):
        return invalid_transition(error, VOCABULARY)
    return str(error)


def details(error: OrdersError) -> Mapping[str, Any] | None:
    """Return the further members of an error body: the products that are out of stock (clause 002-03)."""
    if isinstance(error, InsufficientStock):
        return {"stock_issues": [_issue(shortage) for shortage in error.shortages]}
    return None


def body(problem: Problem) -> tuple[dict[str, Any], str]:
    if problem.errors is not None:
        return {"detail": {"message": problem.detail, "errors": _by_field(problem.errors)}}, "application/json"
    if problem.extra is not None:
        return {"detail": {"message": problem.detail, **problem.extra}}, "application/json"
    return {"detail": problem.detail}, "application/json"


def _issue(shortage: Shortage) -> dict[str, Any]:
    return {
        "product_id": shortage.product_id,
        "product_name": shortage.name,
        "requested": shortage.requested,
        "available": shortage.available,
        "stock_available": shortage.available,
        "is_available": False,
        "error": f"Insufficient stock. Available: {shortage.available}, Requested: {shortage.requested}",
    }


def _by_field(errors: Mapping[str, Any]) -> dict[str, list[str]]:
    """Flatten the messages; a nested field becomes its path, such as ``order_items.0.quantity``."""
    flat: dict[str, list[str]] = {}
    for name, messages in errors.items():
        if isinstance(messages, Mapping):
            nested = _by_field({str(inner): value for inner, value in messages.items()})
            flat |= {f"{name}.{inner}": texts for inner, texts in nested.items()}
        else:
            flat[str(name)] = [str(text) for text in messages] if isinstance(messages, list) else [str(messages)]
    return flat
