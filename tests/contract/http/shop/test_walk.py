"""Walk of docs/howto/follow-an-order.md: each request as the page has it, and the members of its response."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

from orders_domain import Role
from tests.contract.http.shop.test_ucp import validator
from tests.support.client import as_json
from tests.support.service_stack import Stack

PAGE = Path(__file__).parents[4] / "docs" / "howto" / "follow-an-order.md"
STEP = re.compile(r"```http\n(?P<method>\S+) (?P<path>\S+)\n(?P<body>[^`]*)```\n\n```json\n(?P<answer>[^`]*)```")


def difference(shown: Any, actual: Any, place: str = "") -> str | None:
    """The first place at which a member of the page is not that of the response."""
    if isinstance(shown, dict):
        found = (difference(value, actual.get(name), f"{place}/{name}") for name, value in shown.items())
    elif isinstance(shown, list) and shown and isinstance(shown[0], dict):
        if len(shown) != len(actual):
            return f"{place}: {len(actual)} members"
        pairs = enumerate(zip(shown, actual, strict=True))
        found = (difference(one, other, f"{place}/{number}") for number, (one, other) in pairs)
    else:
        return None if shown == actual else f"{place}: {actual!r}"
    return next(filter(None, found), None)


def test_page_is_a_walk_through_a_life(stack: Stack) -> None:
    admin = stack.caller(role=Role.ADMIN)
    product = {"name": "Lamp", "price": 25, "stock_quantity": 10}
    places = {"product": str(admin.post(product, path="/api/v1/products/").json["product_id"])}
    steps = list(STEP.finditer(PAGE.read_text()))

    for step in steps:
        path, body = (re.sub(r'"?{(\w+)}"?', lambda name: places[name[1]], step[part]) for part in ("path", "body"))
        headers = {"Idempotency-Key": str(uuid4()), "If-Match": "*"} if step["method"] == "POST" else {}
        sent = as_json(json.loads(body)) if body else {}
        response = admin.ask(step["method"], path, headers=headers, **sent)

        assert response.status_code in {200, 201}, (path, response.text)
        assert difference(json.loads(step["answer"]), response.json) is None, (path, response.text)
        if path == "/v1/stock-holds":
            places["hold"] = json.dumps(response.json["id"])
        if "shipments" in response.json:
            places["order"] = response.json["id"]
            for kind in ("shipment", "return"):
                parts = response.json[f"{kind}s"]
                places.update({f"{kind}_{number}": part["id"] for number, part in enumerate(parts, start=1)})
    assert len(steps) == 15
    assert [flaw.message for flaw in validator().iter_errors(response.json)] == []
