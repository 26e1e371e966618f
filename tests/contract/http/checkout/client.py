"""Test client of `checkout`: place, read and cancel orders."""

from typing import Any

from tests.support.client import Answer, Caller, as_json


def order(caller: Caller, snapshot: Any, *, key: str = "key", at: str = "/api/orders") -> Answer:
    return caller.ask("POST", at, headers={"Idempotency-Key": key}, **as_json({"cartSnapshot": snapshot}))


def look(caller: Caller, order_id: str, *, at: str = "/api/orders", **headers: str) -> Answer:
    return caller.ask("GET", f"{at}/{order_id}", headers=headers)


def cancel(caller: Caller, order_id: str, *, headers: dict[str, str] | None = None, **body: Any) -> Answer:
    return caller.ask("POST", f"/api/orders/{order_id}/cancel", headers=headers, **as_json(body))


def refused(response: Answer, status: int) -> dict[str, Any]:
    """Return the body of an error response, after checking its shape."""
    assert (response.status_code, response.mimetype) == (status, "application/json"), response.text[:500]
    body: dict[str, Any] = response.json
    assert isinstance(body["error"], str)
    assert body.keys() <= {"error", "details", "order"}
    assert "Traceback" not in response.text
    return body
