"""Users of another identity provider: claims of other names, and ids that are numbers."""

import json
from collections.abc import Callable
from typing import Any

import jwt

from orders_adapters.serialization.broker_messages import published_data
from orders_domain import Role
from orders_domain.model.values.user_ids import as_number
from orders_flask import Settings
from tests.support.client import Caller, as_json, ask
from tests.support.secrets import JWT_SECRET
from tests.support.service_stack import Stack

ADDRESS = {f"shipping_{part}": "x" for part in ("address_line1", "city", "state", "postal_code", "country")}
LATER = 4_000_000_000


def test_number_of_an_id() -> None:
    numbers = ["0", "7", "9007199254740991"]
    others = ["", "07", "-7", "+7", "7.0", "1e3", " 7", "9007199254740992", "9" * 400, "\u0667", "\u00b2", "ann", None]

    assert [as_number(user_id) for user_id in numbers] == [0, 7, 2**53 - 1]
    assert [as_number(user_id) for user_id in others] == others


def test_token_of_other_claims_and_numeric_ids(build: Callable[..., Stack]) -> None:
    """A token as a service signs it whose users have integers as ids, in every contract that shows the id."""
    stack = build(
        Settings(
            log_level="ERROR",
            user_ids="integer",
            jwt_subject_claim="user.id",
            jwt_role_claim="user.role",
            jwt_secret=JWT_SECRET,
        )
    )
    ann, root = of_service(stack, 7, "customer"), of_service(stack, 1, "admin")
    product = as_json({"name": "Tea", "price": 5, "stock_quantity": 9})
    product_id = root.ask("POST", "/api/v1/products/", **product).json["product_id"]
    line = {"product_id": product_id, "quantity": 1}
    managed = ann.ask("POST", "/api/v1/orders/", **as_json({**ADDRESS, "order_items": [line]}))
    shipped = {"userID": 7, "orderItems": [{"productID": product_id, "quantity": 1}]}
    stored = ann.ask("POST", "/ostore/orders", **as_json(shipped))

    assert ann.place()["user_id"] == 7
    assert [order["user_id"] for order in ann.list(of="7").json] == [7] * 3
    assert (managed.status_code, managed.json["user_id"]) == (200, 7)
    assert ann.ask("GET", f"/ostore/orders/{stored.json['orderID']}").json["userID"] == 7
    history = root.ask("GET", f"/api/v1/orders/{managed.json['order_id']}/history").json
    assert history[0]["details"]["user_id"] == 7
    assert root.ask("GET", "/api/v1/orders/?user_id=7").json[0]["user_id"] == 7
    assert stack.caller("bob").place()["user_id"] == "bob"
    assert ask(stack.app, "GET", "/openapi.json").json["components"]["schemas"]["OrderResponse"]["properties"][
        "user_id"
    ]["type"] == ["integer", "string"]


def test_messages_have_numeric_ids(build: Callable[..., Stack]) -> None:
    stack = build(Settings(log_level="ERROR", user_ids="integer"))
    stack.caller("7").place()
    stack.caller("ann").place()
    stack.container.relay_events()
    outer: Any = stack.container.broker().publisher
    publisher = outer.publisher

    sent = {json.dumps(published_data(event)["user_id"]) for event in publisher.published}

    assert sent == {"7", '"ann"'}


def test_without_settings_ids_are_strings_and_claims_have_their_names(stack: Stack) -> None:
    assert stack.caller("7").place()["user_id"] == "7"
    assert of_service(stack, 7, "admin").ask("GET", "/orders/user/7").status_code == 401
    assert ask(stack.app, "GET", "/openapi.json").json["components"]["schemas"]["OrderResponse"]["properties"][
        "user_id"
    ] == {"type": "string"}


def test_own_tokens_have_the_named_claims(build: Callable[..., Stack]) -> None:
    settings = Settings(
        log_level="ERROR", jwt_subject_claim="user.id", jwt_role_claim="roles", jwt_scope_claim="scopes"
    )
    root = build(settings).caller("root", role=Role.ADMIN)

    assert root.ask("GET", "/api/v1/orders/").status_code == 200


def of_service(stack: Stack, user_id: int, role: str) -> Caller:
    claims = {"user": {"name": "Ann", "id": user_id, "role": role}, "jti": "4a6f", "exp": LATER}
    return Caller(app=stack.app, subject=str(user_id), token=jwt.encode(claims, JWT_SECRET))
