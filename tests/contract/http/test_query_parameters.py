"""Query parameters of lists: a mistyped filter is refused by name and never widens a list."""

from typing import Any

from orders_domain import Role
from tests.support.client import ask
from tests.support.service_stack import Stack

INVALID = {
    "staus=shipped": ("staus", "Unknown field."),
    "status[]=shipped": ("status[]", "Unknown field."),
    "limit=1&limit=2": ("limit", "Must be given only once."),
    "Limit=1": ("Limit", "Unknown field."),
    "limit%00=1": ("limit\0", "Unknown field."),
    "%20limit=1": (" limit", "Unknown field."),
    "status[]=": ("status[]", "Unknown field."),
    "limit=&limit=1": ("limit", "Must be given only once."),
    "filter[status]=shipped": ("filter[status]", "Unknown field."),
    "offset": ("offset", "Unknown field."),
    "=1": ("", "Unknown field."),
}


def lists(stack: Stack, subject: str, order: str, product: str) -> list[str]:
    """The paths of all GET operations that return a list, or document query parameters."""
    paths = ask(stack.app, "GET", "/openapi.json").json["paths"]
    found = [path for path, operations in paths.items() if "get" in operations and _is_list(operations["get"])]
    return [
        path.replace("{user_id}", subject).replace("{ref}", product if "/products/" in path else order)
        for path in found
    ]


def _is_list(operation: dict[str, Any]) -> bool:
    shape = operation["responses"]["200"].get("content", {}).get("application/json", {}).get("schema", {})
    return shape.get("type") == "array" or any(
        parameter["in"] == "query" for parameter in operation.get("parameters", ())
    )


def test_unknown_or_repeated_parameter_is_refused(embedded_stack: Stack) -> None:
    root = embedded_stack.caller(role=Role.ADMIN)
    tea = {"name": "Tea", "price": 1, "stock_quantity": 1}
    product = root.post(tea, path="/api/v1/products/").json["product_id"]
    paths = lists(embedded_stack, root.subject, root.place()["id"], str(product))

    assert len(paths) == 10, paths
    for path in paths:
        assert root.ask("GET", path).status_code == 200
        for query, (name, reason) in INVALID.items():
            response = root.ask("GET", f"{path}?{query}")
            errors = response.json.get("errors") or response.json["detail"]["errors"]
            assert (response.status_code, errors) == (422 if path.startswith("/orders") else 400, {name: [reason]})
