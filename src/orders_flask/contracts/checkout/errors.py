"""Error bodies of this contract: ``{"error": text}``, and as an extension ``details`` by field."""

from collections.abc import Mapping
from typing import Any

from orders_domain.errors import InsufficientStock, InvalidCart, OrdersError
from orders_domain.model.order import OrderFinalized
from orders_flask.contracts.checkout.schemas import CheckoutOrder
from orders_flask.contracts.checkout.translate import representation
from orders_flask.web.problems import Problem, insufficient_stock

INVALID_SNAPSHOT = "Invalid snapshot payload"


def sentence(error: OrdersError) -> str:
    if isinstance(error, InsufficientStock):
        return insufficient_stock(error)
    return INVALID_SNAPSHOT if isinstance(error, InvalidCart) else str(error)


def details(error: OrdersError) -> Mapping[str, Any] | None:
    """Return the further members of an error body: the order that can no longer be cancelled (clause 004-09)."""
    if isinstance(error, OrderFinalized):
        return {"order": CheckoutOrder().dump(representation(error.order))}
    return None


def body(problem: Problem) -> tuple[dict[str, Any], str]:
    members: dict[str, Any] = {"error": problem.detail, **(problem.extra or {})}
    if problem.errors is not None:
        members["details"] = problem.errors
        if "cartSnapshot" in problem.errors:
            members["error"] = INVALID_SNAPSHOT
    return members, "application/json"
