"""`checkout` under an alias prefix, and its orders in the other contracts."""

from collections.abc import Callable

import pytest

from orders_domain import Role
from orders_flask import Settings, create_app
from orders_flask.settings import InvalidSetting, load
from tests.contract.http.checkout.carts import CABLE, LAMP, cart
from tests.contract.http.checkout.client import cancel, look, order
from tests.support.client import TEA, Caller, ask, refused
from tests.support.service_stack import Stack

ALIASED = {"checkout": ("/api/orders", "/orders"), "orders": ("/v2/orders",)}


@pytest.mark.clause("004-12")
def test_alias_prefix_serves_the_same_routes(build: Callable[..., Stack]) -> None:
    stack = build(Settings(mounts=ALIASED, log_level="ERROR"))
    ann, operator = stack.caller(), stack.caller(scopes=("orders:write",))
    snapshot = cart(ann.subject)

    first, again = (order(ann, snapshot, at=at) for at in ("/orders", "/api/orders/"))
    order_id = first.json["orderId"]

    assert (first.status_code, first.headers["Location"]) == (201, f"/orders/{order_id}")
    assert (again.status_code, again.data, again.headers["x-idempotent-replay"]) == (200, first.data, "true")
    assert look(ann, order_id, at="/orders").json == look(ann, order_id).json
    assert operator.ask("POST", f"/orders/{order_id}/cancel").json["status"] == "canceled"
    assert look(ann, order_id).json["status"] == "canceled"
    assert ann.ask("GET", "/orders/x").json.keys() == {"error"}
    refused(ann.ask("GET", "/v2/orders/x"), 404)
    assert ann.post({"items": [TEA], "total_price": 75}, path="/v2/orders/").status_code == 201
    assert {"/orders/", "/api/orders/", "/v2/orders/"} <= ask(stack.app, "GET", "/openapi.json").json["paths"].keys()


@pytest.mark.clause("004-12")
def test_alias_prefix_is_read_from_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_MOUNTS", "checkout=/api/orders,/orders orders=/v2/orders")

    assert load().mounts == ALIASED


@pytest.mark.clause("004-12")
@pytest.mark.parametrize("names", [("orders", "checkout"), ("checkout", "management")])
def test_conflicting_alias_stops_startup(
    names: tuple[str, str], tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))

    with pytest.raises(InvalidSetting) as refusal:
        create_app(Settings(mounts={names[0]: ("/orders",), names[1]: ("/api/orders", "/orders")}))

    assert all(name in str(refusal.value) for name in (*names, "/orders"))


@pytest.mark.clause("004-01")
@pytest.mark.parametrize(
    ("path", "body"),
    [("/", {"service": "orders", "status": "ok"}), ("/healthz", {"status": "ok"}), ("/readyz", None)],
)
def test_health_routes_need_no_token(stack: Stack, path: str, body: object) -> None:
    response = ask(stack.app, "GET", path)

    assert response.status_code == 200
    assert response.json == body if body else response.json["status"] == "ready"


@pytest.mark.clause("004-06")
def test_order_without_cart_has_known_totals(stack: Stack, ann: Caller, operator: Caller) -> None:
    counted = ann.place(TEA, {"sku": "CUP", "quantity": 1, "unit_price": 2.5})
    uncounted = ann.post({"items": [{"note": "a gift"}], "total_price": 10}).json

    shown, vague = (look(operator, placed["id"]).json for placed in (counted, uncounted))

    assert shown["cartSnapshot"] is None
    assert shown["totals"] == {"itemCount": 2, "totalQuantity": 3, "subtotalCents": 7750, "currency": "USD"}
    assert vague["totals"] == {"itemCount": 1, "totalQuantity": None, "subtotalCents": 1000, "currency": "USD"}


def test_cart_items_appear_in_other_contracts(stack: Stack, ann: Caller) -> None:
    order_id = order(ann, cart(ann.subject)).json["orderId"]
    root = stack.caller(role=Role.ADMIN)

    shown = ann.get({"id": order_id}).json
    managed = root.ask("GET", f"/api/v1/orders/{order_id}").json
    placing, *_ = root.ask("GET", f"/api/v1/orders/{order_id}/history").json
    statistics = root.ask("GET", f"/api/v1/orders/{order_id}/statistics").json

    assert (shown["items"], shown["total_price"], shown["user_id"]) == ([LAMP, CABLE], 75.0, ann.subject)
    assert (managed["total_amount"], managed["user_id"]) == (75.0, ann.subject)
    assert [(item["product_id"], item["quantity"], item["subtotal"]) for item in managed["order_items"]] == [
        ("LAMP-1", 2, 50),
        ("CABLE-7", 1, 25),
    ]
    assert placing["details"]["items"] == [LAMP, CABLE]
    assert (statistics["item_count"], statistics["total_quantity"]) == (2, 3)


def test_guest_order_is_hidden_from_customers(stack: Stack, ann: Caller, operator: Caller) -> None:
    order_id = order(operator, cart(None)).json["orderId"]
    cancel(operator, order_id, reason="never paid")
    root = stack.caller(role=Role.ADMIN)

    assert ann.get({"id": order_id}).status_code == 404
    assert ann.ask("GET", f"/api/v1/orders/{order_id}").status_code == 403
    assert root.ask("GET", f"/api/v1/orders/{order_id}").json["user_id"] is None
    listed = root.ask("GET", "/api/v1/orders/?limit=1000").json
    assert None in [entry["user_id"] for entry in listed]
    canceled = root.ask("GET", f"/api/v1/orders/{order_id}/history").json[-1]
    assert canceled["details"] == {"reason": "never paid"}


def test_yen_cart_has_no_decimals(stack: Stack, ann: Caller) -> None:
    snapshot = cart(ann.subject, currency="JPY", totals={**cart(None)["totals"], "currency": "JPY"})
    order_id = order(ann, snapshot).json["orderId"]

    assert look(ann, order_id).json["totals"]["subtotalCents"] == 7500
    assert ann.get({"id": order_id}).json["total_price"] == 7500
