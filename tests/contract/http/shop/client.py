"""Client of the contract `shop`: it sends the required headers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.support.client import PROBLEM, Answer, Caller, as_json
from tests.support.service_stack import Stack

WRITE = ("orders:write",)
GIFT = {"title": "Gift", "quantity": 3, "unit_price_minor": 1_000}


@dataclass(frozen=True)
class Shopkeeper:
    """A caller of `/v1`, by default with orders:write."""

    caller: Caller

    def place(self, *lines: dict[str, Any], **members: Any) -> dict[str, Any]:
        """Place an order of the lines, by default of three gifts."""
        response = self.post("/orders", {"lines": list(lines or (GIFT,)), **members})
        assert response.status_code == 201, response.text
        return dict(response.json)

    def post(self, path: str, body: object, *, key: str | None = None, match: str = "*", prefer: str = "") -> Answer:
        headers = {"Idempotency-Key": key or str(uuid4()), "If-Match": match}
        headers |= {"Prefer": prefer} if prefer else {}
        return self.caller.ask("POST", f"/v1{path}", headers=headers, **as_json(body))

    def change(self, order: dict[str, Any], verb: str, body: object = None, **headers: Any) -> Answer:
        return self.post(f"/orders/{order['id']}/{verb}", body or {}, **headers)

    def changed(self, order: dict[str, Any], verb: str, body: object = None) -> dict[str, Any]:
        """The order after a change that must succeed at its version."""
        response = self.change(order, verb, body, match=f'"{order["version"]}"')
        assert response.status_code in {200, 201}, response.text
        assert response.headers["ETag"] == f'"{response.json["version"]}"'
        return dict(response.json)

    def send(self, method: str, order: dict[str, Any], path: str, body: object) -> Answer:
        return self.caller.ask(method, f"/v1/orders/{order['id']}/{path}", headers={"If-Match": "*"}, **as_json(body))

    def get(self, path: str, **headers: str) -> Answer:
        return self.caller.ask("GET", f"/v1{path}", headers=headers)

    def order(self, order: dict[str, Any]) -> dict[str, Any]:
        response = self.get(f"/orders/{order['id']}")
        assert response.status_code == 200, response.text
        return dict(response.json)

    def listed(self, query: str) -> list[str]:
        response = self.get(f"/orders?{query}")
        assert response.status_code == 200, response.text
        return [order["id"] for order in response.json["data"]]


def shopkeeper(stack: Stack, *, scopes: tuple[str, ...] = WRITE) -> Shopkeeper:
    return Shopkeeper(stack.caller(scopes=scopes))


def problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The body of an error response, after a check of its shape."""
    assert (answer.status_code, answer.json.get("code")) == (status, code), answer.text[:500]
    assert answer.mimetype == PROBLEM
    assert answer.json["status"] == status
    return dict(answer.json)
