"""Requests as a cart service and its gateway send them: without a token, with `qty`, with members beside the cart."""

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orders_adapters.security.cart_signatures import stringified
from orders_flask import Settings
from tests.contract.http.checkout.carts import CREATED_AT
from tests.contract.http.checkout.client import look, order, refused
from tests.support.client import Answer, Caller, as_json, ask
from tests.support.secrets import CART_SECRET
from tests.support.server import Served
from tests.support.service_stack import Stack

LAMP: dict[str, Any] = {"productId": None, "sku": "LAMP-1", "qty": 2, "unitPriceCents": 2500, "currency": "USD"}


def snapshot(user_id: str | None, name: str, *, price: int | None = 2500, secret: str = CART_SECRET) -> dict[str, Any]:
    """A cart whose members are in the order of the cart service, signed over the text of JSON.stringify."""
    subtotal = None if price is None else 2 * price
    content: dict[str, Any] = {
        "snapshotId": name,
        "cartId": "9a4a3f2c-53c3-4c58-8b1c-1f2f4f6f7a20",
        "cartVersion": 5,
        "currency": "USD",
        "items": [LAMP | {"unitPriceCents": price, "title": None}],
        "totals": {"itemCount": 1, "totalQuantity": 2, "subtotalCents": subtotal, "currency": "USD"},
        "createdAt": CREATED_AT,
        "userId": user_id,
        "pricingSnapshot": None,
    }
    return content | {"signature": hmac.new(secret.encode(), stringified(content), hashlib.sha256).hexdigest()}


def unauthorized(stack: Stack, cart: dict[str, Any], **headers: str) -> Answer:
    sent = {"Idempotency-Key": cart["snapshotId"]} | headers
    return ask(stack.app, "POST", "/api/orders", headers=sent, **as_json({"cartSnapshot": cart}))


@pytest.mark.clause("004-02", "004-05")
def test_cart_of_the_cart_service_is_ordered_and_shown_as_sent(stack: Stack, ann: Caller) -> None:
    priced, unpriced = snapshot(ann.subject, "priced"), snapshot(ann.subject, "unpriced", price=None)
    placed = [order(ann, cart, key=cart["snapshotId"]) for cart in (priced, unpriced)]
    shown = [look(ann, response.json["orderId"]).json for response in placed]

    assert [response.status_code for response in placed] == [201, 201]
    assert [list(order["cartSnapshot"].items()) for order in shown] == [
        list(cart.items()) for cart in (priced, unpriced)
    ]
    assert [order["totals"] for order in shown] == [priced["totals"], unpriced["totals"]]


@pytest.mark.clause("004-02")
def test_members_of_the_gateway_are_passed_over(stack: Stack, ann: Caller) -> None:
    beside = {"userId": "another", "locale": "en-US", "currency": "EUR"}

    def posted(name: str, **members: Any) -> Answer:
        body = {"cartSnapshot": snapshot(ann.subject, name), **members}
        return ann.ask("POST", "/api/orders", headers={"Idempotency-Key": name}, **as_json(body))

    placed = posted("gateway", **beside)
    shown = look(ann, placed.json["orderId"]).json

    assert placed.status_code == 201
    assert posted("null", userId=None, locale=None, currency=None).status_code == 201
    assert (shown["userId"], shown["currency"]) == (ann.subject, "USD")
    assert "coupon" in str(refused(posted("coupon", **beside, coupon="x"), 422)["details"])


@pytest.mark.clause("004-04")
def test_repetition_in_another_language_is_known(stack: Stack, ann: Caller) -> None:
    """A gateway states the language of each request, and the cart service, which may repeat the cart, states none."""
    signed = snapshot(ann.subject, "language")

    def posted(**beside: Any) -> Answer:
        body = {"cartSnapshot": signed, **beside}
        return ann.ask("POST", "/api/orders", headers={"Idempotency-Key": "language"}, **as_json(body))

    answers = [posted(locale="de-AT", currency="USD"), posted(locale="en"), posted()]

    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert len({answer.json["orderId"] for answer in answers}) == 1


@pytest.mark.clause("004-02")
def test_served_cart_needs_no_token(tmp_path: Path) -> None:
    """``orders serve`` reads no body of a request without a token, except that of a signed cart."""
    settings = {"CART_AUTHORIZATION": "signature", "CART_SNAPSHOT_SECRET": CART_SECRET}
    with Served(tmp_path, **settings) as served:
        statuses = []
        for path, body in (("/api/orders", {"cartSnapshot": snapshot("ann", "served")}), ("/orders/", {})):
            content = json.dumps(body)
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nIdempotency-Key: served\r\nConnection: close\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
            statuses.append(served.exchange((head + content).encode()).split()[1])

    assert statuses == [b"201", b"401"]


@pytest.mark.clause("004-02", "004-05")
def test_signature_stands_for_a_token_only_where_it_is_set(build: Callable[..., Stack]) -> None:
    closed = build(Settings(log_level="ERROR"))
    signature = Settings(log_level="ERROR", cart_authorization="signature", cart_snapshot_secret=CART_SECRET)
    opened = build(signature)
    ann, guests = snapshot("ann", "of ann"), snapshot(None, "of a guest")

    assert unauthorized(closed, ann).status_code == 401
    first, again = unauthorized(opened, ann), unauthorized(opened, ann)
    assert (first.status_code, again.status_code, again.json) == (201, 200, first.json)
    assert unauthorized(opened, guests).status_code == 201
    order_id = first.json["orderId"]
    assert look(opened.caller("ann"), order_id).json["userId"] == "ann"
    # Everything else still needs a token, and a wrong one is refused.
    for header in ("", "Bearer", "Bearer none", "Basic YTpi"):
        assert unauthorized(opened, snapshot("ann", "other"), Authorization=header).status_code == 401, header
    for method, path in (
        ("GET", f"/api/orders/{order_id}"),
        ("POST", f"/api/orders/{order_id}/cancel"),
        ("OPTIONS", "/api/orders"),
        ("GET", "/api/orders"),
        ("POST", "/orders/"),
        ("POST", "/api/v1/orders/"),
    ):
        assert ask(opened.app, method, path, **as_json({})).status_code == 401, (method, path)
    wrong = snapshot("ann", "wrong", secret="another secret of thirty-two bytes or more")
    assert "signature" in str(refused(unauthorized(opened, wrong), 422)["details"])
    assert opened.rows("SELECT count(*) FROM orders") == [(2,)]


def test_carts_without_a_token_are_limited_by_address(build: Callable[..., Stack]) -> None:
    stack = build(
        Settings(
            log_level="ERROR",
            cart_authorization="signature",
            cart_snapshot_secret=CART_SECRET,
            rate_limit="2/hour",
        )
    )

    statuses = [unauthorized(stack, snapshot(None, f"cart {number}")).status_code for number in range(3)]

    assert statuses == [201, 201, 429]
