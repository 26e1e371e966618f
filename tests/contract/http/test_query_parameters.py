"""Query parameters of lists: a mistyped filter is refused by name and never widens a list."""

from typing import Any

from orders_domain import Role
from tests.support.client import Answer, ask
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


def lists(stack: Stack, **ids: str) -> list[str]:
    """The paths of all GET operations that return a list, or document query parameters."""
    document = ask(stack.app, "GET", "/openapi.json").json
    gets = {path: operations["get"] for path, operations in document["paths"].items() if "get" in operations}
    found = [path for path, operation in gets.items() if _is_list(operation, document["components"]["schemas"])]
    return [path.format(ref=ids["product"] if "/products/" in path else ids["order_ref"], **ids) for path in found]


def _is_list(operation: dict[str, Any], schemas: dict[str, Any]) -> bool:
    shape = operation["responses"]["200"].get("content", {}).get("application/json", {}).get("schema", {})
    shape = schemas.get(shape.get("$ref", "").rpartition("/")[2], shape)
    return "array" in (shape.get("type"), shape.get("properties", {}).get("data", {}).get("type")) or any(
        parameter["in"] == "query" for parameter in operation.get("parameters", ())
    )


def refusal(answer: Answer) -> Any:
    """The status of the refusal, and its reasons by parameter."""
    errors = answer.json.get("errors") or answer.json["detail"]["errors"]
    if isinstance(errors, list):  # as the contract shop has them
        errors = {error["parameter"]: [error["message"]] for error in errors}
    return answer.status_code, errors


def test_unknown_or_repeated_parameter_is_refused(embedded_stack: Stack) -> None:
    root = embedded_stack.caller(role=Role.ADMIN)
    tea = {"name": "Tea", "price": 1, "stock_quantity": 1}
    product = root.post(tea, path="/api/v1/products/").json["product_id"]
    webhook = root.post({"url": "https://receiver.example"}, path="/v1/webhooks").json["id"]
    order = root.place()["id"]
    paths = lists(embedded_stack, user_id=root.subject, order_ref=order, product=str(product), webhook_id=webhook)

    assert len(paths) == 17, paths
    for path in paths:
        assert root.ask("GET", path).status_code == 200
        for query, (name, reason) in INVALID.items():
            status = 422 if path.startswith("/orders") else 400
            assert refusal(root.ask("GET", f"{path}?{query}")) == (status, {name: [reason]}), path
