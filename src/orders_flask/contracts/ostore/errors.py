"""Error bodies of this contract: ``{"error": text}``, and the products that are out of stock."""

from collections.abc import Mapping
from typing import Any

from orders_domain.errors import InsufficientStock, Kind, OrderNotFound, OrdersError, Shortage
from orders_domain.model.values.total_table import total_table
from orders_flask.web.problems import STATUSES, Problem, insufficient_stock

OSTORE_STATUSES = total_table(Kind, {**STATUSES, Kind.INVALID: 400})


def sentence(error: OrdersError) -> str:
    if isinstance(error, OrderNotFound):
        return "Order not found"
    if isinstance(error, InsufficientStock):
        return insufficient_stock(error)
    return str(error)


def details(error: OrdersError) -> Mapping[str, Any] | None:
    """Return the further members of an error body (clause 003-02)."""
    if isinstance(error, InsufficientStock):
        return {"unavailableItems": [_unavailable(shortage) for shortage in error.shortages]}
    return None


def body(problem: Problem) -> tuple[dict[str, Any], str]:
    text = problem.detail
    if problem.errors and [problem.detail] not in problem.errors.values():  # otherwise the text would be repeated
        text = f"{text} {'; '.join(_sentences(problem.errors))}"
    return {"error": text, **(problem.extra or {})}, "application/json"


def _unavailable(shortage: Shortage) -> dict[str, int]:
    return {
        "productID": shortage.product_id,
        "requested": shortage.requested,
        "available": shortage.available,
    }


def _sentences(errors: Mapping[str, Any], path: str = "") -> list[str]:
    """Return the messages with the path of their field, as in ``orderItems.0.quantity: Must be an integer.``."""
    sentences = []
    for name, messages in errors.items():
        if isinstance(messages, Mapping):
            sentences += _sentences({str(inner): value for inner, value in messages.items()}, f"{path}{name}.")
        else:
            texts = messages if isinstance(messages, list) else [messages]
            sentences.append(f"{path}{name}: {' '.join(map(str, texts))}")
    return sentences
