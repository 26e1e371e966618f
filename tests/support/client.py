"""HTTP test client with a bearer token."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from flask import Flask
from werkzeug.test import TestResponse

TEA: dict[str, Any] = {"sku": "TEA-1", "quantity": 2, "unit_price": 37.5}
PROBLEM = "application/problem+json"


class Answer(TestResponse):
    """A response. `json` is untyped, so that each test reads it as it needs."""

    if TYPE_CHECKING:

        @property
        def json(self) -> Any: ...


def ask(app: Flask, method: str, path: str, **sent: Any) -> Answer:
    """Send a request without a token."""
    return cast(Answer, app.test_client().open(path, method=method, buffered=True, **sent))


@dataclass(frozen=True, kw_only=True)
class Caller:
    """An authenticated caller; `orders` is the URL prefix of the contract."""

    app: Flask
    subject: str
    token: str
    orders: str = "/orders"

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **body: Any) -> Answer:
        """Send a request; `data=...` with `content_type=...` is its body."""
        sent = {"Authorization": f"Bearer {self.token}"} | (headers or {})
        return ask(self.app, method, path, headers=sent, **body)

    def post(self, body: object, *, path: str = "", **headers: str) -> Answer:
        return self.ask("POST", path or f"{self.orders}/", headers=headers, **as_json(body))

    def post_raw(self, body: bytes, *, content_type: str | None = "application/json") -> Answer:
        return self.ask("POST", f"{self.orders}/", data=body, content_type=content_type)

    def place(self, *items: dict[str, Any]) -> dict[str, Any]:
        """Place an order of the items, or of two packets of tea; return the response body."""
        lines = items or (TEA,)
        total = sum(item.get("quantity", 1) * item.get("unit_price", 1) for item in lines)
        answer = self.post({"items": lines, "total_price": total})
        assert answer.status_code == 201, answer.text
        return dict(answer.json)

    def get(self, order: dict[str, Any], **headers: str) -> Answer:
        return self.ask("GET", f"{self.orders}/{order['id']}", headers=headers)

    def patch(self, order: dict[str, Any], status: object, headers: dict[str, str] | None = None) -> Answer:
        return self.ask("PATCH", f"{self.orders}/{order['id']}", headers=headers, **as_json({"status": status}))

    def list(self, query: str = "", *, of: str | None = None) -> Answer:
        return self.ask("GET", f"{self.orders}/user/{of or self.subject}{query}")


def as_json(body: object) -> dict[str, Any]:
    """Return the arguments of `ask` for a body that is serialized by the standard library."""
    return {"data": json.dumps(body), "content_type": "application/json"}


def refused(answer: Answer, status: int) -> dict[str, Any]:
    """Return the body of an error response, after checking its shape (RFC 9457)."""
    assert answer.status_code == status, (answer.status_code, answer.text[:500])
    assert answer.mimetype == PROBLEM
    body: dict[str, Any] = answer.json
    assert body.keys() - {"errors"} == {"type", "title", "status", "detail"}
    assert body["status"] == status
    assert "Traceback" not in answer.text
    return body
